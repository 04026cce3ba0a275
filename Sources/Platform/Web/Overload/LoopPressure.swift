/// Whether a loop has more to do than time to do it: a pure value.
///
/// Whatever is ready is taken in one turn, so under load turns grow, and everything on the loop waits for as long as a turn. The
/// rule is that of CoDel (RFC 8289 §3): one long turn may have any reason, such as a neighbour on the CPU; when all of the last
/// interval were too long, what comes late in one is not taken on. That holds turns near the target, and costs no clock.
struct LoopPressure: Sendable {
    private static let interval: UInt64 = 100_000_000

    private let target: UInt64
    private var turn: UInt64 = 0
    /// How late in its turn the last one came.
    private var latest: UInt64 = 0
    /// Since when all turns have been too long; 0 while they are not.
    private var longSince: UInt64 = 0

    /// - Parameter target: how long a turn may be, in nanoseconds
    init(target: UInt64) { self.target = target }

    /// Whether work that comes up at `now`, in a turn that began at `turn`, is too much; in nanoseconds.
    mutating func isTooMuch(at now: UInt64, turn: UInt64) -> Bool {
        if turn != self.turn {
            if latest <= target { longSince = 0 } else if longSince == 0 { longSince = turn }
            // Turns without any work were short, or there would have been some late in them.
            if turn &- self.turn > latest + Self.interval { longSince = 0 }
            self.turn = turn
            latest = 0
        }
        latest = now > turn ? now - turn : 0
        return latest > target && longSince != 0 && turn &- longSince >= Self.interval
    }
}
