import EventLoop
import PostgresClient
import Web

extension Problem {
    /// The response to an error of the database or to a deadline; nil for an unexpected error, which is a 500.
    static func of(_ error: any Error) -> Problem? {
        if error is DeadlineExceededError { return .unavailable(retryAfter: 1).caused(by: error) }
        guard let error = error as? PostgresError else { return nil }
        switch error.code {
        case .connectionUnavailable, .poolExhausted, .timedOut, .closed, .outcomeUnknown, .cancelled:
            return .unavailable(retryAfter: 1).caused(by: error)
        // A missing table or column: the migration that this release needs has not run yet, which /health reports too.
        case .server where error.sqlState == SQLState.undefinedTable || error.sqlState == SQLState.undefinedColumn:
            return .unavailable(retryAfter: 5).caused(by: error)
        case .server where error.isRetryable || error.sqlState?.hasPrefix("53") == true || error.sqlState == "25006":
            return .unavailable(retryAfter: 1).caused(by: error)
        case .invalidParameter:
            return Problem(.badRequest, "A text holds a character that cannot be stored.").caused(by: error)
        default:
            return nil
        }
    }
}
