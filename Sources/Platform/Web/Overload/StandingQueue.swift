/// Whether a queue absorbs bursts or never empties: a pure value.
///
/// A queue that empties now and then absorbs bursts. A standing queue never empties, and only makes every request late (Nichols and
/// Jacobson, "Controlling Queue Delay", ACM Queue 2012). In a standing queue requests therefore do not wait long, and the newest goes
/// first, as its client is the least likely to have left (Maurer, "Fail at Scale", ACM Queue 2015: controlled delay and adaptive
/// LIFO).
///
/// A queue is no longer standing when most requests need not wait. That it is empty proves little, as refusals empty it. Nor does a
/// refusal prove that it still stands, as with a short timeout a moment's delay is enough for one.
struct StandingQueue: Sendable {
    private let timeout: UInt64
    private let standingTimeout: UInt64
    /// When the queue was last empty, without refusals.
    private var empty: UInt64 = 0
    private(set) var isStanding = false
    /// The start of the counts below.
    private var counted: UInt64 = 0
    private var admitted = 0
    private var arrived = 0

    /// - Parameters:
    ///   - timeout: how long a request may wait, in nanoseconds
    ///   - standingTimeout: the same in a standing queue
    init(timeout: UInt64, standingTimeout: UInt64) {
        self.timeout = timeout
        self.standingTimeout = min(timeout, standingTimeout)
    }

    /// Records the state at `now`, in nanoseconds of the monotonic clock.
    mutating func update(isEmpty: Bool, at now: UInt64) {
        if isStanding { return }
        if isEmpty {
            empty = now
        } else if now > empty, now - empty >= timeout {
            (isStanding, counted, admitted, arrived) = (true, now, 0, 0)
        }
    }

    /// A request has arrived, and is admitted or has to wait.
    mutating func arrived(waits: Bool, at now: UInt64) {
        guard isStanding else { return }
        arrived += 1
        if !waits { admitted += 1 }
        guard now > counted, now - counted >= timeout / 4 else { return }
        if admitted * 2 > arrived { (isStanding, empty) = (false, now) }
        (counted, admitted, arrived) = (now, 0, 0)
    }

    /// How long a request may wait at present.
    /// - Parameter work: how long work takes at present. Requests in a standing queue wait at least that long. With slow work none
    ///   would otherwise be left when a place becomes free (CoDel, RFC 8289, likewise never drops the last packet).
    func timeout(work: UInt64) -> UInt64 {
        isStanding ? min(timeout, max(standingTimeout, work)) : timeout
    }
}

/// Whether a loop lags behind: a pure value.
///
/// A loop handles all ready events in one turn, so turns grow under load, and everything on the loop waits for a turn. The rule is
/// that of CoDel (RFC 8289 §3): one long turn may have any reason, such as another process on the CPU. When all turns of the last
/// interval were too long, work that begins late in a turn is refused. This keeps turns near the target, and needs no clock.
struct LoopPressure: Sendable {
    private static let interval: UInt64 = 100_000_000

    private let target: UInt64
    private var turn: UInt64 = 0
    /// How late in its turn the last work began.
    private var latest: UInt64 = 0
    /// The start of the first of the turns that were all too long; 0 without such turns.
    private var longSince: UInt64 = 0

    /// - Parameter target: how long a turn may be, in nanoseconds
    init(target: UInt64) { self.target = target }

    /// Whether to refuse work that would begin at `now` in a turn that began at `turn`; in nanoseconds.
    mutating func isTooMuch(at now: UInt64, turn: UInt64) -> Bool {
        if turn != self.turn {
            if latest <= target { longSince = 0 } else if longSince == 0 { longSince = turn }
            // Turns without work were short: in long ones some would have begun late.
            if turn &- self.turn > latest + Self.interval { longSince = 0 }
            self.turn = turn
            latest = 0
        }
        latest = now > turn ? now - turn : 0
        return latest > target && longSince != 0 && turn &- longSince >= Self.interval
    }
}
