/// Whether a queue is a burst's or a standing one: a pure value.
///
/// A queue that empties now and then does its work, which is to smooth bursts; one that never does only makes everybody late
/// (Nichols and Jacobson, "Controlling Queue Delay", ACM Queue 2012). So in a standing one nobody waits long, and the newest goes
/// first, since its client is the likeliest to be there still (Maurer, "Fail at Scale", ACM Queue 2015: controlled delay and
/// adaptive LIFO).
struct StandingQueue: Sendable {
    private let patience: UInt64
    private let standingPatience: UInt64
    /// When it last was empty.
    private var empty: UInt64 = 0

    /// - Parameters, in nanoseconds: how long one may wait, and how long in a standing queue.
    init(patience: UInt64, standingPatience: UInt64) {
        self.patience = patience
        self.standingPatience = min(patience, standingPatience)
    }

    /// It is empty at `now`, in nanoseconds of the monotonic clock.
    mutating func isEmpty(at now: UInt64) { empty = now }

    func isStanding(at now: UInt64) -> Bool { now > empty && now - empty >= patience }

    /// How long one may have waited by `now`.
    /// - Parameter work: how long work takes at present. In a standing queue one waits at least so long, or where work takes long,
    ///   nobody would ever be there when a place becomes free (RFC 8289, CoDel, likewise never drops the last packet).
    func patience(at now: UInt64, work: UInt64) -> UInt64 {
        isStanding(at: now) ? min(patience, max(standingPatience, work)) : patience
    }
}
