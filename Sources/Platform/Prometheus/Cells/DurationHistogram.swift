import CoreMetrics
import Synchronization

/// How long something takes: kept in nanoseconds by two atomic additions an observation, told in seconds.
final class DurationHistogram: TimerHandler, Sendable {
    /// Upper bounds in nanoseconds, rising.
    private let bounds: [Int64]
    private let buckets: Buckets
    private let sum = Atomic<Int64>(0)

    /// - Parameter bounds: upper bounds in seconds, rising
    init(bounds: [Double]) {
        self.bounds = bounds.map { Int64(exactly: ($0 * 1_000_000_000).rounded()) ?? .max }
        buckets = Buckets(count: bounds.count + 1)
    }

    /// A negative time, as of a clock set back, counts as none.
    func recordNanoseconds(_ duration: Int64) {
        let duration = max(0, duration)
        var index = 0
        while index < bounds.count, bounds[index] < duration { index += 1 }
        buckets.add(at: index)
        sum.wrappingAdd(duration, ordering: .relaxed)
    }

    var snapshot: HistogramSnapshot {
        HistogramSnapshot(counts: buckets.values, sum: Double(sum.load(ordering: .relaxed)) / 1_000_000_000)
    }
}
