/// Whether a replica may be read from.
struct ReplicaRule: Equatable, Sendable {
    enum Verdict: Equatable, Sendable {
        case fit
        /// It lags too much, or lacks a write that must be seen.
        case behind
        case notAReplica
    }

    /// In nanoseconds.
    let maximumLag: UInt64
    /// What a replica has to have replayed: the mark as the primary announced it.
    var mark: Int64 = .min
    var history = LogHistory()

    func verdict(_ report: ReplicaReport) -> Verdict {
        guard report.isReplica, let replayed = report.replayed else { return .notAReplica }
        guard report.mark >= mark, let lag = history.lag(ofReplayUpTo: replayed), lag <= maximumLag else { return .behind }
        return .fit
    }

    /// Whether a read that failed at the replica is to be tried at the primary: where the replica is the reason, and not
    /// the read itself, which would fail there too.
    static func fallsBack(_ error: PostgresError) -> Bool {
        switch error.code {
        case .connectionUnavailable, .poolExhausted, .closed, .protocolViolation: true
        // The server's own limit on statements is a limit there too.
        case .timedOut: error.sqlState == nil
        // Replaying goes before reading ("conflict with recovery" is 40001), and may not have come to a new table yet.
        case .server:
            error.isRetryable || error.sqlState == SQLState.undefinedTable || error.sqlState == SQLState.undefinedColumn
        case .cancelled, .outcomeUnknown, .decoding, .invalidParameter, .transactionEnded, .invalidConfiguration: false
        }
    }
}
