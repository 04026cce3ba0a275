/// What there is of the variants that several orders ask for, less what the orders before have taken.
struct Shelf: Sendable {
    private var variants: [SKU: StockedVariant]

    init(_ variants: [StockedVariant]) {
        self.variants = Dictionary(variants.map { (SKU($0.sku), $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(sku: String) -> StockedVariant? { variants[SKU(sku)] }

    /// The same, as a cart in this currency sees what it wants: what has moved to another is no longer offered to it.
    func offering(_ demand: Demand, in currency: String) -> Shelf {
        var shelf = self
        for sku in demand.skus {
            guard let variant = self[sku], variant.price.currency != currency else { continue }
            shelf.variants[SKU(sku)] = variant.unoffered(in: currency)
        }
        return shelf
    }

    /// Takes so many of each for an order that is to be placed.
    mutating func take(_ lines: [OrderLine]) {
        for line in lines { variants[SKU(line.sku)]?.reserved += line.quantity }
    }

    /// Told apart by its bytes, as PostgreSQL does, where Swift would take two spellings of an accent for one.
    private struct SKU: Hashable {
        let text: String

        init(_ text: String) { self.text = text }

        static func == (left: SKU, right: SKU) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

        // Equal bytes are equal text, so that they hash alike.
        func hash(into hasher: inout Hasher) { hasher.combine(text) }
    }
}
