import Formats
import Foundation
import TestSupport
import Testing
import Web

@testable import Cart
@testable import Inventory
@testable import Money
@testable import Orders

@Suite("Placement rules")
struct PlacementRulesTests {
    private func variant(
        _ sku: String, _ price: Int64 = 100, _ currency: String = "USD", onHand: Int = 10, reserved: Int = 0,
        isOffered: Bool = true
    ) -> StockedVariant {
        StockedVariant(
            variant: UUID(high: 1, low: sku.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }), product: UUID(high: 2, low: 1), sku: sku,
            name: "Name of \(sku)", options: Array(#"{"size":"M"}"#.utf8), image: "/assets/\(sku).svg",
            price: Money(price, currency),
            isOffered: isOffered, onHand: onHand, reserved: reserved)
    }

    private func demand(_ items: (String, Int)...) throws -> RequestedQuantities {
        try #require(RequestedQuantities(items.map { OrderRequest.Item(sku: $0.0, quantity: $0.1) }))
    }

    private func problem(
        _ demand: RequestedQuantities, _ locked: [StockedVariant], currency: String? = nil, expected: Money? = nil
    ) throws -> Problem {
        do {
            _ = try CheckoutRules.draft(demand, of: AvailableStock(locked), currency: currency, expected: expected)
        } catch { return error }
        throw TestFailure("was placed")
    }

    private func member(_ name: String, _ problem: Problem) -> JSONValue? { problem.members.first { $0.name == name }?.value }

