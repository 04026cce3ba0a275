/// What went wrong with a statement, a connection or the pool.
///
/// Its description is fit for a log: it holds no parameter, no row, no password. PostgreSQL's own message is
/// kept only where it cannot quote data (see ``message``). Clients of the service never see any of it.
package struct PostgresError: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        /// No connection could be had, or it broke before the statement had an effect.
        case connectionUnavailable
        /// All connections stayed leased until the acquire timeout, or too many were waiting already.
        case poolExhausted
        /// The deadline passed, or PostgreSQL's statement_timeout or lock_timeout did.
        case timedOut
        /// The task that asked was cancelled.
        case cancelled
        /// PostgreSQL refused: ``sqlState`` and ``constraint`` say why.
        case server
        /// The connection broke while a COMMIT was on its way: only the data can tell whether it happened.
        case outcomeUnknown
        /// A column does not hold what the caller expects.
        case decoding
        /// The server or libpq answered what the protocol does not allow here.
        case protocolViolation
        /// A parameter that PostgreSQL cannot hold, such as text with a NUL character.
        case invalidParameter
        /// A statement after the transaction's end, or a commit of a transaction that had failed.
        case transactionEnded
        /// The connection string or a limit is wrong.
        case invalidConfiguration
        /// The pool or connection was closed.
        case closed
    }

    package let code: Code
    /// The five characters of the error (PostgreSQL manual, appendix A).
    package var sqlState: String?
    /// The name of the violated constraint, where the error is about one.
    package var constraint: String?
    package var table: String?
    package var column: String?
    /// Free of data: our own words, or PostgreSQL's primary message in classes that never quote values.
    package var message: String?

    package init(
        _ code: Code, _ message: String? = nil, sqlState: String? = nil, constraint: String? = nil,
        table: String? = nil, column: String? = nil
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.constraint = constraint
        self.table = table
        self.column = column
    }

    /// Whether the same transaction may well succeed when it is run anew: serialization failure, deadlock, or
    /// a plan that went stale under a migration.
    package var isRetryable: Bool {
        sqlState == SQLState.serializationFailure || sqlState == SQLState.deadlockDetected || isStalePlan
    }

    /// A prepared statement that the server no longer has, or whose result type a migration changed.
    var isStalePlan = false
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        var text = "postgres: \(code.rawValue)"
        if let sqlState { text += " \(sqlState)" }
        if let constraint { text += " constraint=\(constraint)" }
        if let table { text += " table=\(table)" }
        if let column { text += " column=\(column)" }
        if let message { text += ": \(message)" }
        return text
    }
}
