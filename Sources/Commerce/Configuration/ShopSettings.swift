import Formats

/// The shop's own rules and files.
package struct ShopSettings: Sendable {
    /// What prices are in where nothing else is said.
    package let currency: CurrencyCode
    /// How long an unpaid order holds its stock.
    package let reservationTime: Duration
    /// How long a cart nobody touches lives.
    package let cartLifetime: Duration
    /// How long the answer to an idempotency key is kept.
    package let idempotencyLifetime: Duration
    /// How orders share transactions.
    package let placement: PlacementSettings
    /// A directory served under `/assets/`; nil: none.
    package let assetsDirectory: String?
    /// What an imported picture without scheme stands under; without a slash at its end.
    package let imageBaseURL: String

    init(_ reader: inout SettingsReader) {
        currency = reader.read(
            "STORE_CURRENCY", .currency, default: .usd, "Currency of prices that name none")
        reservationTime = reader.read(
            "RESERVATION_TIME", .duration(.seconds(1) ... .seconds(30 * 86_400)), default: .seconds(900),
            "How long an unpaid order holds its stock")
        cartLifetime = reader.read(
            "CART_LIFETIME", .duration(.seconds(1) ... .seconds(3_650 * 86_400)), default: .seconds(30 * 86_400),
            "How long a cart lives that nobody touches")
        idempotencyLifetime = reader.read(
            "IDEMPOTENCY_LIFETIME", .duration(.seconds(1) ... .seconds(365 * 86_400)), default: .seconds(86_400),
            "How long the answer to an `Idempotency-Key` is kept")
        placement = PlacementSettings(&reader)
        assetsDirectory = reader.read(optional: "ASSETS_DIR", .text, "Directory of pictures, served under `/assets/`")
        imageBaseURL = reader.read(
            "IMAGE_BASE_URL", .imageBase, default: "/assets", "What imported pictures without a scheme stand under")
    }
}
