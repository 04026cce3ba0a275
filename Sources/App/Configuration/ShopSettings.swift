import Money
import Orders
import Formats

/// The shop's own rules and files.
package struct ShopSettings: Sendable {
    /// What prices are in where nothing else is said.
    package let currency: CurrencyCode
    /// How long an unpaid order holds its stock.
    package let reservationTime: Duration
    /// How long a cart lives after its last change.
    package let cartLifetime: Duration
    /// How long the answer to an idempotency key is kept.
    package let idempotencyLifetime: Duration
    /// How long is kept what came to its end.
    package let retention: RetentionSettings
    /// How long an order that is over can still be reached with its token.
    package let orderTokenLifetime: Duration
    /// How orders share transactions.
    package let checkout: CheckoutSettings
    /// A directory served under `/assets/`; nil: none.
    package let assetsDirectory: String?
    /// What an imported picture without scheme stands under; without a slash at its end.
    package let imageBaseURL: String

    init(_ reader: inout SettingsReader) {
        currency = reader.read(
            "STORE_CURRENCY", .currency, default: .usd, "Currency of prices that have none")
        reservationTime = reader.read(
            "RESERVATION_TIME", .duration(.seconds(1) ... .seconds(30 * 86_400)), default: .seconds(900),
            "How long an unpaid order reserves its stock")
        cartLifetime = reader.read(
            "CART_LIFETIME", .duration(.seconds(1) ... .seconds(3_650 * 86_400)), default: .seconds(30 * 86_400),
            "How long a cart is valid after its last change")
        idempotencyLifetime = reader.read(
            "IDEMPOTENCY_LIFETIME", .duration(.seconds(1) ... .seconds(365 * 86_400)), default: .seconds(86_400),
            "How long the response to an `Idempotency-Key` is kept")
        retention = RetentionSettings(&reader)
        orderTokenLifetime = reader.read(
            "ORDER_TOKEN_LIFETIME", .duration(.seconds(1) ... .seconds(3_650 * 86_400)), default: .seconds(90 * 86_400),
            "How long an `access_token` is valid after its order was delivered, was cancelled or has expired"
        )
        checkout = CheckoutSettings(&reader)
        assetsDirectory = reader.read(optional: "ASSETS_DIR", .text, "Directory of images, served under `/assets/`")
        imageBaseURL = reader.read(
            "IMAGE_BASE_URL", .imageBase, default: "/assets", "Prefix for the URLs of imported images that have no scheme")
    }
}

/// How long is kept what came to its end, beyond which it would only be a burden, or a person's data without a purpose.
package struct RetentionSettings: Sendable, Equatable {
    /// Carts that were ordered from, merged or forgotten.
    package var carts = Duration.seconds(7 * 86_400)
    /// Name, address and e-mail of orders that ended without being paid.
    package var persons = Duration.seconds(30 * 86_400)
    /// Those orders.
    package var orders = Duration.seconds(90 * 86_400)
    /// Single movements of stock; their sums stay.
    package var movements = Duration.seconds(730 * 86_400)

    package init() {}

    init(_ reader: inout SettingsReader) {
        self.init()
        func read(_ name: String, _ fallback: Duration, _ description: String) -> Duration {
            reader.read(name, .duration(.seconds(1) ... .seconds(3_650 * 86_400)), default: fallback, description)
        }
        carts = read(
            "CART_RETENTION", carts, "How long a cart is kept after it was converted into an order, was merged or has expired")
        persons = read(
            "UNPAID_ORDER_PERSON_RETENTION", persons,
            "How long an order that ended without payment keeps name, address and e-mail address")
        orders = read(
            "UNPAID_ORDER_RETENTION", orders,
            "How long an order that ended without payment is kept; at least UNPAID_ORDER_PERSON_RETENTION")
        movements = read(
            "STOCK_MOVEMENT_RETENTION", movements,
            "How long single stock movements are kept; older ones are summed up for each variant")
        if orders < persons {
            reader.fault(
                "UNPAID_ORDER_RETENTION", "is less than UNPAID_ORDER_PERSON_RETENTION",
                expected: "at least \(persons.settingText)")
        }
    }
}
