/// How things stand with Redis, for health checks.
package struct RedisState: Equatable, Sendable, CustomStringConvertible {
    package enum Phase: String, Sendable {
        /// Commands go out.
        case connected
        /// The first connection is being made, or the next one right after a loss; commands wait for it.
        case connecting
        /// The breaker is open; commands fail at once.
        case unavailable
        /// Not started, or closed.
        case closed
    }

    package let phase: Phase
    /// Why there is or was no connection; nil while it has never failed.
    package let lastError: RedisError?

    package var description: String { lastError.map { "\(phase.rawValue) (\($0))" } ?? phase.rawValue }
}
