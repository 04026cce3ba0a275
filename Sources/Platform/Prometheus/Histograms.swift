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

/// How values of any unit are distributed: swift-metrics' recorder that aggregates.
final class ValueHistogram: RecorderHandler, Sendable {
    private let bounds: [Double]
    private let buckets: Buckets
    private let sum = AtomicDouble()

    init(bounds: [Double]) {
        self.bounds = bounds
        buckets = Buckets(count: bounds.count + 1)
    }

    func record(_ value: Int64) { record(Double(value)) }

    /// What is not finite is passed over: the sum would never be finite again.
    func record(_ value: Double) {
        guard value.isFinite else { return }
        buckets.add(at: bounds.firstIndex { value <= $0 } ?? bounds.count)
        sum.add(value)
    }

    var snapshot: HistogramSnapshot { HistogramSnapshot(counts: buckets.values, sum: sum.value) }
}

/// How many observations fell into each range; a fixed number of ranges, the last one without a bound.
final class Buckets: Sendable {
    let count: Int
    // Safe: never written after init, and what it points to is atomic.
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

    /// Counts an observation; an index beyond the last counts there.
    func add(at index: Int) {
        cells[min(max(0, index), count - 1)].wrappingAdd(1, ordering: .relaxed)
    }

    /// The counts, each by itself.
    var values: [UInt64] { (0..<count).map { cells[$0].load(ordering: .relaxed) } }
}

/// A histogram as it stood at one moment.
struct HistogramSnapshot: Equatable, Sendable {
    /// Observations in each range, not cumulative; the last range has no upper bound.
    let counts: [UInt64]
    let sum: Double

    init(counts: [UInt64], sum: Double) {
        self.counts = counts
        self.sum = sum
    }

    /// Several of the same ranges as one.
    init(adding all: [HistogramSnapshot]) {
        var counts = all.first?.counts ?? []
        for snapshot in all.dropFirst() {
            for (index, count) in snapshot.counts.enumerated() where index < counts.count { counts[index] &+= count }
        }
        self.init(counts: counts, sum: all.reduce(0) { $0 + $1.sum })
    }
}
