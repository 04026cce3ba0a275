/// When to stop asking Redis, and for how long.
package struct BreakerSettings: Equatable, Sendable {
    /// How many failures in a row open the breaker; at least 1.
    package var threshold = 3
    /// Failures further apart than this are not in a row.
    package var memory: Duration = .seconds(10)
    /// The most the first pause lasts; each further one in a row doubles it. A pause is drawn
    /// between ``shortest`` and this (full jitter), so that the processes of a fleet don't come back at once.
    package var first: Duration = .milliseconds(100)
    /// The most any pause lasts: below a second, so that a server that is back is used within one.
    package var longest: Duration = .milliseconds(750)
    /// The least a pause lasts.
    package var shortest: Duration = .milliseconds(10)

    package init() {}
}
