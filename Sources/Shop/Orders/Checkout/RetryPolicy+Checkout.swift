import PostgresClient

extension RetryPolicy {
    /// What happens to an order whose transaction has failed.
    enum Decision: Equatable {
        /// Run it again.
        case retry
        /// Run it again: other orders took stock that it had seen.
        case raced
        /// Run it without the others of its batch.
        case isolate
        /// Find out which lock is held, and run it again where it delays no other order.
        case waitForLock
        case fail
    }

    /// - Parameters:
    ///   - retries: how often the order was run again already
    ///   - lane: the lane in which it was run
    func decide(_ error: any Error, retries: Int, in lane: CheckoutLane) -> Decision {
        // Each time another order was placed, so this ends when the stock does.
        if (error as? PostgresError)?.constraint == "stock_never_oversold" { return .raced }
        if allows(error, run: retries) { return .retry }
        if lane != .waitingForLock, retries < self.retries, Self.isLockTimeout(error) { return .waitForLock }
        return lane == .batched && Self.mayBeOneOfMany(error) ? .isolate : .fail
    }

    /// Whether one order of a batch may be the cause of an error, so that the others should run without it: the server or a
    /// decoder has rejected a value.
    static func mayBeOneOfMany(_ error: any Error) -> Bool {
        guard let error = error as? PostgresError else { return true }
        switch error.code {
        case .decoding, .invalidParameter, .protocolViolation: return true
        // Data exceptions, violated constraints, limits of the program's own (PostgreSQL manual, appendix A).
        case .server: return ["22", "23", "54", "P0"].contains { error.sqlState?.hasPrefix($0) == true }
        default: return false
        }
    }
}
