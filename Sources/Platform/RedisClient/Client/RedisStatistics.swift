/// What a client has counted since it was made.
package struct RedisStatistics: Equatable, Sendable {
    /// Commands that were accepted.
    package var commands: UInt64 = 0
    /// Commands refused at once: breaker open, too much in flight, closed.
    package var refused: UInt64 = 0
    /// Commands whose time was over.
    package var timeouts: UInt64 = 0
    /// Connections that became ready.
    package var connections: UInt64 = 0
    /// Connections that were lost, or could not be made.
    package var failures: UInt64 = 0

    package init() {}
}
