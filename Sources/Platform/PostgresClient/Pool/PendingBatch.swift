import EventLoop

/// Statements that were sent together on a leased connection, until their Sync is answered.
// Unchecked: confined to its loop; cancellation from elsewhere is handed to the loop.
final class PendingBatch: StatementReceiver, @unchecked Sendable {
    /// The place of BEGIN; the statements follow from 0, then COMMIT.
    static let begin = -1

    private let count: Int
    private let until: UInt64
    private var rule: CommitRule
    /// Ends the connection, which ends this.
    private let giveUp: (PostgresError) -> Void
    private var rows: [PostgresRows] = []
    private var error: PostgresError?
    private var result: Result<[PostgresRows], PostgresError>?
    private var continuation: UnsafeContinuation<Result<[PostgresRows], PostgresError>, Never>?

    init(count: Int, commit: CommitRule.Commit, until: UInt64, giveUp: @escaping (PostgresError) -> Void) {
        self.count = count
        self.until = until
        self.giveUp = giveUp
        rule = CommitRule(commit, statements: count)
        rows.reserveCapacity(count)
    }

    var deadline: UInt64? { result == nil ? until : nil }

    func deadlinePassed() { stop(PostgresError(.timedOut, "no answer within the deadline")) }

    func stop(_ error: PostgresError) {
        guard result == nil else { return }
        giveUp(error)
    }

    func wait(_ continuation: UnsafeContinuation<Result<[PostgresRows], PostgresError>, Never>) {
        if let result { continuation.resume(returning: result) } else { self.continuation = continuation }
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
