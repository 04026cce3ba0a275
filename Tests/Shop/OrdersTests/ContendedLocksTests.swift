import TestSupport
import Testing

@testable import Orders

@Suite("Contended locks")
struct ContendedLocksTests {
    private let second: UInt64 = 1_000_000_000

    @Test("a lock is remembered for two seconds") func forgets() {
        var locks = ContendedLocks()
        locks.note([.stock("A"), .stock("B")], at: 5 * second)
        #expect(locks.contains([.stock("X"), .stock("A")], at: 6 * second) && locks.contains([.stock("B")], at: 7 * second - 1))
        #expect(
            !locks.contains([.stock("A")], at: 7 * second) && !locks.contains([.stock("X")], at: 6 * second)
                && !locks.contains([], at: 6 * second))
        locks.note([.stock("A")], at: 8 * second)
        #expect(locks.contains([.stock("A")], at: 9 * second) && !locks.contains([.stock("B")], at: 9 * second))
    }

    @Test("memory is bounded, and the latest lock is known") func bounded() {
        var locks = ContendedLocks()
        var random = SeededGenerator(seed: 1)
        var now: UInt64 = 0
        for _ in 0..<20_000 {
            now += UInt64.random(in: 0...3_000_000, using: &random)
            let sku = "S\(Int.random(in: 0..<5_000, using: &random))"
            locks.note([.stock(sku)], at: now)
            #expect(locks.contains([.stock(sku)], at: now))
            #expect(locks.count <= 1_024)
        }
    }
}
