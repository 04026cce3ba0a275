import EventLoop

/// A transaction on a connection of its own; see ``PostgresPool/transaction(isolation:_:)``. Not beyond its body.
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

    /// Runs statements in one round trip; the first also brings BEGIN along. The results, in order.
    /// - Throws: ``PostgresError``: the first statement's that failed, after which the transaction can only roll back.
    @discardableResult
    package func batch(_ queries: [PostgresQuery]) async throws -> [PostgresRows] {
        try await send(queries, commit: .none)
    }

    /// Runs the last statements and COMMIT in one round trip. Nothing may be sent after it.
    ///
    /// Goes on when the task is cancelled: whoever has sent a COMMIT wants to know what came of it.
    /// - Throws: ``PostgresError``; `outcomeUnknown` where the connection was lost in the meantime.
    @discardableResult
    package func commit(with queries: [PostgresQuery] = []) async throws -> [PostgresRows] {
        try await send(queries, commit: .explicit)
    }

    /// Gives it up. Returns at once: whoever leases the connection next comes after the ROLLBACK anyway.
    package func rollback() {
        if (state == .open || state == .failed) && connection.isOpen {
            connection.sendHousekeeping("ROLLBACK")
            connection.sync(for: nil)
        }
        state = .ended
    }

    /// The same, and returns once the server has given it up, or its connection is gone: its locks are free then.
    package func rolledBack() async {
        guard state == .open, connection.isOpen else { return rollback() }
        state = .ended
        // Should it fail, the connection is no longer good for anything else either.
        _ = try? await pool.send(["ROLLBACK"], begin: nil, commit: .none, on: connection)
    }

    /// The body returned: commits what it left open.
    func finish() async throws {
        switch state {
        case .open: try await commit()
        case .failed: throw PostgresError(.transactionEnded, "a statement had failed, so it was rolled back")
        case .fresh, .ended: break
        }
    }

    private func send(_ queries: [PostgresQuery], commit: CommitRule.Commit) async throws -> [PostgresRows] {
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
