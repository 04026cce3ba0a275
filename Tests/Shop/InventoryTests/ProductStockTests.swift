import FoundationEssentials
import Testing

@testable import Inventory

@Suite("Product stock") struct ProductStockTests {
    private let a = UUID(high: 0, low: 1), b = UUID(high: 0, low: 2), c = UUID(high: 0, low: 3)

    @Test("each product has its own variants, and one without has none") func ranges() {
        let stock = ProductStock(products: 4, rows: [(0, a, 5), (2, b, 0), (2, c, -1)])
        #expect(stock.products == 4)
        #expect((0..<4).map { stock.range(of: $0) } == [0..<1, 1..<1, 1..<3, 3..<3])
        #expect(stock.variants == [a, b, c])
        #expect(stock.available == [5, 0, -1])
    }

    @Test("rows may come in any order") func order() {
        let ordered = ProductStock(products: 3, rows: [(0, a, 1), (1, b, 2), (1, c, 3)])
        #expect(ProductStock(products: 3, rows: [(1, b, 2), (0, a, 1), (1, c, 3)]) == ordered)
    }

    @Test("rows of other products are left out, and a product beyond the end has none") func strangers() {
        let stock = ProductStock(products: 1, rows: [(-1, a, 1), (0, b, 2), (1, c, 3)])
        #expect(stock.variants == [b])
        #expect(stock.range(of: 7).isEmpty && stock.range(of: -1).isEmpty)
        #expect(ProductStock().products == 0 && ProductStock().range(of: 0).isEmpty)
    }

    @Test("a slice for a page equals the stock read for that page alone") func slices() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let products = Int.random(in: 1...12, using: &generator)
            let rows = (0..<products).flatMap { product in
                (0..<Int.random(in: 0...3, using: &generator)).map { variant in
                    (product: product, variant: UUID(high: UInt64(product), low: UInt64(variant)), available: variant)
                }
            }
            let all = ProductStock(products: products, rows: rows)
            let first = Int.random(in: 0..<products, using: &generator)
            let count = Int.random(in: 1...products - first, using: &generator)
            let own = rows.filter { (first..<first + count).contains($0.product) }
            let alone = ProductStock(products: count, rows: own.map { ($0.product - first, $0.variant, $0.available) })
            #expect(all.slice(first, count: count) == alone)
        }
    }
}
