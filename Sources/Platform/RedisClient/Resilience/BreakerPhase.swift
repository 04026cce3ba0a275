/// Whether a circuit breaker lets commands through, as health checks and metrics name it.
package enum BreakerPhase: String, CaseIterable, Sendable {
    /// Commands go out.
    case closed
    /// Commands fail at once, until a pause is over.
    case open
    /// One attempt is under way; commands still fail at once.
    case halfOpen = "half_open"
}
