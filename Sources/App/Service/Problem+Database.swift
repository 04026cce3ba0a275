import EventLoop
import PostgresClient
import Web

extension Problem {
    /// The problem for an error of a client below; nil for an unexpected error.
    static func of(_ error: any Error) -> Problem? {
        if error is DeadlineExceededError { return .unavailable(retryAfter: 1).caused(by: error) }
        guard let error = error as? PostgresError else { return nil }
        switch error.code {
        case .connectionUnavailable, .poolExhausted, .timedOut, .closed, .outcomeUnknown, .cancelled:
            return .unavailable(retryAfter: 1).caused(by: error)
        // A table or column is missing: the migration that this release needs has not run, as /health reports too.
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