    @Test("lines and sums are exact for whatever can be placed") func sums() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<3_000 {
            let count = Int.random(in: 1...20, using: &random)
            let locked = (0..<count).map { index in
                let reserved = Int.random(in: 0...50, using: &random)
                return variant(
                    "S\(index)", Int64.random(in: 0...1_000_000_000, using: &random), onHand: reserved + 999, reserved: reserved)
            }
            var demand = RequestedQuantities()
            for index in 0..<count { _ = demand.add("S\(index)", Int.random(in: 1...999, using: &random)) }
            let draft = try CheckoutRules.draft(demand, of: AvailableStock(locked.shuffled(using: &random)), expected: nil)
            #expect(draft.currency == "USD")
            #expect(draft.lines.map(\.sku) == demand.skus && draft.lines.map(\.quantity) == demand.quantities)
            var total: Int64 = 0
            for (line, variant) in zip(draft.lines, locked) {
                #expect(line.unitPrice == variant.price && line.variant == variant.variant && line.name == variant.name)
                #expect(line.options == variant.options && line.image == variant.image && line.product == variant.product)
                #expect(line.total.amount == variant.price.amount * Int64(line.quantity))
                #expect(line.tax == Money(0, "USD"))
                total += line.total.amount
            }
            let sums = draft.totals
            #expect(sums.subtotal.amount == total)
            #expect(sums.subtotal.amount - sums.discount.amount + sums.tax.amount + sums.shipping.amount == sums.total.amount)
            // The very total is accepted, any other is not.
            #expect(throws: Never.self) { try CheckoutRules.draft(demand, of: AvailableStock(locked), expected: sums.total) }
            #expect(try problem(demand, locked, expected: Money(total + 1, "USD")).kind.code == "price_changed")
        }
    }

    @Test("nothing is placed beyond what is available, and every line's stock is told") func insufficient() throws {
        var random = SeededGenerator(seed: 2)
        var refused = 0
        for _ in 0..<5_000 {
            let count = Int.random(in: 1...5, using: &random)
            let locked = (0..<count).map { index in
                let onHand = Int.random(in: 0...6, using: &random)
                return variant(
                    "S\(index)", onHand: onHand, reserved: Int.random(in: 0...onHand, using: &random),
                    isOffered: Int.random(in: 0..<8, using: &random) > 0)
            }
            var demand = RequestedQuantities()
            for index in 0..<count { _ = demand.add("S\(index)", Int.random(in: 1...4, using: &random)) }
            let available = locked.map { $0.isOffered ? $0.onHand - $0.reserved : 0 }
            guard zip(demand.quantities, available).contains(where: { $0 > $1 }) else {
                #expect(throws: Never.self) {
                    try CheckoutRules.draft(demand, of: AvailableStock(locked), currency: "USD", expected: nil)
                }
                continue
            }
            refused += 1
            let problem = try problem(demand, locked, currency: "USD")
            #expect(problem.kind.code == "insufficient_stock" && problem.kind.status == .conflict)
            let lines = try #require(member("lines", problem)?.arrayValue)
            #expect(lines.compactMap { $0["sku"]?.stringValue } == demand.skus)
            #expect(lines.compactMap { $0["requested"]?.int64Value } == demand.quantities.map(Int64.init))
            #expect(lines.compactMap { $0["available"]?.int64Value } == available.map(Int64.init))
            #expect(lines.map { $0["adjustment"]?.stringValue } == locked.map { $0.isOffered ? nil : "unavailable" })
        }
        #expect(refused > 1_000)
    }

    @Test("stock counts below zero are shown as none") func belowZero() throws {
        let problem = try problem(demand(("A", 1)), [variant("A", onHand: 0, reserved: 3)])
        #expect(member("lines", problem)?.arrayValue?.first?["available"]?.int64Value == 0)
    }

    @Test("every unknown SKU is named at its place") func unknown() throws {
        let problem = try problem(demand(("X", 1), ("A", 1), ("Y", 1)), [variant("A")])
        #expect(problem.kind == .invalid)
        #expect(problem.errors.map(\.place) == [.pointer("/items/0/sku"), .pointer("/items/2/sku")])
    }

    @Test("without a cart, what is not offered is as unknown as what there never was") func notOffered() throws {
        let problem = try problem(demand(("X", 1), ("A", 1)), [variant("A", isOffered: false)])
        #expect(problem.kind == .invalid)
        #expect(problem.errors.map(\.detail) == ["SKU X does not exist", "SKU A does not exist"])
    }

    @Test("what a cart has and the catalogue no longer is unavailable, be it archived or gone") func unavailable() throws {
        for shelf in [[variant("A"), variant("B", isOffered: false)], [variant("A")]] {
            let problem = try problem(demand(("A", 1), ("B", 2)), shelf, currency: "USD")
            #expect(problem.kind.code == "insufficient_stock" && problem.detail == "A line is no longer on sale.")
            let lines = try #require(member("lines", problem)?.arrayValue)
            #expect(lines.map { $0["adjustment"]?.stringValue } == [nil, "unavailable"])
            #expect(lines.map { $0["available"]?.int64Value } == [10, 0] && lines.map { $0["requested"]?.int64Value } == [1, 2])
        }
    }

    @Test("an empty cart is no order") func empty() throws {
        #expect(try problem(RequestedQuantities(), []).kind.code == "cart_empty")
        #expect(try problem(RequestedQuantities(), [], currency: "USD").kind.code == "cart_empty")
    }

    @Test("lines in two currencies, or in another than the cart's, are refused") func currencies() throws {
        let mixed = try problem(
            demand(("A", 1), ("B", 1), ("C", 1)), [variant("A"), variant("B", 100, "EUR"), variant("C", 100, "JPY")])
        #expect(
            mixed.kind == .currencyMismatch && mixed.errors.map(\.place) == [.pointer("/items/1/sku"), .pointer("/items/2/sku")])
        #expect(
            mixed.errors.map(\.detail) == [
                "B is priced in EUR, and the order in USD", "C is priced in JPY, and the order in USD",
            ])
        #expect(member("currency", mixed)?.stringValue == "USD" && member("other_currency", mixed)?.stringValue == "EUR")
        let other = try problem(demand(("A", 1)), [variant("A")], currency: "EUR")
        #expect(other.kind == .currencyMismatch && member("currency", other)?.stringValue == "EUR")
        #expect(throws: Never.self) {
            try CheckoutRules.draft(demand(("A", 1)), of: AvailableStock([variant("A")]), currency: "USD", expected: nil)
        }
    }

    @Test("a sum that does not fit is refused, not cut off") func overflow() throws {
        #expect(try problem(demand(("A", 2)), [variant("A", .max)]).kind == .invalid)
        #expect(try problem(demand(("A", 1), ("B", 1)), [variant("A", .max), variant("B", 1)]).kind == .invalid)
        let draft = try CheckoutRules.draft(
            demand(("A", 1)), of: AvailableStock([variant("A", .max)]), expected: Money(.max, "USD"))
        #expect(draft.totals.total == Money(.max, "USD"))
    }

    @Test("a changed price tells both totals; the same number in another currency is another price") func priceChanged() throws {
        let problem = try problem(demand(("A", 2)), [variant("A")], expected: Money(200, "EUR"))
        #expect(problem.kind.code == "price_changed")
        #expect(member("expected_total", problem)?["currency"]?.stringValue == "EUR")
        #expect(member("total", problem)?["amount"]?.int64Value == 200)
        #expect(member("total", problem)?["currency"]?.stringValue == "USD")
    }

    @Test("missing stock is told before a changed price") func precedence() throws {
        #expect(try problem(demand(("A", 11)), [variant("A")], expected: Money(1, "USD")).kind.code == "insufficient_stock")
    }
}
