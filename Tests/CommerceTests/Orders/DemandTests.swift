import TestSupport
import Testing

@testable import Commerce

@Suite("Demand")
struct DemandTests {
    @Test("sums each SKU once, in the order first named; nil where a sum is more than a line can have") func sums() {
        var random = SeededGenerator(seed: 1)
        var refused = 0
        for _ in 0..<5_000 {
            let items = (0..<Int.random(in: 0...20, using: &random)).map { _ in
                OrderRequest.Item(
                    sku: "S\(Int.random(in: 0..<8, using: &random))", quantity: Int.random(in: 1...400, using: &random))
            }
            var order: [String] = []
            var exact: [String: Int] = [:]
            for item in items {
                if exact[item.sku] == nil { order.append(item.sku) }
                exact[item.sku, default: 0] += item.quantity
            }
            let demand = Demand(items)
            if exact.values.contains(where: { $0 > 999 }) {
                refused += 1
                #expect(demand == nil)
            } else {
                #expect(demand?.skus == order)
                #expect(demand?.quantities == order.map { exact[$0] ?? 0 })
            }
        }
        #expect(refused > 500)
    }

    @Test("takes no quantity outside 1 to 999, and no sum that overflows", arguments: [0, -1, 1_000, Int.max, Int.min])
    func bounds(quantity: Int) {
        #expect(Demand([OrderRequest.Item(sku: "A", quantity: quantity)]) == nil)
        #expect(
            Demand([OrderRequest.Item(sku: "A", quantity: 999), OrderRequest.Item(sku: "A", quantity: max(1, quantity))]) == nil)
    }

    @Test("SKUs that differ in case are two") func cases() {
        let demand = Demand([OrderRequest.Item(sku: "a", quantity: 1), OrderRequest.Item(sku: "A", quantity: 2)])
        #expect(demand?.skus == ["a", "A"])
    }
}
