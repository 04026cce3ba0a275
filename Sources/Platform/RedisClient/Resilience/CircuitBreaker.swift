import EventLoop

/// Decides whether commands are sent to Redis. A value: time and randomness come with each call.
///
/// - closed: commands go out. Failures in a row, or one failed attempt to connect, open it.
/// - open: commands fail at once, for a random pause from a range that doubles with each pause.
/// - half-open: the pause is over, and one attempt to connect is under way; commands still fail at once.
///
/// After a successful attempt it is closed on probation: the next failure opens it again, for longer; the first success of a
/// command resets it.
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
    private let failureWindow, firstPause, maxPause, minPause: UInt64

    init(_ settings: CircuitBreakerSettings) {
        threshold = max(1, settings.failureThreshold)
        failureWindow = settings.failureWindow.nanosecondsClamped
        minPause = settings.minPause.nanosecondsClamped
        firstPause = max(minPause, settings.firstPause.nanosecondsClamped)
        maxPause = max(firstPause, settings.maxPause.nanosecondsClamped)
    }

    /// Whether a command may go out, or wait for a connection that is being opened.
    var admits: Bool { state == .closed }

    /// The state without its time.
    var phase: BreakerPhase {
        switch state {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        }
    }

    /// A command had its reply in time.
    mutating func succeeded() {
        guard state == .closed, failures | pauses != 0 else { return }
        failures = 0
        pauses = 0
    }

    /// A command was late or a connection was lost, at `now` in nanoseconds of the monotonic clock.
    mutating func failed(at now: UInt64, using random: inout some RandomNumberGenerator) {
        guard state == .closed else { return trip(at: now, using: &random) }
        if now &- lastFailure > failureWindow || now < lastFailure {
            failures = 0
            pauses = 0
        }
        lastFailure = now
        failures += 1
        if failures >= threshold { trip(at: now, using: &random) }
    }

    /// Opens at once, as the attempt to connect failed. Without effect on a breaker that is open already.
    mutating func trip(at now: UInt64, using random: inout some RandomNumberGenerator) {
        if case .open = state { return }
        lastFailure = now
        failures = 0
        let (until, overflow) = now.addingReportingOverflow(.random(in: minPause...maxNextPause, using: &random))
        pauses = min(pauses + 1, 63)
        state = .open(until: overflow ? .max : until)
    }

    /// Begins the attempt to connect once the pause is over; false during the pause, and while an attempt is under way.
    mutating func beginAttempt(at now: UInt64) -> Bool {
        guard case .open(let until) = state, now >= until else { return false }
        state = .halfOpen
        return true
    }

    /// The attempt succeeded: closed, on probation.
    mutating func attemptSucceeded(at now: UInt64) {
        guard state == .halfOpen else { return }
        state = .closed
        lastFailure = now
        failures = threshold - 1
    }

    /// The upper bound of the next pause.
    var maxNextPause: UInt64 {
        let (doubled, overflow) = firstPause.multipliedReportingOverflow(by: 1 << UInt64(min(pauses, 62)))
        return overflow ? maxPause : min(maxPause, doubled)
    }
}

/// The state of a circuit breaker, as health checks and metrics name it.
package enum BreakerPhase: String, CaseIterable, Sendable {
    /// Commands go out.
    case closed
    /// Commands fail at once, until a pause is over.
    case open
    /// One attempt is under way; commands still fail at once.
    case halfOpen = "half_open"
}

/// When the ``CircuitBreaker`` opens, and for how long.
package struct CircuitBreakerSettings: Equatable, Sendable {
    /// How many failures in a row open the breaker; at least 1.
    package var failureThreshold = 3
    /// Failures further apart than this are not in a row.
    package var failureWindow: Duration = .seconds(10)
    /// The upper bound of the first pause; each further pause in a row doubles it. A pause is random between ``minPause``
    /// and its bound (full jitter), so that the processes of a fleet do not return at once.
    package var firstPause: Duration = .milliseconds(100)
    /// The upper bound of every pause: below a second, so that a server is used within a second of its return.
    package var maxPause: Duration = .milliseconds(750)
    /// The lower bound of every pause.
    package var minPause: Duration = .milliseconds(10)

    package init() {}
}
