import TestSupport
import Testing

@testable import Money

@Suite("Money")
struct MoneyTests {
    /// Amounts that lie where arithmetic ends, and anywhere.
    private static func amount(_ random: inout SeededGenerator) -> Int64 {
        let corners: [Int64] = [0, 1, -1, 999, .max, .min, .max / 999, .max / 2, .min / 2]
        return Bool.random(using: &random)
            ? corners.randomElement(using: &random) ?? 0
            : Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...62, using: &random)
    }

    @Test("a product is exact, or nil where it does not fit") func products() {
        var random = SeededGenerator(seed: 1)
        var overflows = 0
        for _ in 0..<10_000 {
            let amount = Self.amount(&random)
            let count = Int.random(in: 0...2_000, using: &random)
            let exact = Int128(amount) * Int128(count)
            if let fits = Int64(exactly: exact) {
                #expect(Money(amount, "USD").times(count) == Money(fits, "USD"))
            } else {
                overflows += 1
                #expect(Money(amount, "USD").times(count) == nil)
            }
        }
        #expect(overflows > 100)
    }

    @Test("a sum is exact, or nil where it does not fit") func sums() {
        var random = SeededGenerator(seed: 2)
        var overflows = 0
        for _ in 0..<10_000 {
            let (left, right) = (Self.amount(&random), Self.amount(&random))
            let sum = Int64(exactly: Int128(left) + Int128(right))
            if sum == nil { overflows += 1 }
            #expect(Money(left, "EUR").plus(Money(right, "EUR")) == sum.map { Money($0, "EUR") })
        }
        #expect(overflows > 100)
    }

    @Test("amounts of different currencies have no sum") func currencies() {
        #expect(Money(1, "USD").plus(Money(1, "EUR")) == nil)
        #expect(Money.sum([Money(1, "USD"), Money(1, "EUR")], "USD") == nil)
        #expect(Money.sum([Money(1, "EUR")], "USD") == nil)
        #expect(Money(1, "USD") != Money(1, "EUR"))
    }

    @Test("many are summed in any order; none are nothing") func many() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let amounts = (0..<Int.random(in: 0...100, using: &random)).map { _ in
                Money(Int64.random(in: 0...1_000_000, using: &random), "JPY")
            }
            let exact = amounts.reduce(Int64(0)) { $0 + $1.amount }
            #expect(Money.sum(amounts, "JPY") == Money(exact, "JPY"))
            #expect(Money.sum(amounts.shuffled(using: &random), "JPY") == Money(exact, "JPY"))
        }
        #expect(Money.sum([], "JPY") == Money(0, "JPY"))
        #expect(Money.sum([Money(.max, "JPY"), Money(1, "JPY")], "JPY") == nil)
    }
}
