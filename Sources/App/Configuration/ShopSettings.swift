import Money
import Orders
import Formats

/// The rules and files of the shop.
package struct ShopSettings: Sendable {
    /// The currency of prices that name none.
    package let currency: CurrencyCode
    /// How long a cart lives after its last change.
    package let cartLifetime: Duration
    /// The same for the cart of a customer.
    package let customerCartLifetime: Duration
    /// The time without a change after which a customer's cart counts as abandoned.
    package let cartAbandonedAfter: Duration
    /// How long the response to an idempotency key is kept.
    package let idempotencyLifetime: Duration
    /// How long finished data is kept.
    package let retention: RetentionSettings
    /// How long a finished order can be read with its token.
    package let orderTokenLifetime: Duration
    /// The transactions in which orders are placed.
    package let checkout: CheckoutSettings
    /// The directory that is served under `/assets/`; nil without one.
    package let assetsDirectory: String?
    /// The base of imported image addresses that have no scheme; without a slash at its end.
    package let imageBaseURL: String
    /// Whether a search shows products that are sold out after all others.
    package let ranksSoldOutLast: Bool
    /// The languages of names and descriptions, as ISO 639-1 codes: searches know their stems.
    package let languages: [String]

    init(_ reader: inout SettingsReader) {
        currency = reader.read(
            "STORE_CURRENCY", .currency, default: .usd, "Currency of prices that have none")
        var checkout = CheckoutSettings()
        checkout.reservationTime = reader.read(
            "RESERVATION_TIME", .duration(.seconds(1) ... .seconds(30 * 86_400)), default: checkout.reservationTime,
            "How long an unpaid order reserves its stock")
        cartLifetime = reader.read(
            "CART_LIFETIME", .duration(.seconds(1) ... .seconds(3_650 * 86_400)), default: .seconds(30 * 86_400),
            "How long a cart is valid after its last change")
        customerCartLifetime = reader.read(
            "CART_LIFETIME_CUSTOMER", .duration(.seconds(1) ... .seconds(3_650 * 86_400)), default: .seconds(90 * 86_400),
            "How long the cart of a customer who is signed in is valid after its last change")
        cartAbandonedAfter = reader.read(
            "CART_ABANDONED_AFTER", .duration(.seconds(1) ... .seconds(3_650 * 86_400)), default: .seconds(4 * 3_600),
            "The time without a change after which a customer's cart makes the event `cart.abandoned`, once")
        idempotencyLifetime = reader.read(
            "IDEMPOTENCY_LIFETIME", .duration(.seconds(1) ... .seconds(365 * 86_400)), default: .seconds(86_400),
            "How long the response to an `Idempotency-Key` is kept")
        retention = RetentionSettings(&reader)
        orderTokenLifetime = reader.read(
            "ORDER_TOKEN_LIFETIME", .duration(.seconds(1) ... .seconds(3_650 * 86_400)), default: .seconds(90 * 86_400),
            "How long an `access_token` is valid after its order was delivered, was cancelled or has expired"
        )
        checkout.read(&reader)
        self.checkout = checkout
        assetsDirectory = reader.read(optional: "ASSETS_DIR", .text, "Directory of images, served under `/assets/`")
        imageBaseURL = reader.read(
            "IMAGE_BASE_URL", .imageBase, default: "/assets", "Prefix for the URLs of imported images that have no scheme")
        ranksSoldOutLast = reader.read(
            "SEARCH_SOLD_OUT_LAST", .switched, default: true, "Whether a search shows sold-out products after all others")
        languages = reader.read(
            "STORE_LANGUAGE", .list(.language), default: ["en"],
            "Languages of names and descriptions, such as `en,de`; `commerce search reindex` applies a change. The first one that mails "
                + "have (en, de) is that of alerts and of mails to shoppers whose language is unknown")
    }
}

/// How long finished data is kept. After that it only takes space, and personal data no longer has a purpose.
package struct RetentionSettings: Sendable, Equatable {
    /// Carts that were ordered from, merged, or expired.
    package var carts = Duration.seconds(7 * 86_400)
    /// Name, address and e-mail of orders that ended without payment.
    package var persons = Duration.seconds(30 * 86_400)
    /// Orders that ended without payment.
    package var orders = Duration.seconds(90 * 86_400)
    /// Single stock movements; their sums stay.
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
            reader.reject(
                "UNPAID_ORDER_RETENTION", "is less than UNPAID_ORDER_PERSON_RETENTION",
                expected: "at least \(persons.settingText)")
        }
    }
}
