import EventLoop

/// One ``PostgresPool/query(_:)`` on its way.
// Unchecked: confined to its loop; cancellation from elsewhere is handed to the loop.
final class PendingRead: StatementReceiver, @unchecked Sendable {
    let query: PostgresQuery
    private let until: UInt64
    private let pool: PostgresPool
    /// It was sent over a leased connection too, as it was behind a slow one.
    var isRelieved = false
    private var rule = ReadRule()
    private var continuation: UnsafeContinuation<Result<PostgresRows, PostgresError>, Never>?
    private var result: Result<PostgresRows, PostgresError>?

    init(_ query: PostgresQuery, until: UInt64, pool: PostgresPool) {
        self.query = query
        self.until = until
        self.pool = pool
    }

    /// Nobody waits for it any more.
    var isEnded: Bool { result != nil }
    var deadline: UInt64? { isEnded ? nil : until }

    /// Takes the waiting task, or resumes it at once where the end came first.
    func wait(_ continuation: UnsafeContinuation<Result<PostgresRows, PostgresError>, Never>) {
        if let result { continuation.resume(returning: result) } else { self.continuation = continuation }
    }

    func end(_ result: Result<PostgresRows, PostgresError>) {
        guard self.result == nil else { return }
        self.result = result
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
        // Given up for its silence: this read may be why.
        case .lost(let error) where error.code == .timedOut: end(.failure(error))
        case .lost(let error): decide(.lost, error)
        }
    }

    private func decide(_ end: ReadRule.End, _ error: PostgresError) {
        switch rule.ended(end) {
        case .sendAlone: pool.sendAgain(self)
        case .sendAfterLoss where pool.mayRetry(): pool.sendAfterLoss(self)
        case .sendAfterLoss: self.end(.failure(error))
        case .deliver, .fail: self.end(.failure(error))
        }
    }
}
