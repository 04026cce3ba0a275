import EventLoop
import Formats

/// Stops attempts to a target that fails again and again, so that it costs neither time nor attempts of its deliveries.
///
/// Closed: everything is attempted. After several failures in a row it opens, and nothing is attempted for a pause. Then one
/// delivery is let through: a success closes the breaker, a failure opens it for twice the time. It opens at once where the target
/// asks for a pause.
struct TargetBreaker: Equatable {
    enum Phase: Equatable {
        case closed
        /// Until the time, in nanoseconds of the monotonic clock.
        case open(until: UInt64)
        /// One delivery is under way.
        case probing
    }

    /// Failures in a row that open it.
    static let threshold = 5
    static let firstPause: UInt64 = 1_000_000_000
    static let longestPause: UInt64 = 120_000_000_000

    private(set) var phase = Phase.closed
    private var failures = 0
    private var openings = 0

    /// How many deliveries may begin now, of `wanted`.
    func allowance(of wanted: Int, at now: UInt64) -> Int {
        switch phase {
        case .closed: wanted
        case .open(let until): now >= until ? min(1, wanted) : 0
        case .probing: 0
        }
    }

    /// The time at which a probe is allowed; nil unless it is open.
    var probesAt: UInt64? {
        if case .open(let until) = phase { until } else { nil }
    }

    /// A delivery begins.
    mutating func began() {
        if case .open = phase { phase = .probing }
    }

    /// The target has answered as it should.
    mutating func succeeded() { self = TargetBreaker() }

    /// The target did not take a delivery.
    /// - Parameters:
    ///   - random: from 0 up to but not including 1; it spreads the probes of several workers
    ///   - retryAfter: the pause that the target has asked for
    /// - Returns: whether this failure has opened it after successes
    @discardableResult
    mutating func failed(at now: UInt64, random: Double, retryAfter: Duration? = nil) -> Bool {
        failures += 1
        let wanted = min(Self.longestPause, retryAfter?.nanosecondsClamped ?? 0)
        let opens: Bool
        switch phase {
        case .closed: opens = failures >= Self.threshold || wanted > 0
        case .probing: opens = true
        // The answer to a delivery that had begun before.
        case .open: opens = false
        }
        guard opens else { return false }
        let pause = min(Self.longestPause, Self.firstPause << UInt64(min(openings, 20)))
        openings += 1
        let jittered = UInt64(Double(pause) * (0.5 + 0.5 * min(max(random, 0), 1)))
        phase = .open(until: now &+ max(jittered, wanted))
        return openings == 1
    }
}
