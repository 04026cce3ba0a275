import EventLoop

/// One read of ``PostgresPool/query(_:)`` until its result.
// Unchecked: confined to its loop; cancellation from elsewhere is handed to the loop.
final class PendingRead: StatementReceiver, @unchecked Sendable {
    let query: PostgresQuery
    private let until: UInt64
    private let reads: SharedReads
    /// It was also sent over a leased connection, as it was behind a slow read.
    var isHedged = false
    private var rule = ReadRetryRule()
    private var continuation: UnsafeContinuation<Result<PostgresRows, PostgresError>, Never>?
    private var result: Result<PostgresRows, PostgresError>?

    init(_ query: PostgresQuery, until: UInt64, reads: SharedReads) {
        self.query = query
        self.until = until
        self.reads = reads
    }

    /// Whether it has its result.
    var isEnded: Bool { result != nil }
    var deadline: UInt64? { isEnded ? nil : until }

    /// Takes the waiting task, or resumes it at once where the result came first.
    func wait(_ continuation: UnsafeContinuation<Result<PostgresRows, PostgresError>, Never>) {
        if let result { continuation.resume(returning: result) } else { self.continuation = continuation }
    }

    func end(_ result: Result<PostgresRows, PostgresError>) {
        guard self.result == nil else { return }
        self.result = result
        reads.readEnded()
        continuation?.resume(returning: result)
        continuation = nil
    }

    func deadlinePassed() { end(.failure(PostgresError(.timedOut, "no answer within the deadline"))) }

    func groupEnded(_ outcome: GroupOutcome) {}

    func statementEnded(_ index: Int, _ outcome: StatementOutcome) {
        guard !isEnded else { return }
        switch outcome {
        case .rows(let rows): end(.success(rows))
        case .failed(let error): decide(.failed(isStalePlan: error.isStalePlan), error)
        case .skipped: decide(.skipped, PostgresError(.connectionUnavailable, "the session ended before it"))
        // The connection was closed for its silence, which this read may have caused.
        case .lost(let error) where error.code == .timedOut: end(.failure(error))
        case .lost(let error): decide(.lost, error)
        }
    }

    private func decide(_ end: ReadRetryRule.End, _ error: PostgresError) {
        switch rule.ended(end) {
        case .sendAlone: reads.sendAgain(self)
        case .sendAfterLoss where reads.mayRetry(): reads.sendAfterLoss(self)
        case .sendAfterLoss: self.end(.failure(error))
        case .deliver, .fail: self.end(.failure(error))
        }
    }
}

/// Statements that were sent together on a leased connection, until their Sync is answered.
// Unchecked: confined to its loop; cancellation from elsewhere is handed to the loop.
final class PendingBatch: StatementReceiver, @unchecked Sendable {
    /// The index of BEGIN; the statements follow from 0, then COMMIT.
    private static let begin = -1

    private let count: Int
    private let until: UInt64
    private var rule: CommitOutcomeRule
    /// Closes the connection, which ends the batch.
    private let abort: (PostgresError) -> Void
    private var rows: [PostgresRows] = []
    private var error: PostgresError?
    private var result: Result<[PostgresRows], PostgresError>?
    private var continuation: UnsafeContinuation<Result<[PostgresRows], PostgresError>, Never>?

    init(count: Int, commit: CommitOutcomeRule.Commit, until: UInt64, abort: @escaping (PostgresError) -> Void) {
        self.count = count
        self.until = until
        self.abort = abort
        rule = CommitOutcomeRule(commit, statements: count)
        rows.reserveCapacity(count)
    }

    var deadline: UInt64? { result == nil ? until : nil }

    /// Sends the statements, as many as were announced, and a Sync.
    /// - Parameter begin: the command that opens their transaction; nil where it is open, or they are one by themselves
    func send(_ queries: [PostgresQuery], begin: String?, on connection: PostgresConnection) {
        if let begin { connection.sendCommand(begin, index: Self.begin, for: self) }
        for (index, query) in queries.enumerated() { connection.send(query, index: index, for: self) }
        if rule.commit == .explicit { connection.sendCommand("COMMIT", index: count, for: self) }
        connection.sync(for: self)
    }

    /// Waits for the answers. A task that is cancelled ends its batch, unless that commits: then the task waits for the
    /// outcome, until the deadline.
    func answers(on loop: EventLoop) async -> Result<[PostgresRows], PostgresError> {
        guard rule.commit == .none else { return await withUnsafeContinuation { wait($0) } }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { wait($0) }
        } onCancel: {
            loop.execute { self.stop(PostgresError(.cancelled)) }
        }
    }

    private func wait(_ continuation: UnsafeContinuation<Result<[PostgresRows], PostgresError>, Never>) {
        if let result { continuation.resume(returning: result) } else { self.continuation = continuation }
    }

    func deadlinePassed() { stop(PostgresError(.timedOut, "no answer within the deadline")) }

    private func stop(_ error: PostgresError) {
        guard result == nil else { return }
        abort(error)
    }

    func statementEnded(_ index: Int, _ outcome: StatementOutcome) {
        switch outcome {
        case .rows(let rows) where index == count:
            // A failed transaction answers COMMIT with ROLLBACK, and without an error.
            if rows.commandTag != "COMMIT" { fail(PostgresError(.transactionEnded, "the transaction had failed")) }
        case .rows(let rows):
            if index >= 0 { self.rows.append(rows) }
        case .failed(let error): fail(error)
        case .skipped: rule.refused()
        case .lost(let error):
            if error.sqlState != nil { rule.sessionEnded(at: index) }
            if self.error == nil { self.error = error }
        }
    }

    func groupEnded(_ outcome: GroupOutcome) {
        switch outcome {
        case .ended:
            if error == nil && rows.count != count { error = PostgresError(.protocolViolation, "answers are missing") }
            end(error.map { .failure($0) } ?? .success(rows))
        case .failed(let error): fail(error)
        case .lost(let error):
            if rule.isOutcomeUnknown {
                end(.failure(PostgresError(.outcomeUnknown, "lost while committing: \(error.code.rawValue)")))
            } else {
                end(.failure(self.error ?? error))
            }
        }
    }

    private func fail(_ error: PostgresError) {
        rule.refused()
        if self.error == nil { self.error = error }
    }

    private func end(_ result: Result<[PostgresRows], PostgresError>) {
        guard self.result == nil else { return }
        self.result = result
        continuation?.resume(returning: result)
        continuation = nil
    }
}

/// A caller that waits for a leased connection.
// Unchecked: confined to its loop; cancellation from elsewhere is handed to the loop.
final class PendingLease: @unchecked Sendable {
    private var result: Result<PostgresConnection, PostgresError>?
    private var continuation: UnsafeContinuation<Result<PostgresConnection, PostgresError>, Never>?

    func wait(_ continuation: UnsafeContinuation<Result<PostgresConnection, PostgresError>, Never>) {
        if let result { continuation.resume(returning: result) } else { self.continuation = continuation }
    }

    func end(_ result: Result<PostgresConnection, PostgresError>) {
        guard self.result == nil else { return }
        self.result = result
        // Safe: the waiting task runs on this same loop.
        nonisolated(unsafe) let sent = result
        continuation?.resume(returning: sent)
        continuation = nil
    }
}
