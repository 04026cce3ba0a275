/// What to make.
package struct GeneratorOptions: Sendable {
    package let products: Int
    package let orders: Int
    /// Another seed, another shop; the same one, the same shop to the last byte.
    package let seed: UInt64
    /// Add to what is there, where there are products already.
    package let force: Bool

    /// - Parameters:
    ///   - products: at least one
    ///   - orders: 0 or more
    package init(products: Int, orders: Int, seed: UInt64 = 1, force: Bool = false) {
        self.products = max(1, products)
        self.orders = max(0, orders)
        self.seed = seed
        self.force = force
    }
}
