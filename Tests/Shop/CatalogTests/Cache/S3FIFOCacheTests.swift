import TestSupport
import Testing

@testable import Catalog

@Suite("S3-FIFO cache")
struct S3FIFOCacheTests {
    @Test("never holds more than its budget, nor an old value") func bounded() {
        var random = SeededGenerator(seed: 1)
        for budget in [0, 1, 10, 100, 1_000, 20_000] {
            var cache = S3FIFOCache<Int>(budget: budget)
            var written: [String: Int] = [:]
            for step in 0..<5_000 {
                let key = "k\(Int.random(in: 0..<60, using: &random))"
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5:
                    let cost = Int.random(in: 0...max(1, budget / 8), using: &random)
                    cache.insert(step, for: key, cost: cost)
                    written[key] = step
                case 5..<9:
                    // A value that is found is the last one written; it may be gone.
                    if let value = cache.value(for: key) { #expect(value == written[key]) }
                default:
                    cache.remove(key)
                    written[key] = nil
                    #expect(cache.value(for: key) == nil)
                }
                #expect(cache.cost <= budget && cache.cost >= 0)
                #expect(cache.count <= budget)
            }
        }
    }

    @Test("a new value is there, unless it costs more than half the budget") func present() {
        var random = SeededGenerator(seed: 2)
        var cache = S3FIFOCache<Int>(budget: 1_000)
        for step in 0..<2_000 {
            let cost = Int.random(in: 0...700, using: &random)
            let key = "k\(Int.random(in: 0..<7, using: &random))"
            for _ in 0..<Int.random(in: 0...4, using: &random) { _ = cache.value(for: "k\(step % 7)") }
            cache.insert(step, for: key, cost: cost)
            #expect(cache.value(for: key) == (cost <= 500 ? step : nil))
        }
    }

    @Test("values that are hit often stay, however many others pass") func keepsTheUsed() {
        var cache = S3FIFOCache<Int>(budget: 100_000)
        cache.insert(-1, for: "used", cost: 1_000)
        cache.insert(-2, for: "unused", cost: 1_000)
        for step in 0..<5_000 {
            cache.insert(step, for: "passing \(step)", cost: 500)
            if step % 10 == 0 { #expect(cache.value(for: "used") == -1) }
        }
        #expect(cache.value(for: "unused") == nil)
    }

    @Test("a scan of ten times its size leaves the values that are hit often") func survivesScans() {
        var cache = S3FIFOCache<Int>(budget: 100_000)
        for round in 0..<4 {
            for key in 0..<50 where cache.value(for: "hot \(key)") == nil || round == 0 {
                cache.insert(key, for: "hot \(key)", cost: 1_000)
            }
        }
        for step in 0..<1_000 {
            let key = "scanned \(step)"
            if cache.value(for: key) == nil { cache.insert(step, for: key, cost: 1_000) }
        }
        let left = (0..<50).count { cache.value(for: "hot \($0)") != nil }
        #expect(left == 50)
    }

    @Test("a value that comes back soon goes to the main queue at once, and stays while others pass") func ghosts() {
        var cache = S3FIFOCache<Int>(budget: 1_000_000)
        for step in 0..<1_200 { cache.insert(step, for: "first \(step)", cost: 1_000) }
        // Out by now, and not for long.
        for step in 150..<200 {
            #expect(cache.value(for: "first \(step)") == nil)
            cache.insert(step, for: "first \(step)", cost: 1_000)
        }
        for step in 0..<2_000 { cache.insert(step, for: "second \(step)", cost: 1_000) }
        // Where two hashes meet, the older one is forgotten.
        let kept = (150..<200).count { (step: Int) in cache.value(for: "first \(step)") == step }
        #expect(kept >= 20)
        let passed = (0..<50).count { cache.value(for: "second \($0)") != nil }
        #expect(passed == 0)
    }

    @Test("a second value for a key replaces the first and its cost, and keeps its hits") func replaces() {
        var cache = S3FIFOCache<Int>(budget: 1_000)
        for step in 0..<100 { cache.insert(step, for: "one", cost: 300 + step) }
        #expect(cache.count == 1 && cache.cost == 399 && cache.value(for: "one") == 99)
        cache.insert(7, for: "one", cost: 10)
        #expect(cache.count == 1 && cache.cost == 10 && cache.value(for: "one") == 7)
        cache.insert(0, for: "one", cost: 501)
        #expect(cache.count == 0 && cache.cost == 0)
        cache.insert(1, for: "one", cost: 400)
        cache.insert(0, for: "one", cost: -1)
        #expect(cache.count == 0 && cache.cost == 0)

        // Renewed now and then, as documents are, it is no newcomer each time.
        var busy = S3FIFOCache<Int>(budget: 100_000)
        busy.insert(0, for: "renewed", cost: 1_000)
        for step in 0..<2_000 {
            busy.insert(step, for: "passing \(step)", cost: 1_000)
            if step % 5 == 0 { _ = busy.value(for: "renewed") }
            if step % 50 == 0 {
                #expect(busy.value(for: "renewed") != nil)
                busy.insert(step, for: "renewed", cost: 1_000 + step)
            }
        }
    }

    @Test("a value of no cost counts one") func zero() {
        var cache = S3FIFOCache<Int>(budget: 100)
        for step in 0..<1_000 { cache.insert(step, for: "\(step)", cost: 0) }
        #expect(cache.count <= 100 && cache.count > 50)
    }

    @Test("can be emptied") func empties() {
        var cache = S3FIFOCache<Int>(budget: 1_000)
        for step in 0..<50 { cache.insert(step, for: "\(step)", cost: 50) }
        cache.removeAll()
        #expect(cache.count == 0 && cache.cost == 0 && cache.value(for: "49") == nil)
        cache.insert(1, for: "one", cost: 50)
        #expect(cache.value(for: "one") == 1 && cache.cost == 50)
    }

    @Test("a peek is no hit: a value that was only peeked at leaves with the scan, one hit twice stays") func peeks() {
        for hits in 0...2 {
            var cache = S3FIFOCache<Int>(budget: 10_000)
            cache.insert(7, for: "k", cost: 100)
            for _ in 0..<50 { #expect(cache.peek("k") == 7) }
            for _ in 0..<hits { #expect(cache.value(for: "k") == 7) }
            for step in 0..<200 { cache.insert(step, for: "passing \(step)", cost: 100) }
            #expect((cache.peek("k") != nil) == (hits == 2))
        }
        var cache = S3FIFOCache<Int>(budget: 10_000)
        #expect(cache.peek("none") == nil)
        #expect(cache.value(for: "none") == nil)
    }
}
