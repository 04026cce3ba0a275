import Cart
import Formats
import FoundationEssentials
import Inventory
import Money

/// The body of a request to place an order. It contains no prices.
package struct OrderRequest: Sendable {
    /// The origin of the lines.
    package enum Source: Sendable {
        case cart(UUID, version: Int64?)
        case items([Item])
    }

    package struct Item: Equatable, Sendable {
        package let sku: String
        package let quantity: Int
    }

    package let source: Source

    /// The cart of an order from a cart.
    package var cart: UUID? {
        if case .cart(let id, _) = source { id } else { nil }
    }

    /// The total that the shopper has seen. An order with another total is refused.
    package let expectedTotal: Money?
    package let email: String
    package let shippingAddress: Address

    /// - Throws: `FieldErrors` with every error of the body and its place.
    package init(_ document: JSONValue) throws(FieldErrors) {
        self = try JSONReader.decode(document) { json in
            OrderRequest(
                source: Self.source(json),
                expectedTotal: json.optional("expected_total").map { total in
                    Money(
                        total["amount"].integer(in: 0...Int64.max),
                        total["currency"].parsed("must be an ISO 4217 currency code", placeholder: "") {
                            CurrencyCode($0)?.code
                        })
                },
                email: json["email"].parsed("must be an e-mail address", placeholder: "") { EmailAddress.parse($0) },
                shippingAddress: Address(json["shipping_address"]))
        }
    }

    private init(source: Source, expectedTotal: Money?, email: String, shippingAddress: Address) {
        self.source = source
        self.expectedTotal = expectedTotal
        self.email = email
        self.shippingAddress = shippingAddress
    }

    private static func source(_ json: JSONReader) -> Source {
        // Read also for orders without a cart, so that a wrong type is an error there, too.
        let version: Int64? = json.optional("cart_version")?.integer(in: 1...Int64.max)
        if let cart = json.optional("cart_id") {
            if let items = json.optional("items") { items.refuse("either cart_id or items, not both") }
            return .cart(cart.uuid(), version: version)
        }
        return .items(
            json["items"].array(count: 1...CartRules.maximumLines) { item in
                Item(
                    sku: item["sku"].line(length: 1...100), quantity: item["quantity"].integer(in: 1...LineQuantity.maximum))
            })
    }
}

extension RequestedQuantities {
    /// Adds up the lines of an order. Nil where a sum is more than a line can have.
    init?(_ items: [OrderRequest.Item]) {
        self.init()
        for (place, item) in items.enumerated() where !add(item.sku, item.quantity, at: place) { return nil }
    }
}
