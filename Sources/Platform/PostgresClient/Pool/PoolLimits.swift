import EventLoop

/// The numbers a pool keeps to, times in nanoseconds.
struct PoolLimits: Equatable, Sendable {
    var maximum: Int
    var minimum: Int
    var shared: Int
    var maxWaiters: Int
    /// How many connections are opened at a time; one while the server is away.
    var parallelOpenings = 4
    var idleTimeout: UInt64
    var lifetime: UInt64
    /// An attempt that takes longer than this is taken for a failure, though its thread still waits.
    var openingTimeout: UInt64
    var backoff = Backoff()
}

extension PoolLimits {
    init(_ configuration: PostgresConfiguration) {
        let maximum = max(2, configuration.maximum)
        self.init(
            maximum: maximum, minimum: min(maximum, max(1, configuration.minimum)),
            shared: min(maximum - 1, max(1, configuration.sharedConnections)), maxWaiters: max(0, configuration.maxWaiters),
            idleTimeout: configuration.idleTimeout.nanosecondsClamped,
            lifetime: configuration.maxLifetime.nanosecondsClamped,
            openingTimeout: configuration.connectTimeout.nanosecondsClamped)
    }
}
