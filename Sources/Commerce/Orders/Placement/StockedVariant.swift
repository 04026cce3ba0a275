import FoundationEssentials

/// A variant as the catalogue offers it at the moment of ordering, with its stock.
struct StockedVariant: Sendable {
    let variant: UUID
    let product: UUID
    let sku: String
    let name: String
    /// A JSON object.
    let options: [UInt8]
    let image: String?
    let price: Money
    /// Whether the catalogue offers it now.
    let isOffered: Bool
    let onHand: Int
    var reserved: Int
    /// The most that an order can have of it.
    var maximum = CartRules.maximumQuantity

    var available: Int { isOffered ? max(0, onHand - reserved) : 0 }

    /// The same, not to be had in that currency.
    func unoffered(in currency: String) -> StockedVariant {
        StockedVariant(
            variant: variant, product: product, sku: sku, name: name, options: options, image: image,
            price: Money(price.amount, currency), isOffered: false, onHand: onHand, reserved: reserved,
            maximum: maximum)
    }
}
