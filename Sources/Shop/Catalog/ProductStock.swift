import FoundationEssentials

/// The active variants of some products and what can be bought of each, product by product.
struct ProductStock: Equatable {
    private(set) var variants: [UUID] = []
    private(set) var available: [Int] = []
    /// Where each product's begin, and behind the last one's end.
    private var starts: [Int] = [0]

    /// Of no product.
    init() {}

    /// From rows that come in any order.
    /// - Parameter rows: the product's place, a variant of it and what can be bought of that
    init(products: Int, rows: [(product: Int, variant: UUID, available: Int)]) {
        var rows = rows
        // As the plan gives them they come in order; that it does is nowhere promised.
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
    var products: Int { starts.count - 1 }

    /// Which of ``variants`` are the product's.
    func range(of product: Int) -> Range<Int> {
        guard product >= 0, product < products else { return variants.count..<variants.count }
        return starts[product]..<starts[product + 1]
    }

    /// Those of so many products from one on.
    func piece(_ first: Int, count: Int) -> ProductStock {
        guard first != 0 || count != products else { return self }
        let (low, high) = (range(of: first).lowerBound, range(of: first + count - 1).upperBound)
        var piece = ProductStock()
        guard low <= high else { return piece }
        piece.variants = Array(variants[low..<high])
        piece.available = Array(available[low..<high])
        piece.starts = (first...first + count).map { range(of: $0).lowerBound - low }
        return piece
    }
}
