/// A caller who waits for a connection of their own.
// Unchecked: confined to its loop; cancellation from elsewhere is handed to the loop.
final class PendingLease: @unchecked Sendable {
    private var result: Result<PostgresConnection, PostgresError>?
    private var continuation: UnsafeContinuation<Result<PostgresConnection, PostgresError>, Never>?

    var isEnded: Bool { result != nil }

    func wait(_ continuation: UnsafeContinuation<Result<PostgresConnection, PostgresError>, Never>) {
        if let result { continuation.resume(returning: result) } else { self.continuation = continuation }
    }

    func end(_ result: Result<PostgresConnection, PostgresError>) {
        guard self.result == nil else { return }
        self.result = result
        // Safe: the waiting task runs on this same loop.
        nonisolated(unsafe) let sent = result
        continuation?.resume(returning: sent)
        continuation = nil
    }
}
