/// How long a loop waits for what another, here or in another task, is reading from PostgreSQL already: a pure value.
///
/// Whoever misses something in Redis claims it there for a moment (SET NX PX); the others look again now and then, soon at first,
/// since a read takes milliseconds. No longer than the claim lasts: who has it may have died.
struct FleetWait {
    /// How long a claim lasts.
    static let claim = Duration.milliseconds(250)
    private static let first = Duration.milliseconds(4)

    private var next = FleetWait.first
    private(set) var total = Duration.zero

    /// The next pause; nil where it has been waited for long enough.
    /// - Parameter chance: from 0 to 1, so that those who wait do not all look at once
    mutating func pause(chance: Double) -> Duration? {
        guard total < Self.claim else { return nil }
        let pause = min(next * (0.75 + min(max(0, chance), 1) / 2), Self.claim - total)
        next = next * 2
        total += pause
        return pause
    }
}
