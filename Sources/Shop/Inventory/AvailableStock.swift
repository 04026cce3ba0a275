package import FoundationEssentials
package import Money

/// The stock of the variants of several orders. Each order that is placed takes from it, and leaves the rest to the next one.
package struct AvailableStock: Sendable {
    private var variants: [SKU: StockedVariant]

    package init(_ variants: [StockedVariant]) {
        self.variants = Dictionary(variants.map { (SKU($0.sku), $0) }, uniquingKeysWith: { first, _ in first })
    }

    package subscript(sku: String) -> StockedVariant? { variants[SKU(sku)] }

    /// The stock for a cart in this currency: variants with prices in another currency are not on sale for it.
    package func offering(_ requested: RequestedQuantities, in currency: String) -> AvailableStock {
        var stock = self
        for sku in requested.skus {
            guard let variant = self[sku], variant.price.currency != currency else { continue }
            stock.variants[SKU(sku)] = variant.unoffered(in: currency)
        }
        return stock
    }

    /// Reserves pieces for an order.
    package mutating func take(_ sku: String, _ quantity: Int) {
        variants[SKU(sku)]?.reserved += quantity
    }

    /// A SKU, compared by its bytes as in PostgreSQL. Swift takes two spellings of an accent for the same text.
    private struct SKU: Hashable {
        let text: String

        init(_ text: String) { self.text = text }

        static func == (left: SKU, right: SKU) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

        // Equal bytes are equal text, with the same hash.
        func hash(into hasher: inout Hasher) { hasher.combine(text) }
    }
}

/// A variant with its price and its stock, as an order reads it.
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

    /// How many pieces can be bought.
    package var available: Int { isOffered ? max(0, onHand - reserved) : 0 }

    /// The same variant, not on sale in that currency.
    func unoffered(in currency: String) -> StockedVariant {
        StockedVariant(
            variant: variant, product: product, sku: sku, name: name, options: options, image: image,
            price: Money(price.amount, currency), isOffered: false, onHand: onHand, reserved: reserved,
            maximum: maximum)
    }
}
