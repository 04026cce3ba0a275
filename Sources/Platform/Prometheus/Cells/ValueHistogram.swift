import CoreMetrics

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
