/// How long one kind of work takes when nothing is in its way: a pure value.
///
/// As BBR finds a path's round-trip time (Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM Queue 2016): the
/// least that was seen in the last two periods, in each of which ``ConcurrencyLimit`` makes way for a moment if it has to. Not
/// of single measurements, but of means of a few, so that one lucky one does not count for all.
struct LatencyBaseline: Sendable {
    private static let batch = 16

    private var period: UInt64 = 0
    private var present = UInt64.max
    private var last = UInt64.max
    private var sum: UInt64 = 0
    private var count = 0

    /// In nanoseconds; nil as long as too little was measured.
    var value: UInt64? {
        let least = min(present, last)
        return least == .max ? nil : least
    }

    /// Takes in that work which succeeded took so long, in nanoseconds.
    mutating func record(_ latency: UInt64, in period: UInt64) {
        if period != self.period {
            self.period = period
            // A period without a measurement says nothing, and the one before it is still the best that is known.
            if present != .max { last = present }
            present = .max
        }
        // A minute is far beyond any deadline; and sums of those do not overflow.
        sum += min(latency, 60_000_000_000)
        count += 1
        guard count >= Self.batch else { return }
        present = min(present, sum / UInt64(Self.batch))
        sum = 0
        count = 0
    }
}
