import EventLoop

/// Whether Redis is asked at all. A value: the clock and the chance come with each call.
///
/// - closed: it is asked. Failures in a row, or one connection that cannot be made, open it.
/// - open: it is not asked, for a pause that is drawn anew each time, from a range that doubles.
/// - half-open: the pause is over, one attempt is under way, nobody else waits for it.
///
/// After an attempt that went well it is closed on probation: the next failure opens it again, for longer;
/// the first success that a caller sees forgets the past.
struct CircuitBreaker: Sendable {
    enum State: Equatable, Sendable {
        case closed
        case open(until: UInt64)
        case halfOpen
    }

    private(set) var state = State.closed
    /// Failures in a row while closed.
    private(set) var failures = 0
    /// Pauses in a row without a success between them.
    private(set) var pauses = 0
    private var lastFailure: UInt64 = 0
    private let threshold: Int
    private let memory, first, longest, shortest: UInt64

    init(_ settings: BreakerSettings) {
        threshold = max(1, settings.threshold)
        memory = settings.memory.nanosecondsClamped
        shortest = settings.shortest.nanosecondsClamped
        first = max(shortest, settings.first.nanosecondsClamped)
        longest = max(first, settings.longest.nanosecondsClamped)
    }

    /// Whether a command may go out, or wait for a connection that is being made.
    var admits: Bool { state == .closed }

    /// The state without its time.
    var phase: BreakerPhase {
        switch state {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        }
    }

    /// A caller had its answer in time.
    mutating func succeeded() {
        guard state == .closed, failures | pauses != 0 else { return }
        failures = 0
        pauses = 0
    }

    /// A command was late or a connection was lost, at `now` in nanoseconds of the monotonic clock.
    mutating func failed(at now: UInt64, using chance: inout some RandomNumberGenerator) {
        guard state == .closed else { return trip(at: now, using: &chance) }
        if now &- lastFailure > memory || now < lastFailure {
            failures = 0
            pauses = 0
        }
        lastFailure = now
        failures += 1
        if failures >= threshold { trip(at: now, using: &chance) }
    }

    /// Opens at once: no connection can be made. Without effect on a breaker that is open already.
    mutating func trip(at now: UInt64, using chance: inout some RandomNumberGenerator) {
        if case .open = state { return }
        lastFailure = now
        failures = 0
        let (until, overflow) = now.addingReportingOverflow(.random(in: shortest...ceiling, using: &chance))
        pauses = min(pauses + 1, 63)
        state = .open(until: overflow ? .max : until)
    }

    /// Begins the one attempt once the pause is over; false while it lasts, and for everyone else.
    mutating func beginAttempt(at now: UInt64) -> Bool {
        guard case .open(let until) = state, now >= until else { return false }
        state = .halfOpen
        return true
    }

    /// The attempt went well: closed, on probation.
    mutating func attemptSucceeded(at now: UInt64) {
        guard state == .halfOpen else { return }
        state = .closed
        lastFailure = now
        failures = threshold - 1
    }

    /// The most the next pause may last.
    var ceiling: UInt64 {
        let (doubled, overflow) = first.multipliedReportingOverflow(by: 1 << UInt64(min(pauses, 62)))
        return overflow ? longest : min(longest, doubled)
    }
}
