import CoreMetrics

/// A number with a fraction that only grows.
final class FractionalCounterCell: FloatingPointCounterHandler, Sendable {
    private let total = AtomicDouble()

    var value: Double { total.value }

    /// What is negative or not finite is passed over.
    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        total.add(amount)
    }

    func reset() { total.set(0) }
}
