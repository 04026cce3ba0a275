import EventLoop

/// One timer for all deadlines of a pool. A statement that is answered in time, as nearly all are, sets none.
///
/// Confined to its loop.
final class DeadlineTimer {
    private let loop: EventLoop
    /// How long an answer may take before the pool looks at its connections, in nanoseconds.
    private let answerTime: UInt64
    private var timer: LoopTimer?
    private var due = UInt64.max
    /// Runs when a deadline has come.
    var fire: () -> Void = {}

    init(loop: EventLoop, answerTime: UInt64) {
        self.loop = loop
        self.answerTime = answerTime
    }

    /// Makes sure that the timer fires at `instant` at the latest.
    func arm(_ instant: UInt64) {
        // Never in this turn, whose clock stands still: a timer that is due at once would not let the turn end.
        let instant = max(instant, loop.now &+ 1_000_000)
        guard instant < due else { return }
        due = instant
        timer?.cancel()
        timer = loop.schedule(at: instant) { [weak self] in
            guard let self else { return }
            due = .max
            timer = nil
            fire()
        }
    }

    /// A statement was sent: the timer fires if its answer takes long.
    func armForAnswer() {
        let instant = loop.now.adding(answerTime)
        if instant < due { arm(instant) }
    }

    /// Ends the timer for good.
    func cancel() { timer?.cancel() }
}
