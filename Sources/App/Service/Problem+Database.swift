import EventLoop
import Formats
import PostgresClient
import Web

extension Problem {
    /// What a client is told of an error from below; nil for one that nobody foresaw.
    static func of(_ error: any Error) -> Problem? {
        if let faults = error as? FieldErrors {
            return .invalid(faults.faults.map { InputError(.pointer($0.pointer), $0.detail) })
        }
        if error is DeadlineExceededError { return .unavailable(retryAfter: 1).caused(by: error) }
        guard let error = error as? PostgresError else { return nil }
        switch error.code {
        case .connectionUnavailable, .poolExhausted, .timedOut, .closed, .outcomeUnknown, .cancelled:
            return .unavailable(retryAfter: 1).caused(by: error)
        // A table or column that is not there: the migration that this release waits for has not run, as /health tells too.
        case .server where error.sqlState == SQLState.undefinedTable || error.sqlState == SQLState.undefinedColumn:
            return .unavailable(retryAfter: 5).caused(by: error)
        case .server where error.isRetryable || error.sqlState?.hasPrefix("53") == true || error.sqlState == "25006":
            return .unavailable(retryAfter: 1).caused(by: error)
        case .invalidParameter:
            return .badRequest("bad_request", "A text holds a character that cannot be stored.").caused(by: error)
        default:
            return nil
        }
    }
}
