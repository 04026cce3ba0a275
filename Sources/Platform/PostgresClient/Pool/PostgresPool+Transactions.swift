import EventLoop

extension PostgresPool {
    /// Runs statements as one transaction in one round trip, on a connection of their own. The results, in order.
    /// - Throws: ``PostgresError``: the first statement's that failed, and then all is rolled back;
    ///   `outcomeUnknown` where the connection was lost before the answer. On the loop.
    @discardableResult
    package func batch(_ queries: [PostgresQuery]) async throws -> [PostgresRows] {
        loop.assertInLoop()
        guard !queries.isEmpty else { return [] }
        let connection = try await lease()
        defer { giveBack(connection) }
        do {
            return try await send(queries, begin: nil, commit: .implicit, on: connection)
        } catch {
            guard error.isStalePlan && connection.isOpen else { throw error }
            // All was rolled back, and the statement is prepared anew: nothing keeps it from being sent again.
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

    /// Runs `body` with a transaction, and commits when it returns unless it has done so itself with
    /// ``PostgresTransaction/commit(with:)``; rolls back when it throws. `body` is run once: who wants to try
    /// again after an error that ``PostgresError/isRetryable`` calls this again.
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
            giveBack(connection)
        }
        let value = try await body(transaction)
        try await transaction.finish()
        return value
    }

    /// Sends statements and a Sync on a leased connection and waits for their answers.
    func send(
        _ queries: [PostgresQuery], begin: String?, commit: CommitRule.Commit, on connection: PostgresConnection
    ) async throws(PostgresError) -> [PostgresRows] {
        loop.assertInLoop()
        guard !queries.contains(where: \.isInvalid) else {
            throw PostgresError(.invalidParameter, "a parameter that PostgreSQL cannot hold")
        }
        guard connection.isOpen else { throw PostgresError(.connectionUnavailable, "the connection was lost") }
        let now = loop.now
        let until = min(now.adding(queryTimeout), Deadline.current?.instant ?? .max)
        guard until > now else { throw PostgresError(.timedOut, "the deadline had passed") }
        let pending = PendingBatch(count: queries.count, commit: commit, until: until) { [self] in
            drop(connection, $0)
        }
        if let begin { connection.sendCommand(begin, index: PendingBatch.begin, for: pending) }
        for (index, query) in queries.enumerated() { connection.send(query, index: index, for: pending) }
        if commit == .explicit { connection.sendCommand("COMMIT", index: queries.count, for: pending) }
        connection.sync(for: pending)
        arm(until)
        armForSilence()
        let result: Result<[PostgresRows], PostgresError>
        if commit == .none {
            result = await withTaskCancellationHandler {
                await withUnsafeContinuation { pending.wait($0) }
            } onCancel: { [loop] in
                loop.execute { pending.stop(PostgresError(.cancelled)) }
            }
        } else {
            // Whoever has sent a commit wants to know what came of it; its deadline holds.
            result = await withUnsafeContinuation { pending.wait($0) }
        }
        return try result.get()
    }
}
