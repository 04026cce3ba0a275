import EventLoop

/// A transaction on a leased connection; see ``PostgresPool/transaction(isolation:_:)``. Valid only within that body.
package final class PostgresTransaction {
    package enum Isolation: String, Sendable {
        case readCommitted = "BEGIN"
        case repeatableRead = "BEGIN ISOLATION LEVEL REPEATABLE READ"
        case serializable = "BEGIN ISOLATION LEVEL SERIALIZABLE"
    }

    private enum State { case fresh, open, failed, ended }

    private let connection: PostgresConnection
    private let pool: PostgresPool
    private let isolation: Isolation
    private var state = State.fresh

    init(_ connection: PostgresConnection, pool: PostgresPool, isolation: Isolation) {
        self.connection = connection
        self.pool = pool
        self.isolation = isolation
    }

    /// Runs one statement.
    /// - Throws: as ``batch(_:)``.
    @discardableResult
    package func query(_ query: PostgresQuery) async throws -> PostgresRows {
        guard let rows = try await batch([query]).first else { throw PostgresError(.protocolViolation, "no answer") }
        return rows
    }

    /// Runs statements in one round trip; the first batch begins with BEGIN. The results, in order.
    /// - Throws: ``PostgresError``: that of the first statement that failed; the transaction can only roll back then.
    @discardableResult
    package func batch(_ queries: [PostgresQuery]) async throws -> [PostgresRows] {
        try await send(queries, commit: .none)
    }

    /// Runs the last statements and COMMIT in one round trip. Nothing may be sent after it.
    ///
    /// Waits for the outcome even when the task is cancelled, since the caller has to know it.
    /// - Throws: ``PostgresError``; `outcomeUnknown` where the connection was lost before the answer.
    @discardableResult
    package func commit(with queries: [PostgresQuery] = []) async throws -> [PostgresRows] {
        try await send(queries, commit: .explicit)
    }

    /// Rolls back. Returns at once: the statements of the next lease run after the ROLLBACK anyway.
    package func rollback() {
        if (state == .open || state == .failed) && connection.isOpen {
            connection.sendHousekeeping("ROLLBACK")
            connection.sync(for: nil)
        }
        state = .ended
    }

    /// Rolls back, and returns once the server has done so or the connection is gone: the locks are free then.
    package func rolledBack() async {
        guard state == .open, connection.isOpen else { return rollback() }
        state = .ended
        // If this fails, the connection is unusable anyway.
        _ = try? await pool.send(["ROLLBACK"], begin: nil, commit: .none, on: connection)
    }

    /// The body returned: commits unless it has done so.
    func finish() async throws {
        switch state {
        case .open: try await commit()
        case .failed: throw PostgresError(.transactionEnded, "a statement had failed, so it was rolled back")
        case .fresh, .ended: break
        }
    }

    private func send(_ queries: [PostgresQuery], commit: CommitOutcomeRule.Commit) async throws -> [PostgresRows] {
        guard state == .fresh || state == .open else { throw PostgresError(.transactionEnded, "nothing may follow") }
        if queries.isEmpty && (commit == .none || state == .fresh) {
            if commit == .explicit { state = .ended }
            return []
        }
        let begin = state == .fresh ? isolation.rawValue : nil
        state = .open
        do {
            let rows = try await pool.send(queries, begin: begin, commit: commit, on: connection)
            if commit == .explicit { state = .ended }
            return rows
        } catch {
            state = .failed
            throw error
        }
    }
}

extension PostgresPool {
    /// Runs statements as one transaction in one round trip, on a leased connection. The results, in order.
    /// - Throws: ``PostgresError``: that of the first statement that failed, and then all is rolled back;
    ///   `outcomeUnknown` where the connection was lost before the answer. On the loop.
    @discardableResult
    package func batch(_ queries: [PostgresQuery]) async throws -> [PostgresRows] {
        loop.assertInLoop()
        guard !queries.isEmpty else { return [] }
        let connection = try await lease()
        defer { release(connection) }
        do {
            return try await send(queries, begin: nil, commit: .implicit, on: connection)
        } catch {
            guard error.isStalePlan && connection.isOpen else { throw error }
            // All was rolled back, and the statement will be prepared again: the batch can be repeated.
            return try await send(queries, begin: nil, commit: .implicit, on: connection)
        }
    }

    /// Runs one statement, which may write, as a transaction by itself.
    /// - Throws: as ``batch(_:)``.
    @discardableResult
    package func execute(_ query: PostgresQuery) async throws -> PostgresRows {
        guard let rows = try await batch([query]).first else { throw PostgresError(.protocolViolation, "no answer") }
        return rows
    }

    /// Runs `body` with a transaction, and commits when it returns unless it has committed with
    /// ``PostgresTransaction/commit(with:)``; rolls back when it throws. `body` is run once: a caller that wants to retry
    /// after an error that ``PostgresError/isRetryable`` allows calls this again.
    /// - Throws: what `body` throws, ``PostgresError`` otherwise. On the loop.
    @discardableResult
    package func transaction<Value>(
        isolation: PostgresTransaction.Isolation = .readCommitted,
        _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        let connection = try await lease()
        let transaction = PostgresTransaction(connection, pool: self, isolation: isolation)
        defer {
            transaction.rollback()
            release(connection)
        }
        let value = try await body(transaction)
        try await transaction.finish()
        return value
    }

    /// Runs a read on a leased connection, for ``SlowQueryIsolation``.
    func runOnLease(_ query: PostgresQuery) async throws -> PostgresRows {
        let connection = try await lease()
        // Rolls the transaction back too.
        defer { release(connection) }
        let limit: [PostgresQuery] =
            configuration.readLimit.map { [PostgresQuery(unescaped: "SET LOCAL statement_timeout = \($0)")] } ?? []
        let rows = try await send(limit + [query], begin: "BEGIN READ ONLY", commit: .none, on: connection)
        guard let last = rows.last else { throw PostgresError(.protocolViolation, "no answer") }
        return last
    }
}
