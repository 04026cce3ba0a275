import TestSupport
import Testing

@testable import Inventory

private struct Line {
    let sku: String
    let quantity: Int
}

private func requested(_ lines: [Line]) -> RequestedQuantities? {
    var requested = RequestedQuantities()
    for line in lines where !requested.add(line.sku, line.quantity) { return nil }
    return requested
}

@Suite("Requested quantities")
struct RequestedQuantitiesTests {
    @Test("sums each SKU once, in the order first named; nil where a sum is more than a line can have") func sums() {
        var random = SeededGenerator(seed: 1)
        var refused = 0
        for _ in 0..<5_000 {
            let items = (0..<Int.random(in: 0...20, using: &random)).map { _ in
                Line(
                    sku: "S\(Int.random(in: 0..<8, using: &random))", quantity: Int.random(in: 1...400, using: &random))
            }
            var order: [String] = []
            var exact: [String: Int] = [:]
            for item in items {
                if exact[item.sku] == nil { order.append(item.sku) }
                exact[item.sku, default: 0] += item.quantity
            }
            let demand = requested(items)
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
        #expect(requested([Line(sku: "A", quantity: quantity)]) == nil)
        #expect(
            requested([Line(sku: "A", quantity: 999), Line(sku: "A", quantity: max(1, quantity))]) == nil)
    }

    @Test("SKUs that differ in case are two") func cases() {
        let demand = requested([Line(sku: "a", quantity: 1), Line(sku: "A", quantity: 2)])
        #expect(demand?.skus == ["a", "A"])
    }
}
