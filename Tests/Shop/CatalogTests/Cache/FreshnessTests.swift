import TestSupport
import Testing

@testable import Catalog

@Suite("Freshness")
struct FreshnessTests {
    @Test(
        "fresh for half a lifetime, renewed meanwhile in the other half, then stale",
        arguments: [
            (0, Freshness.fresh), (499, .fresh), (500, .renewing), (999, .renewing), (1_000, .stale), (1_001, .stale),
        ] as [(UInt64, Freshness)])
    func ages(age: UInt64, freshness: Freshness) {
        #expect(Freshness(age: age, lifetime: 1_000) == freshness)
    }

    @Test("no age and no lifetime is too great for it") func corners() {
        #expect(Freshness(age: .max, lifetime: .max) == .stale)
        #expect(Freshness(age: .max, lifetime: 1) == .stale)
        #expect(Freshness(age: .max - 1, lifetime: .max) == .renewing)
        #expect(Freshness(age: 0, lifetime: 1) == .fresh)
        #expect(Freshness(age: 1, lifetime: 1) == .stale)
        #expect(Freshness(age: 0, lifetime: 0) == .stale)
    }

    @Test("only ever gets worse with age") func monotonic() {
        var random = SeededGenerator(seed: 1)
        let order: [Freshness] = [.fresh, .renewing, .stale]
        for _ in 0..<5_000 {
            let lifetime = UInt64.random(in: 1 ... .max, using: &random) >> UInt64.random(in: 0...63, using: &random)
            let ages = [UInt64.random(in: 0 ... .max, using: &random), UInt64.random(in: 0 ... .max, using: &random)].sorted()
            let grades = ages.map { order.firstIndex(of: Freshness(age: $0, lifetime: lifetime)) ?? -1 }
            #expect(grades[0] <= grades[1])
        }
    }
}
