import PostgresClient

/// What becomes of orders whose transaction failed.
extension RetryPolicy {
    /// What is to be done about an order whose transaction failed.
    enum Decision: Equatable {
        /// Run it once more.
        case again
        /// The same: others took what it had seen.
        case raced
        /// Run it without its neighbours.
        case alone
        /// Somebody holds stock that is needed: run it once that is known to be free, or where it makes nobody wait.
        case held
        case fail
    }

    /// - Parameters:
    ///   - runs: how often it was run again already
    ///   - lane: where it was run
    func decide(_ error: any Error, runs: Int, in lane: CheckoutLane) -> Decision {
        // Each time somebody else has sold some, so that this comes to an end when there is none.
        if (error as? PostgresError)?.constraint == "stock_never_oversold" { return .raced }
        if allows(error, run: runs) { return .again }
        if lane != .patient, runs < retries, Self.isHeld(error) { return .held }
        return lane == .together && Self.mayBeOneOfMany(error) ? .alone : .fail
    }

    /// Whether a lock did not come free in time.
    static func isHeld(_ error: any Error) -> Bool { (error as? PostgresError)?.sqlState == SQLState.lockNotAvailable }

    /// Whether one of several orders whose transaction failed may be why, so that the others ought to be tried without it:
    /// the server or a decoder took offence at a value.
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
