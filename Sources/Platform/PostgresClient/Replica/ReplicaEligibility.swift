import DequeModule

/// Whether a replica may carry reads.
struct ReplicaEligibility: Equatable, Sendable {
    enum Verdict: Equatable, Sendable {
        case eligible
        /// It is too old, or lacks a write that reads must see.
        case lagging
        case notAReplica
    }

    /// In nanoseconds.
    let maximumLag: UInt64
    /// The mark that the primary announced: a replica must have replayed it.
    var mark: Int64 = .min
    var history = WALHistory()

    func verdict(_ report: ReplicaReport) -> Verdict {
        guard report.isReplica, let replayed = report.replayed else { return .notAReplica }
        guard report.mark >= mark, let lag = history.lag(ofReplayUpTo: replayed), lag <= maximumLag else { return .lagging }
        return .eligible
    }

    /// Whether to retry at the primary a read that failed at the replica: only where the replica is the reason. Any other
    /// read would fail at the primary too.
    static func fallsBack(_ error: PostgresError) -> Bool {
        switch error.code {
        case .connectionUnavailable, .poolExhausted, .closed, .protocolViolation: true
        // The server's limit for statements is the same at the primary.
        case .timedOut: error.sqlState == nil
        // Replay comes before reads ("conflict with recovery" is 40001), and may not have reached a new table yet.
        case .server:
            error.isRetryable || error.sqlState == SQLState.undefinedTable || error.sqlState == SQLState.undefinedColumn
        case .cancelled, .outcomeUnknown, .decoding, .invalidParameter, .transactionEnded, .invalidConfiguration: false
        }
    }
}

/// The state of a replica, from one statement and so of one instant.
struct ReplicaReport: Equatable, Sendable {
    /// A server that is no replica has a history of its own; after a failover it may be the primary.
    let isReplica: Bool
    /// How far it has replayed the primary's log, in bytes from the log's beginning; nil: unknown.
    let replayed: Int64?
    /// The number that grows with each write that reads must see at once.
    let mark: Int64

    /// The statement that selects it.
    /// - Parameter mark: selects the number, as one row of one bigint
    static func query(mark: PostgresQuery) -> PostgresQuery {
        "SELECT pg_is_in_recovery(), (pg_last_wal_replay_lsn() - '0/0')::bigint, (\(mark))"
    }

    /// Selects where the primary's log ends.
    static let primaryQuery: PostgresQuery = "SELECT (pg_current_wal_lsn() - '0/0')::bigint"

    init(isReplica: Bool, replayed: Int64?, mark: Int64) {
        self.isReplica = isReplica
        self.replayed = replayed
        self.mark = mark
    }

    init(_ row: PostgresRow) throws(PostgresError) {
        (isReplica, replayed, mark) = try row.decode((Bool, Int64?, Int64).self)
    }
}

/// Where the primary's write-ahead log (WAL) ended over time, which bounds the age of what a replica shows.
///
/// PostgreSQL's own measure, the time of the last transaction that was replayed, grows while there are no writes. Here a
/// replica that has replayed the whole log has no lag, however old its last write is. A value: time comes in as nanoseconds.
struct WALHistory: Equatable, Sendable {
    private struct Sample: Equatable {
        let at: UInt64
        /// Bytes from the log's beginning.
        let end: Int64
    }

    /// The number of samples that are kept: two minutes of four a second.
    private static let most = 480
    private var samples = Deque<Sample>()

    /// The primary's log ended at `end` at an instant not before `now`.
    mutating func primaryWas(at end: Int64, now: UInt64) {
        // Another primary, which lacks a part of the previous one's log.
        if let last = samples.last, end < last.end { samples.removeAll() }
        // Without writes one sample is enough: the last instant at which the log ended there.
        if samples.last?.end == end { samples.removeLast() }
        if samples.count >= Self.most { samples.removeFirst() }
        samples.append(Sample(at: now, end: end))
    }

    /// The lag of a replica that has replayed the log up to this position, in nanoseconds, by the samples of the primary: while
    /// the primary is unreachable, nothing is known to be missing. Nil: more than all samples cover.
    func lag(ofReplayUpTo replayed: Int64) -> UInt64? {
        guard let newest = samples.last, newest.end > replayed else { return 0 }
        guard let same = samples.last(where: { $0.end <= replayed }) else { return nil }
        return newest.at > same.at ? newest.at - same.at : 0
    }
}
