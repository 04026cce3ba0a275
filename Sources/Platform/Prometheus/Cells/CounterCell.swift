import CoreMetrics
import Synchronization

/// A whole number that only grows: one atomic addition an event.
final class CounterCell: CounterHandler, Sendable {
    private let total = Atomic<UInt64>(0)

    var value: UInt64 { total.load(ordering: .relaxed) }

    /// A negative amount is passed over: a counter that falls would look like a restart.
    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        total.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    func reset() { total.store(0, ordering: .relaxed) }
}
