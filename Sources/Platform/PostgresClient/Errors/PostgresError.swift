import CLibPQ

/// An error of a statement, a connection or the pool.
///
/// Its description may be logged: it holds no parameter, no row, no password. PostgreSQL's own message is kept only where it
/// cannot quote data (see ``message``). Clients of the service never see it.
package struct PostgresError: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        /// There was no connection, or it broke before the statement had an effect.
        case connectionUnavailable
        /// All connections stayed leased until the acquire timeout, or too many were waiting already.
        case poolExhausted
        /// The deadline passed, or PostgreSQL's statement_timeout or lock_timeout did.
        case timedOut
        /// The calling task was cancelled.
        case cancelled
        /// PostgreSQL refused: ``sqlState`` and ``constraint`` say why.
        case server
        /// The connection broke during a COMMIT: only the data can show whether it happened.
        case outcomeUnknown
        /// A column has another type than the caller expects.
        case decoding
        /// The server or libpq answered against the protocol.
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

    /// Whether the same transaction is likely to succeed when it is run again: serialization failure, deadlock, or
    /// a plan that a migration has made stale.
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

extension PostgresError {
    /// From a result with status PGRES_FATAL_ERROR.
    init(result: OpaquePointer) {
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue, let text = PQresultErrorField(result, Int32(ascii)) else { return nil }
            return String(cString: text)
        }
        guard let state = field("C") else {
            // An error of libpq itself, which always means that the connection is gone.
            self.init(.connectionUnavailable, "connection lost")
            return
        }
        let code: Code =
            switch state {
            case SQLState.queryCanceled, SQLState.lockNotAvailable: .timedOut
            default: PostgresError.endsSession(state) ? .connectionUnavailable : .server
            }
        self.init(
            code, SQLState.messageMayQuoteData(state) ? nil : field("M"), sqlState: state,
            constraint: field("n"), table: field("t"), column: field("c"))
        // By the function's name, as 0A000 has many other causes.
        isStalePlan =
            state == SQLState.invalidStatementName
            || (state == SQLState.featureNotSupported && field("R") == "RevalidateCachedQuery")
    }

    /// Class 08 and the codes with which PostgreSQL ends a session: shutdown, crash, idle timeout.
    static func endsSession(_ state: String) -> Bool {
        state.hasPrefix("08") || state.hasPrefix("57P") || state == "25P03" || state == "53300"
    }
}

/// Error codes that callers distinguish (PostgreSQL manual, appendix A).
package enum SQLState {
    package static let uniqueViolation = "23505"
    package static let foreignKeyViolation = "23503"
    package static let notNullViolation = "23502"
    package static let checkViolation = "23514"
    package static let exclusionViolation = "23P01"
    package static let serializationFailure = "40001"
    package static let deadlockDetected = "40P01"
    package static let lockNotAvailable = "55P03"
    package static let queryCanceled = "57014"
    package static let adminShutdown = "57P01"
    package static let cannotConnectNow = "57P03"
    package static let readOnlyTransaction = "25006"
    package static let insufficientPrivilege = "42501"
    package static let undefinedTable = "42P01"
    package static let undefinedColumn = "42703"
    static let featureNotSupported = "0A000"
    static let invalidStatementName = "26000"

    /// Whether PostgreSQL's message in this class may quote a value: data exceptions, constraint violations, and errors that
    /// functions and views raise themselves.
    static func messageMayQuoteData(_ state: String) -> Bool {
        ["22", "23", "44", "P0"].contains { state.hasPrefix($0) }
    }
}
