import TestSupport
import Testing

@testable import Orders

@Suite("Held stock")
struct HeldStockTests {
    private let second: UInt64 = 1_000_000_000

    @Test("remembers for two seconds") func forgets() {
        var held = ContendedLocks()
        held.note([.stock("A"), .stock("B")], at: 5 * second)
        #expect(held.contains([.stock("X"), .stock("A")], at: 6 * second) && held.contains([.stock("B")], at: 7 * second - 1))
        #expect(
            !held.contains([.stock("A")], at: 7 * second) && !held.contains([.stock("X")], at: 6 * second)
                && !held.contains([], at: 6 * second))
        held.note([.stock("A")], at: 8 * second)
        #expect(held.contains([.stock("A")], at: 9 * second) && !held.contains([.stock("B")], at: 9 * second))
    }

    @Test("however many there are, memory is bounded, and the latest is known") func bounded() {
        var held = ContendedLocks()
        var random = SeededGenerator(seed: 1)
        var now: UInt64 = 0
        for _ in 0..<20_000 {
            now += UInt64.random(in: 0...3_000_000, using: &random)
            let sku = "S\(Int.random(in: 0..<5_000, using: &random))"
            held.note([.stock(sku)], at: now)
            #expect(held.contains([.stock(sku)], at: now))
            #expect(held.count <= 1_024)
        }
    }
}
