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
