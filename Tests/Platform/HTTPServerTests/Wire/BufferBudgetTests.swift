import TestSupport
import Testing

@testable import HTTPServer

/// Who goes when there is too much, and how slow is too slow: rules, by many cases.
@Suite struct BufferBudgetTests {
    @Test func theLargestAndOldestClaimsAreFreedUntilThereIsEnough() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            let claims = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                BufferClaim(
                    held: Int.random(in: 0...70_000, using: &random), since: UInt64.random(in: 0...9_000_000_000, using: &random))
            }
            let all = claims.reduce(0) { $0 + $1.held }
            let excess = Int.random(in: -10...max(1, all * 5 / 4), using: &random)
            let now = UInt64.random(in: 0...10_000_000_000, using: &random)
            let victims = BufferClaim.victims(of: claims, excess: excess, at: now)
            let freed = victims.reduce(0) { $0 + claims[$1].held }
            #expect(Set(victims).count == victims.count)
            #expect(victims.allSatisfy { claims[$0].held > 0 })
            #expect(freed >= min(excess, all))
            // No more than needed: without the last it is not enough.
            if let last = victims.last { #expect(freed - claims[last].held < excess) } else { #expect(excess <= 0 || all == 0) }
            let lightest = victims.map { claims[$0].weight(at: now) }.min() ?? .infinity
            for index in claims.indices where !victims.contains(index) { #expect(claims[index].weight(at: now) <= lightest) }
        }
    }

    @Test func aLargeSilentClaimIsFreedBeforeSmallAndNewOnes() {
        let second: UInt64 = 1_000_000_000
        let claims = [
            BufferClaim(held: 900, since: 0), BufferClaim(held: 65_535, since: 0), BufferClaim(held: 65_535, since: 9 * second),
        ]
        #expect(BufferClaim.victims(of: claims, excess: 1, at: 10 * second) == [1])
        #expect(BufferClaim.victims(of: claims, excess: 70_000, at: 10 * second) == [1, 2])
    }

    @Test func nothingIsFreedWithinTheLimit() {
        let budget = BufferBudget(limit: 800)
        budget.count(800)
        #expect(budget.excess == 0)
        budget.count(1)
        #expect(budget.excess == 101)
        budget.count(-801)
        #expect(budget.held == 0)
    }

    /// Against the rule itself: late as soon as for some moment before, less has come since than the rate asks, but for a window.
    @Test func aPaceHoldsOverEveryWindow() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let rate = UInt64.random(in: 1...1_000, using: &random)
            let window = UInt64.random(in: 1...5, using: &random) * 1_000_000_000
            var pace = TransferPace(from: 0, rate: rate, window: window)
            var arrivals: [(at: UInt64, total: Int)] = [(0, 0)]
            var now: UInt64 = 0
            while arrivals.count < 30 {
                now += UInt64.random(in: 0...window / 2, using: &random)
                let wanted = arrivals.indices.contains { index in
                    let bytes = Double(arrivals[arrivals.count - 1].total - arrivals[index].total)
                    return Double(now - arrivals[index].at) >= bytes / Double(rate) * 1e9 + Double(window) + 64
                }
                let forgiven = !arrivals.indices.contains { index in
                    let bytes = Double(arrivals[arrivals.count - 1].total - arrivals[index].total)
                    return Double(now - arrivals[index].at) >= bytes / Double(rate) * 1e9 + Double(window) - 64
                }
                if wanted { #expect(pace.isLate(at: now)) }
                if forgiven { #expect(!pace.isLate(at: now)) }
                if pace.isLate(at: now) { break }
                let total = arrivals[arrivals.count - 1].total + Int.random(in: 0...3_000, using: &random)
                pace.reach(total, at: now)
                arrivals.append((now, total))
            }
        }
    }

    @Test func earlierSpeedDoesNotAllowSilence() {
        var pace = TransferPace(from: 0, rate: 512, window: 5_000_000_000)
        pace.reach(1 << 20, at: 1_000_000_000)
        #expect(!pace.isLate(at: 5_999_999_999))
        #expect(pace.isLate(at: 6_000_000_000))
        var free = TransferPace(from: 0, rate: 0, window: 0)
        free.reach(.max, at: .max)
        #expect(!free.isLate(at: .max - 1))
        var extreme = TransferPace(from: .max, rate: 1, window: .max)
        extreme.reach(.max, at: .max)
        #expect(extreme.due == .max)
    }

    @Test func theConnectionsOfAClientAreCounted() {
        let counter = ClientConnectionCounter()
        #expect((0..<5).map { _ in counter.add("a", limit: 3) } == [true, true, true, false, false])
        #expect(counter.add("b", limit: nil))
        #expect(counter.largest?.client == "a")
        for _ in 0..<9 { counter.remove("a") }
        #expect(counter.count(of: "a") == 0)
        #expect(counter.largest?.count == 1)
    }
}
