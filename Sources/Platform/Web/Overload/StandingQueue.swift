/// Whether a queue is a burst's or a standing one: a pure value.
///
/// A queue that empties now and then does its work, which is to smooth bursts; one that never does only makes everybody late
/// (Nichols and Jacobson, "Controlling Queue Delay", ACM Queue 2012). So in a standing one nobody waits long, and the newest goes
/// first, since its client is the likeliest to be there still (Maurer, "Fail at Scale", ACM Queue 2015: controlled delay and
/// adaptive LIFO).
///
/// It is no standing one any more when most that come need not wait. That it is empty says little then, as refusing empties it; and
/// that somebody is refused says little, too, as a moment's hitch is enough for that where nobody may wait long.
struct StandingQueue: Sendable {
    private let patience: UInt64
    private let standingPatience: UInt64
    /// When it last was empty, all being served.
    private var empty: UInt64 = 0
    private(set) var isStanding = false
    /// Since when is counted who need not wait, and who came.
    private var counted: UInt64 = 0
    private var atOnce = 0
    private var came = 0

    /// - Parameters, in nanoseconds: how long one may wait, and how long in a standing queue.
    init(patience: UInt64, standingPatience: UInt64) {
        self.patience = patience
        self.standingPatience = min(patience, standingPatience)
    }

    /// Takes in how it is at `now`, in nanoseconds of the monotonic clock.
    mutating func look(isEmpty: Bool, at now: UInt64) {
        if isStanding { return }
        if isEmpty {
            empty = now
        } else if now > empty, now - empty >= patience {
            (isStanding, counted, atOnce, came) = (true, now, 0, 0)
        }
    }

    /// Somebody came, and had to wait or not.
    mutating func came(atOnce isAtOnce: Bool, at now: UInt64) {
        guard isStanding else { return }
        came += 1
        if isAtOnce { atOnce += 1 }
        guard now > counted, now - counted >= patience / 4 else { return }
        if atOnce * 2 > came { (isStanding, empty) = (false, now) }
        (counted, atOnce, came) = (now, 0, 0)
    }

    /// How long one may have waited.
    /// - Parameter work: how long work takes at present. In a standing queue one waits at least so long, or where work takes long,
    ///   nobody would ever be there when a place becomes free (RFC 8289, CoDel, likewise never drops the last packet).
    func patience(work: UInt64) -> UInt64 {
        isStanding ? min(patience, max(standingPatience, work)) : patience
    }
}
