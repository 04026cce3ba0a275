import CoreMetrics
import Synchronization

/// A whole number that only grows, with one atomic addition for each event.
final class CounterCell: CounterHandler, Sendable {
    private let total = Atomic<UInt64>(0)

    var value: UInt64 { total.load(ordering: .relaxed) }

    /// A negative amount is ignored: a counter that falls would look like a restart.
    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        total.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    func reset() { total.store(0, ordering: .relaxed) }
}

/// A number with a fraction that only grows.
final class FractionalCounterCell: FloatingPointCounterHandler, Sendable {
    private let total = AtomicDouble()

    var value: Double { total.value }

    /// Amounts that are negative or not finite are ignored.
    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        total.add(amount)
    }

    func reset() { total.set(0) }
}

/// A floating-point number that several threads change without a lock: by an atomic exchange of its bits, repeated after a conflict.
struct AtomicDouble: ~Copyable, Sendable {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func add(_ amount: Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let sum = (Double(bitPattern: seen) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: seen, desired: sum, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }
}
