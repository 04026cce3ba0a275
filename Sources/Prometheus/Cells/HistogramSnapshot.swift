/// A histogram as it stood at one moment.
struct HistogramSnapshot: Equatable, Sendable {
    /// Observations in each range, not cumulative; the last range has no upper bound.
    let counts: [UInt64]
    let sum: Double
}
