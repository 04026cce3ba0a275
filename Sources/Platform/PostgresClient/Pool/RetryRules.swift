/// What becomes of a read when its statement has ended. The only place that decides to send a read again.
struct ReadRetryRule: Equatable, Sendable {
    enum End: Equatable, Sendable {
        case rows
        /// The server refused this statement.
        case failed(isStalePlan: Bool)
        /// A statement before it failed, of its Sync group or of the session.
        case skipped
        case lost
    }

    enum Decision: Equatable, Sendable {
        case deliver
        case fail
        /// In a Sync group of its own, where no neighbour can fail it.
        case sendAlone
        /// The same, over a connection that has answered since.
        case sendAfterLoss
    }

    private(set) var stalePlans = 0
    private(set) var skips = 0
    private(set) var losses = 0

    /// Each cause allows one more attempt, so no read is sent more than four times.
    mutating func ended(_ end: End) -> Decision {
        switch end {
        case .rows: return .deliver
        case .failed(isStalePlan: false): return .fail
        case .failed(isStalePlan: true):
            stalePlans += 1
            return stalePlans == 1 ? .sendAlone : .fail
        case .skipped:
            skips += 1
            // Sent alone it has no neighbours: the session ended.
            return skips == 1 ? .sendAlone : ended(.lost)
        case .lost:
            losses += 1
            return losses == 1 ? .sendAfterLoss : .fail
        }
    }
}

/// Whether a group of statements may have been committed although its connection was lost.
struct CommitOutcomeRule: Equatable, Sendable {
    enum Commit: Equatable, Sendable {
        /// The group commits nothing.
        case none
        /// COMMIT follows its statements.
        case explicit
        /// It is a transaction by itself, which commits at its Sync.
        case implicit
    }

    let commit: Commit
    /// How many statements precede the commit.
    let statements: Int
    /// Nothing can have been committed.
    private(set) var hasFailed = false

    init(_ commit: Commit, statements: Int) {
        self.commit = commit
        self.statements = statements
    }

    /// The server refused or skipped a statement; the COMMIT too, where there is one.
    mutating func refused() { hasFailed = true }

    /// The server ended the session in answer to the statement at `index`.
    /// Answers come in order, so if that is not the commit itself, there was none.
    mutating func sessionEnded(at index: Int) {
        if index < statements { hasFailed = true }
    }

    /// Whether the group may have been committed, now that no more answers will come.
    var isOutcomeUnknown: Bool { commit != .none && !hasFailed }
}

/// Waiting times between attempts to connect: exponential, capped, with full jitter.
struct Backoff: Equatable, Sendable {
    /// The bound of the first wait, in nanoseconds.
    var base: UInt64 = 50_000_000
    /// The bound of every wait. Below a second, so that the pool is back within one once the server is;
    /// and only one attempt runs at a time while the server is away.
    var cap: UInt64 = 700_000_000

    /// Nanoseconds to wait after `failures` attempts in a row.
    /// - Parameter random: evenly from 0 up to 1
    func wait(after failures: Int, random: Double) -> UInt64 {
        let doublings = UInt64(min(max(0, failures - 1), 16))
        let (grown, overflow) = base.multipliedReportingOverflow(by: 1 << doublings)
        let bound = overflow ? cap : min(cap, grown)
        return UInt64(Double(bound) * min(max(0, random), 1))
    }
}
