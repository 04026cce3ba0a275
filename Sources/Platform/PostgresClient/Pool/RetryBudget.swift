/// How much may be sent once more: a tenth of what is sent first, so that a server in trouble is not asked twice as much as one
/// that is well (Brooker, "Timeouts, retries, and backoff with jitter", Amazon Builders' Library).
///
/// A token bucket. What was saved up in good times covers what all fails at once when connections are cut; beyond that whoever
/// asked is told to come again. A value: time comes in as nanoseconds.
struct RetryBudget: Equatable, Sendable {
    /// What one retry costs, in the units that are saved.
    static let cost: UInt64 = 1_000
    /// What one first attempt saves.
    static let share: UInt64 = 100
    /// Retries that can be saved up.
    static let most: UInt64 = 100
    /// Retries a second that quiet times allow too, where a tenth is next to nothing.
    static let floor: UInt64 = 2

    private var saved: UInt64 = 50 * Self.cost
    private var lastFloor: UInt64 = 0

    /// Something was sent for the first time.
    mutating func attempted() { saved = min(saved &+ Self.share, Self.most * Self.cost) }

    /// Whether something may be sent again; then it counts.
    mutating func spend(now: UInt64) -> Bool {
        if now > lastFloor {
            // A minute is more than fills it.
            let waited = lastFloor == 0 ? 0 : min(now - lastFloor, 60_000_000_000)
            saved = min(saved &+ waited / 1_000_000 * Self.floor * Self.cost / 1_000, Self.most * Self.cost)
            lastFloor = now
        }
        guard saved >= Self.cost else { return false }
        saved -= Self.cost
        return true
    }
}
