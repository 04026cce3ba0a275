import DequeModule

/// Where the primary's write-ahead log ended at some moments, and so how old what a replica shows may be at the most.
///
/// PostgreSQL's own measure, the time of the last transaction that was replayed, grows while nobody writes. Here a replica
/// that has replayed all there is lags by nothing, however long ago that was written. A value: time comes in as nanoseconds.
struct LogHistory: Equatable, Sendable {
    private struct Sample: Equatable {
        let at: UInt64
        /// Bytes from the log's beginning.
        let end: Int64
    }

    /// Moments that are remembered: two minutes of four a second.
    private static let most = 480
    private var samples = Deque<Sample>()

    /// The primary's log ended at `end` at a moment not before `now`.
    mutating func primaryWas(at end: Int64, now: UInt64) {
        // Another primary, that has not all the log of the one before it.
        if let last = samples.last, end < last.end { samples.removeAll() }
        // While nobody writes one moment is enough, the last one at which the log ended there.
        if samples.last?.end == end { samples.removeLast() }
        if samples.count >= Self.most { samples.removeFirst() }
        samples.append(Sample(at: now, end: end))
    }

    /// How much older than the primary a replica is that has replayed so far, in nanoseconds, by what was heard of the primary
    /// so far: with the primary away, nothing is known to be missing. Nil where it is older than all that is remembered.
    func lag(ofReplayUpTo replayed: Int64) -> UInt64? {
        guard let newest = samples.last, newest.end > replayed else { return 0 }
        guard let same = samples.last(where: { $0.end <= replayed }) else { return nil }
        return newest.at > same.at ? newest.at - same.at : 0
    }
}
