import TestSupport
import Testing

@testable import Commerce

@Suite("Generation cache")
struct GenerationCacheTests {
    @Test("never holds more than its budget, never an old value, whatever is done to it") func bounded() {
        var random = SeededGenerator(seed: 1)
        for budget in [0, 1, 10, 100, 1_000] {
            var cache = GenerationCache<Int>(budget: budget)
            var written: [String: Int] = [:]
            for step in 0..<5_000 {
                let key = "k\(Int.random(in: 0..<40, using: &random))"
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5:
                    let cost = Int.random(in: 1...max(1, budget), using: &random)
                    cache.insert(step, for: key, cost: cost)
                    written[key] = cost <= budget / 2 ? step : nil
                case 5..<9:
                    // What is there is the last one written; it may be gone.
                    if let value = cache.value(for: key) { #expect(value == written[key]) }
                default:
                    cache.remove(key)
                    written[key] = nil
                    #expect(cache.value(for: key) == nil)
                }
                #expect(cache.cost <= budget && cache.cost >= 0)
                #expect(cache.count <= max(budget, 0))
            }
        }
    }

    @Test("what was just written is there, unless it alone is over half the budget") func present() {
        var random = SeededGenerator(seed: 2)
        var cache = GenerationCache<Int>(budget: 1_000)
        for step in 0..<2_000 {
            let cost = Int.random(in: 0...700, using: &random)
            cache.insert(step, for: "k\(step % 7)", cost: cost)
            #expect(cache.value(for: "k\(step % 7)") == (cost <= 500 ? step : nil))
        }
    }

    @Test("what is asked for again and again stays, however much passes by") func keepsTheUsed() {
        var cache = GenerationCache<Int>(budget: 1_000)
        cache.insert(-1, for: "used", cost: 100)
        cache.insert(-2, for: "unused", cost: 100)
        for step in 0..<1_000 {
            cache.insert(step, for: "passing \(step)", cost: 50)
            #expect(cache.value(for: "used") == -1)
        }
        #expect(cache.value(for: "unused") == nil)
    }

    @Test("what was written last fits half the budget and is kept unasked") func keepsTheLatest() {
        var cache = GenerationCache<Int>(budget: 1_000)
        for step in 0..<1_000 { cache.insert(step, for: "\(step)", cost: 50) }
        for step in 990..<1_000 { #expect(cache.value(for: "\(step)") == step) }
        #expect(cache.count <= 20)
    }

    @Test("writing a key again replaces it and its cost") func replaces() {
        var cache = GenerationCache<Int>(budget: 1_000)
        for step in 0..<100 { cache.insert(step, for: "one", cost: 400) }
        #expect(cache.count == 1 && cache.cost == 400)
        cache.insert(0, for: "one", cost: 501)
        #expect(cache.count == 0 && cache.cost == 0)
        cache.insert(0, for: "one", cost: -1)
        #expect(cache.count == 0 && cache.cost == 0)
    }

    @Test("can be emptied") func empties() {
        var cache = GenerationCache<Int>(budget: 1_000)
        for step in 0..<50 { cache.insert(step, for: "\(step)", cost: 50) }
        cache.removeAll()
        #expect(cache.count == 0 && cache.cost == 0 && cache.value(for: "49") == nil)
    }
}
