/// Error codes that the service tells apart (PostgreSQL manual, appendix A).
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
    package static let undefinedTable = "42P01"
    package static let undefinedColumn = "42703"
    static let featureNotSupported = "0A000"
    static let invalidStatementName = "26000"

    /// Whether PostgreSQL's message in this class may repeat a value that somebody sent: data exceptions,
    /// constraint violations, what functions and views raise themselves.
    static func messageMayQuoteData(_ state: String) -> Bool {
        ["22", "23", "44", "P0"].contains { state.hasPrefix($0) }
    }
}
