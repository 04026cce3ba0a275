import EventLoop

/// When the keys of an issuer are fetched: before they get too old, and for a token that names an unknown one, but no more often than
/// the interval allows. A pure rule; times are nanoseconds of the monotonic clock.
package struct KeyRefreshSchedule: Sendable, Equatable {
    private let interval: UInt64
    private let lifetime: UInt64
    private var attempted: UInt64?
    private var failures = 0
    private var hasKeys = false
    /// When the next attempt is due by itself.
    package private(set) var due: UInt64 = 0

    /// The first wait after a failure while there are no keys; it doubles with each one, up to the interval.
    static let firstWait: UInt64 = 1_000_000_000

    package init(interval: Duration, lifetime: Duration) {
        self.interval = interval.nanosecondsClamped
        self.lifetime = max(lifetime, interval).nanosecondsClamped
    }

    /// Whether a token may cause an attempt.
    package func allowsAttempt(at now: UInt64) -> Bool {
        guard let attempted else { return true }
        return now >= attempted.adding(wait)
    }

    /// The least time from an attempt to the next one.
    private var wait: UInt64 {
        guard !hasKeys, failures > 0 else { return interval }
        let (wait, overflow) = Self.firstWait.multipliedReportingOverflow(by: 1 << UInt64(min(failures - 1, 20)))
        return overflow ? interval : min(interval, wait)
    }

    package mutating func began(at now: UInt64) { attempted = now }

    /// - Parameter maximumAge: what the response says about its age; nil where it says none
    package mutating func succeeded(at now: UInt64, maximumAge: Duration?) {
        failures = 0
        hasKeys = true
        let life = min(lifetime, max(interval, maximumAge?.nanosecondsClamped ?? lifetime))
        // Before its end, so that no token has to wait. For a life as short as the interval it is the interval.
        due = max(now.adding(life / 5 * 4), (attempted ?? now).adding(interval))
    }

    package mutating func failed(at now: UInt64) {
        failures += 1
        due = (attempted ?? now).adding(wait)
    }
}
