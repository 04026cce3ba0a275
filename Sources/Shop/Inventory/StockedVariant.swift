import FoundationEssentials
import Money

/// A variant with its price and its stock, as an order finds it.
package struct StockedVariant: Sendable {
    package let variant: UUID
    package let product: UUID
    package let sku: String
    package let name: String
    /// A JSON object.
    package let options: [UInt8]
    package let image: String?
    package let price: Money
    /// Whether the variant is on sale now.
    package let isOffered: Bool
    package let onHand: Int
    package var reserved: Int
    /// The largest quantity that an order can have.
    package var maximum = LineQuantity.maximum

    package init(
        variant: UUID, product: UUID, sku: String, name: String, options: [UInt8], image: String?, price: Money, isOffered: Bool,
        onHand: Int, reserved: Int, maximum: Int = LineQuantity.maximum
    ) {
        self.variant = variant
        self.product = product
        self.sku = sku
        self.name = name
        self.options = options
        self.image = image
        self.price = price
        self.isOffered = isOffered
        self.onHand = onHand
        self.reserved = reserved
        self.maximum = maximum
    }

    package var available: Int { isOffered ? max(0, onHand - reserved) : 0 }

    /// The same variant, which is not on sale in that currency.
    func unoffered(in currency: String) -> StockedVariant {
        StockedVariant(
            variant: variant, product: product, sku: sku, name: name, options: options, image: image,
            price: Money(price.amount, currency), isOffered: false, onHand: onHand, reserved: reserved,
            maximum: maximum)
    }
}
