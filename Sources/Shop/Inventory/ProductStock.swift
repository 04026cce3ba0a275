package import FoundationEssentials

/// The active variants of some products and how many pieces of each can be bought, product by product.
package struct ProductStock: Equatable, Sendable {
    package private(set) var variants: [UUID] = []
    package private(set) var available: [Int] = []
    /// Where the variants of each product begin, and where those of the last one end.
    private var starts: [Int] = [0]

    /// The stock of no product.
    package init() {}

    /// From rows in any order.
    /// - Parameter rows: the index of the product, a variant of it, and how many pieces of that can be bought
    package init(products: Int, rows: [(product: Int, variant: UUID, available: Int)]) {
        var rows = rows
        // With the present plan they come in order, but PostgreSQL does not promise that.
        if !zip(rows, rows.dropFirst()).allSatisfy({ $0.product <= $1.product }) {
            rows = rows.enumerated().sorted { ($0.element.product, $0.offset) < ($1.element.product, $1.offset) }.map(\.element)
        }
        variants.reserveCapacity(rows.count)
        available.reserveCapacity(rows.count)
        starts.reserveCapacity(products + 1)
        for row in rows where (0..<products).contains(row.product) {
            while starts.count <= row.product { starts.append(variants.count) }
            variants.append(row.variant)
            available.append(row.available)
        }
        while starts.count <= products { starts.append(variants.count) }
    }

    /// How many products there are.
    package var products: Int { starts.count - 1 }

    /// The range of a product's variants in ``variants``.
    package func range(of product: Int) -> Range<Int> {
        guard product >= 0, product < products else { return variants.count..<variants.count }
        return starts[product]..<starts[product + 1]
    }

    /// The stock of `count` products from one on.
    package func slice(_ first: Int, count: Int) -> ProductStock {
        guard first != 0 || count != products else { return self }
        let (low, high) = (range(of: first).lowerBound, range(of: first + count - 1).upperBound)
        var slice = ProductStock()
        guard low <= high else { return slice }
        slice.variants = Array(variants[low..<high])
        slice.available = Array(available[low..<high])
        slice.starts = (first...first + count).map { range(of: $0).lowerBound - low }
        return slice
    }
}
