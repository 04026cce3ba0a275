import PostgresClient

/// Which failed transactions are run again, and how often.
package struct RetryPolicy: Sendable {
    /// Runs after the first.
    let retries: Int

    /// For transactions that are safe to repeat, because a key shows whether they were committed.
    package static let transaction = RetryPolicy(retries: 3)

    /// Whether the transaction may be run once more.
    ///
    /// After a serialization failure or a deadlock nothing was changed. A connection lost during COMMIT leaves the outcome
    /// unknown; the next run finds it, since the order's key is committed with the order or not at all. An order number that
    /// was taken already, and a key that was committed between reading and writing, are violated unique constraints: they go
    /// away with the next run, too.
    func allows(_ error: any Error, run: Int) -> Bool {
        guard run < retries, let error = error as? PostgresError else { return false }
        if error.isRetryable || error.code == .outcomeUnknown { return true }
        return error.sqlState == SQLState.uniqueViolation
            && (error.constraint == "orders_number_key" || error.constraint == "idempotency_pkey")
    }

    /// Whether the transaction lost a race against another one. Such an error is no sign of an overloaded server.
    static func isRace(_ error: any Error) -> Bool { (error as? PostgresError)?.sqlState == SQLState.uniqueViolation }

    /// Whether the transaction did not get a lock in time.
    static func isLockTimeout(_ error: any Error) -> Bool {
        (error as? PostgresError)?.sqlState == SQLState.lockNotAvailable
    }

    /// Runs `body` until it succeeds or may not be run again.
    /// - Parameter mayRetry: whether the load of the database allows another run, given the number of runs so far
    package func run<Value>(mayRetry: (Int) async -> Bool = { _ in true }, _ body: () async throws -> Value) async throws -> Value
    {
        var run = 0
        while true {
            do { return try await body() } catch  where allows(error, run: run) {
                if !Self.isRace(error), await !mayRetry(run) { throw error }
                run += 1
            }
        }
    }
}
