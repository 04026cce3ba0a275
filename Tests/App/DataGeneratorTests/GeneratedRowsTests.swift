import Formats
import FoundationEssentials
import PostgresClient
import Testing

@testable import CatalogImport
@testable import DataGenerator
@testable import Orders

@Suite("generated rows") struct GeneratedRowsTests {
    private let rows = GeneratorRows(GeneratorOptions(products: 40_000, orders: 3_000, seed: 7))

    private func text(_ rows: GeneratorRows) -> [UInt8] {
        var text = CopyText()
        for index in rows.categories.indices { rows.category(index, to: &text) }
        for index in stride(from: 0, to: rows.options.products, by: 997) {
            rows.product(index, to: &text)
            rows.variants(index, to: &text)
        }
        for index in stride(from: 0, to: rows.options.orders, by: 97) {
            rows.order(index, to: &text)
            rows.lines(index, to: &text)
            rows.history(index, to: &text)
            rows.movements(index, to: &text)
        }
        return text.bytes
    }

    @Test("the same seed makes the same rows, another seed others") func determinism() {
        #expect(text(rows) == text(GeneratorRows(rows.options)))
        #expect(text(rows) != text(GeneratorRows(GeneratorOptions(products: 40_000, orders: 3_000, seed: 8))))
    }

    @Test("what must be unique is") func unique() {
        let seed = rows.options.seed
        var slugs: Set<String> = [], ids: Set<UUID> = []
        let leaves = rows.categories.filter { !$0.things.isEmpty }
        for index in 0..<40_000 {
            let product = GeneratedProduct(rows.core(index), categories: leaves, seed: seed)
            slugs.insert(product.slug)
            ids.insert(product.core.id)
            for variant in 0..<product.core.variants { ids.insert(product.core.variantID(variant, seed: seed)) }
        }
        #expect(slugs.count == 40_000)
        #expect(ids.count == (0..<40_000).reduce(40_000) { $0 + rows.core($1).variants })
        #expect(Set(rows.categories.map(\.slug)).count == rows.categories.count)
        #expect(Set(rows.categories.map(\.path)).count == rows.categories.count)
        #expect(Set((0..<300_000).map { GeneratedOrder.number($0, seed: seed) }).count == 300_000)
        #expect(GeneratedOrder.number(1, seed: 1) != GeneratedOrder.number(1, seed: 2))
    }

    @Test("orders have lines of variants there are, each once, and go ways that there are") func orders() {
        var lines = 0
        for index in 0..<rows.options.orders {
            let order = rows.order(index)
            lines += order.lines.count
            #expect((1...6).contains(order.lines.count))
            for line in order.lines {
                #expect((0..<rows.options.products).contains(line.product))
                #expect((0..<rows.core(line.product).variants).contains(line.variant))
                #expect(line.quantity > 0)
            }
            #expect(Set(order.lines.map { "\($0.product) \($0.variant)" }).count == order.lines.count)
            for (from, to) in zip(order.statuses, order.statuses.dropFirst()) { #expect(from.next.contains(to)) }
        }
        #expect((3.2...3.8).contains(Double(lines) / Double(rows.options.orders)))
        #expect(Set((0..<rows.options.orders).map { rows.order($0).status }) == Set(OrderStatus.allCases))
    }

    @Test("slugs, order numbers and categories are such as the shop itself would make") func forms() {
        for index in stride(from: 0, to: 300_000, by: 1_111) {
            #expect(OrderNumber.parse(GeneratedOrder.number(index, seed: 3)) != nil)
        }
        let byID = Dictionary(uniqueKeysWithValues: rows.categories.map { ($0.id, $0) })
        for category in rows.categories {
            #expect(category.slug == Slug.make(category.slug))
            guard let parent = category.parent else { continue }
            #expect(category.path == "\(byID[parent]?.path ?? "?")/\(category.slug)")
        }
        #expect(GeneratedCategory.tree(GeneratorOptions(products: 100, orders: 0)).count < rows.categories.count)
        #expect(GeneratedCategory.tree(GeneratorOptions(products: 1_000_000, orders: 0)).count > 500)
    }

    @Test("popular products are bought more often") func popularity() {
        var hash = SeededHash(seed: 1, stream: 1, index: 1)
        let places = (0..<10_000).map { _ in hash.popular(of: 1_000) }
        #expect(places.allSatisfy { (0..<1_000).contains($0) })
        #expect(places.count { $0 < 100 } > 4_000)
        #expect(hash.popular(of: 1) == 0 && hash.below(0) == 0 && hash.below(1) == 0)
    }
}
