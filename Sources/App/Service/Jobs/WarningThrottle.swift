/// Limits a warning about a lasting problem to one log line a minute.
struct WarningThrottle {
    private static let interval: UInt64 = 60_000_000_000
    private var last: UInt64?

    /// Whether the warning may be logged; if so, it counts as logged.
    /// - Parameter now: The time in nanoseconds of the monotonic clock.
    mutating func allows(at now: UInt64) -> Bool {
        if let last, now &- last < Self.interval { return false }
        last = now
        return true
    }

    /// The problem is over: the next one is logged at once.
    mutating func reset() { last = nil }
}
