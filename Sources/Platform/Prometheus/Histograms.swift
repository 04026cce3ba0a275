import CoreMetrics
import Synchronization

/// The distribution of durations, stored in nanoseconds with two atomic additions for each observation, and reported in seconds.
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

    /// A negative duration, after a clock was set back, counts as 0.
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

/// The distribution of values of any unit: a recorder of swift-metrics with aggregation.
final class ValueHistogram: RecorderHandler, Sendable {
    private let bounds: [Double]
    private let buckets: Buckets
    private let sum = AtomicDouble()

    init(bounds: [Double]) {
        self.bounds = bounds
        buckets = Buckets(count: bounds.count + 1)
    }

    func record(_ value: Int64) { record(Double(value)) }

    /// Values that are not finite are ignored: the sum would never be finite again.
    func record(_ value: Double) {
        guard value.isFinite else { return }
        buckets.add(at: bounds.firstIndex { value <= $0 } ?? bounds.count)
        sum.add(value)
    }

    var snapshot: HistogramSnapshot { HistogramSnapshot(counts: buckets.values, sum: sum.value) }
}

/// The number of observations in each of a fixed number of ranges; the last range has no bound.
final class Buckets: Sendable {
    let count: Int
    // Safe: never written after init, and it points to atomics.
    nonisolated(unsafe) private let cells: UnsafeMutablePointer<Atomic<UInt64>>

    init(count: Int) {
        self.count = max(1, count)
        cells = .allocate(capacity: self.count)
        for index in 0..<self.count { (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize(count: count)
        cells.deallocate()
    }

    /// Counts an observation; an index beyond the last range counts in the last.
    func add(at index: Int) {
        cells[min(max(0, index), count - 1)].wrappingAdd(1, ordering: .relaxed)
    }

    /// The counts, not cumulative.
    var values: [UInt64] { (0..<count).map { cells[$0].load(ordering: .relaxed) } }
}

/// The state of a histogram at one moment.
struct HistogramSnapshot: Equatable, Sendable {
    /// Observations in each range, not cumulative; the last range has no upper bound.
    let counts: [UInt64]
    let sum: Double

    init(counts: [UInt64], sum: Double) {
        self.counts = counts
        self.sum = sum
    }

    /// The sum of several histograms with the same ranges.
    init(adding all: [HistogramSnapshot]) {
        var counts = all.first?.counts ?? []
        for snapshot in all.dropFirst() {
            for (index, count) in snapshot.counts.enumerated() where index < counts.count { counts[index] &+= count }
        }
        self.init(counts: counts, sum: all.reduce(0) { $0 + $1.sum })
    }
}
