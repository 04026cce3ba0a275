/// When a failed delivery is attempted again.
///
/// The pause grows exponentially, with full jitter: a random time up to the bound, so that the deliveries which a target has
/// missed do not all return at the same time (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
package struct RetrySchedule: Equatable, Sendable {
    /// The bound of the first pause.
    package var first = Duration.seconds(5)
    /// The highest bound.
    package var longest = Duration.seconds(24 * 3_600)
    /// After this time a delivery that fails is dead.
    package var patience = Duration.seconds(3 * 86_400)
    /// No pause is shorter, whatever the jitter.
    package static let shortest = Duration.milliseconds(250)

    package init() {}

    /// - Parameters:
    ///   - attempts: how many attempts have failed, at least 1
    ///   - age: the time since the delivery was made
    ///   - retryAfter: the pause that the target has asked for
    ///   - random: from 0 up to but not including 1
    /// - Returns: the pause before the next attempt; nil where there is none
    package func pause(afterAttempts attempts: Int, age: Duration, retryAfter: Duration? = nil, random: Double) -> Duration? {
        guard age < patience else { return nil }
        let doublings = min(max(attempts, 1), 41) - 1
        let bound = min(longest, first * (1 << doublings))
        let jittered = max(Self.shortest, bound * min(max(random, 0), 1))
        let pause = max(jittered, min(retryAfter ?? .zero, longest))
        // The last attempt comes at the end of the patience and not a day after it.
        return min(pause, max(Self.shortest, patience - age))
    }
}
