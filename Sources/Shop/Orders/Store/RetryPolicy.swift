import PostgresClient

/// Which failed transactions are run again, and how often.
struct RetryPolicy: Sendable {
    /// Runs after the first.
    let retries: Int

    /// For transactions that are safe to repeat because a key tells whether they took effect.
    static let transaction = RetryPolicy(retries: 3)

    /// Whether the transaction may be run once more.
    ///
    /// After a serialization failure or deadlock nothing happened. A connection lost during COMMIT leaves the
    /// outcome unknown; the next run finds it out, since the order's key was committed with it or not at all. The
    /// same holds for a number that was taken by chance, and for a key that was committed between looking and
    /// writing: both come as a violated unique constraint.
    func allows(_ error: any Error, run: Int) -> Bool {
        guard run < retries, let error = error as? PostgresError else { return false }
        if error.isRetryable || error.code == .outcomeUnknown { return true }
        return error.sqlState == SQLState.uniqueViolation
            && (error.constraint == "orders_number_key" || error.constraint == "idempotency_pkey")
    }

    /// Whether somebody else was faster: who lost a race that another has won is no burden on a server in trouble.
    static func isRace(_ error: any Error) -> Bool { (error as? PostgresError)?.sqlState == SQLState.uniqueViolation }

    /// Runs `body` until it succeeds or may not be run again.
    /// - Parameter mayRetry: whether what failed for the server's trouble may be run again, after so many times
    func run<Value>(mayRetry: (Int) async -> Bool = { _ in true }, _ body: () async throws -> Value) async throws -> Value {
        var run = 0
        while true {
            do { return try await body() } catch  where allows(error, run: run) {
                if !Self.isRace(error), await !mayRetry(run) { throw error }
                run += 1
            }
        }
    }
}
