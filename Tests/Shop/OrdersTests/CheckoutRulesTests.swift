import Formats
import Foundation
import TestSupport
import Testing
import Web

@testable import Cart
@testable import Inventory
@testable import Money
@testable import Orders

@Suite("Checkout rules")
struct CheckoutRulesTests {
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

    private func quantities(_ items: (String, Int)...) throws -> RequestedQuantities {
        try #require(RequestedQuantities(items.map { OrderRequest.Item(sku: $0.0, quantity: $0.1) }))
    }

    private func problem(
        _ requested: RequestedQuantities, _ variants: [StockedVariant], currency: String? = nil, expected: Money? = nil
    ) throws -> Problem {
        do {
            _ = try CheckoutRules.price(requested, of: AvailableStock(variants), currency: currency, expected: expected)
        } catch { return error }
        throw TestFailure("was placed")
    }

    private func member(_ name: String, _ problem: Problem) -> JSONValue? { problem.members.first { $0.name == name }?.value }

    @Test("lines and totals are exact for every order that can be placed") func sums() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<3_000 {
            let count = Int.random(in: 1...20, using: &random)
            let variants = (0..<count).map { index in
                let reserved = Int.random(in: 0...50, using: &random)
                return variant(
                    "S\(index)", Int64.random(in: 0...1_000_000_000, using: &random), onHand: reserved + 999, reserved: reserved)
            }
            var requested = RequestedQuantities()
            for index in 0..<count { _ = requested.add("S\(index)", Int.random(in: 1...999, using: &random)) }
            let order = try CheckoutRules.price(requested, of: AvailableStock(variants.shuffled(using: &random)), expected: nil)
            #expect(order.totals.total.currency == "USD")
            #expect(order.lines.map(\.sku) == requested.skus && order.lines.map(\.quantity) == requested.quantities)
            var total: Int64 = 0
            for (line, variant) in zip(order.lines, variants) {
                #expect(line.unitPrice == variant.price && line.variant == variant.variant && line.name == variant.name)
                #expect(line.options == variant.options && line.image == variant.image && line.product == variant.product)
                #expect(line.total.amount == variant.price.amount * Int64(line.quantity))
                #expect(line.tax == Money(0, "USD"))
                total += line.total.amount
            }
            let sums = order.totals
            #expect(sums.subtotal.amount == total)
            #expect(sums.subtotal.amount - sums.discount.amount + sums.tax.amount + sums.shipping.amount == sums.total.amount)
            // Only the exact total is accepted.
            #expect(throws: Never.self) { try CheckoutRules.price(requested, of: AvailableStock(variants), expected: sums.total) }
            #expect(try problem(requested, variants, expected: Money(total + 1, "USD")).kind.code == "price_changed")
        }
    }

    @Test("an order for more than is available is refused with the stock of every line") func insufficient() throws {
        var random = SeededGenerator(seed: 2)
        var refused = 0
        for _ in 0..<5_000 {
            let count = Int.random(in: 1...5, using: &random)
            let variants = (0..<count).map { index in
                let onHand = Int.random(in: 0...6, using: &random)
                return variant(
                    "S\(index)", onHand: onHand, reserved: Int.random(in: 0...onHand, using: &random),
                    isOffered: Int.random(in: 0..<8, using: &random) > 0)
            }
            var requested = RequestedQuantities()
            for index in 0..<count { _ = requested.add("S\(index)", Int.random(in: 1...4, using: &random)) }
            let available = variants.map { $0.isOffered ? $0.onHand - $0.reserved : 0 }
            guard zip(requested.quantities, available).contains(where: { $0 > $1 }) else {
                #expect(throws: Never.self) {
                    try CheckoutRules.price(requested, of: AvailableStock(variants), currency: "USD", expected: nil)
                }
                continue
            }
            refused += 1
            let problem = try problem(requested, variants, currency: "USD")
            #expect(problem.kind.code == "insufficient_stock" && problem.kind.status == .conflict)
            let lines = try #require(member("lines", problem)?.arrayValue)
            #expect(lines.compactMap { $0["sku"]?.stringValue } == requested.skus)
            #expect(lines.compactMap { $0["requested"]?.int64Value } == requested.quantities.map(Int64.init))
            #expect(lines.compactMap { $0["available"]?.int64Value } == available.map(Int64.init))
            #expect(lines.map { $0["adjustment"]?.stringValue } == variants.map { $0.isOffered ? nil : "unavailable" })
        }
        #expect(refused > 1_000)
    }

    @Test("negative stock is shown as 0") func belowZero() throws {
        let problem = try problem(quantities(("A", 1)), [variant("A", onHand: 0, reserved: 3)])
        #expect(member("lines", problem)?.arrayValue?.first?["available"]?.int64Value == 0)
    }

    @Test("every unknown SKU is named at its place") func unknown() throws {
        let problem = try problem(quantities(("X", 1), ("A", 1), ("Y", 1)), [variant("A")])
        #expect(problem.kind == .invalid)
        #expect(problem.errors.map(\.place) == [.pointer("/items/0/sku"), .pointer("/items/2/sku")])
    }

    @Test("without a cart, a variant that is not offered is as unknown as one that does not exist") func notOffered() throws {
        let problem = try problem(quantities(("X", 1), ("A", 1)), [variant("A", isOffered: false)])
        #expect(problem.kind == .invalid)
        #expect(problem.errors.map(\.detail) == ["SKU X does not exist", "SKU A does not exist"])
    }

    @Test("a line of a cart whose variant is archived or deleted is unavailable") func unavailable() throws {
        for variants in [[variant("A"), variant("B", isOffered: false)], [variant("A")]] {
            let problem = try problem(quantities(("A", 1), ("B", 2)), variants, currency: "USD")
            #expect(problem.kind.code == "insufficient_stock" && problem.detail == "A line is no longer on sale.")
            let lines = try #require(member("lines", problem)?.arrayValue)
            #expect(lines.map { $0["adjustment"]?.stringValue } == [nil, "unavailable"])
            #expect(lines.map { $0["available"]?.int64Value } == [10, 0] && lines.map { $0["requested"]?.int64Value } == [1, 2])
        }
    }

    @Test("an empty cart is refused") func empty() throws {
        #expect(try problem(RequestedQuantities(), []).kind.code == "cart_empty")
        #expect(try problem(RequestedQuantities(), [], currency: "USD").kind.code == "cart_empty")
    }

    @Test("lines in two currencies, or in another currency than the cart, are refused") func currencies() throws {
        let mixed = try problem(
            quantities(("A", 1), ("B", 1), ("C", 1)), [variant("A"), variant("B", 100, "EUR"), variant("C", 100, "JPY")])
        #expect(
            mixed.kind == .currencyMismatch && mixed.errors.map(\.place) == [.pointer("/items/1/sku"), .pointer("/items/2/sku")])
        #expect(
            mixed.errors.map(\.detail) == [
                "B is priced in EUR, and the order in USD", "C is priced in JPY, and the order in USD",
            ])
        #expect(member("currency", mixed)?.stringValue == "USD" && member("other_currency", mixed)?.stringValue == "EUR")
        let other = try problem(quantities(("A", 1)), [variant("A")], currency: "EUR")
        #expect(other.kind == .currencyMismatch && member("currency", other)?.stringValue == "EUR")
        #expect(throws: Never.self) {
            try CheckoutRules.price(quantities(("A", 1)), of: AvailableStock([variant("A")]), currency: "USD", expected: nil)
        }
    }

    @Test("a total that is too large is refused") func overflow() throws {
        #expect(try problem(quantities(("A", 2)), [variant("A", .max)]).kind == .invalid)
        #expect(try problem(quantities(("A", 1), ("B", 1)), [variant("A", .max), variant("B", 1)]).kind == .invalid)
        let order = try CheckoutRules.price(
            quantities(("A", 1)), of: AvailableStock([variant("A", .max)]), expected: Money(.max, "USD"))
        #expect(order.totals.total == Money(.max, "USD"))
    }

    @Test("a changed price is refused with both totals; the same number in another currency is another price") func priceChanged()
        throws
    {
        let problem = try problem(quantities(("A", 2)), [variant("A")], expected: Money(200, "EUR"))
        #expect(problem.kind.code == "price_changed")
        #expect(member("expected_total", problem)?["currency"]?.stringValue == "EUR")
        #expect(member("total", problem)?["amount"]?.int64Value == 200)
        #expect(member("total", problem)?["currency"]?.stringValue == "USD")
    }

    @Test("missing stock is reported before a changed price") func precedence() throws {
        #expect(try problem(quantities(("A", 11)), [variant("A")], expected: Money(1, "USD")).kind.code == "insufficient_stock")
    }
}
