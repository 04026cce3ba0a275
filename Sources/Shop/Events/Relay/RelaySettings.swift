/// How the relay works. The defaults suit production.
package struct RelaySettings: Sendable {
    /// When failed deliveries are attempted again.
    package var retries = RetrySchedule()
    /// The longest time that an attempt may take, whatever the target's own limits are.
    package var attemptTimeout = Duration.seconds(60)
    /// A target to which all deliveries have failed for so long is disabled.
    package var disableAfter = Duration.seconds(5 * 86_400)
    /// How often the outbox is polled under load.
    package var shortestPoll = Duration.milliseconds(20)
    /// How often the outbox is polled without events.
    package var longestPoll = Duration.seconds(1)
    /// How many events one poll takes.
    package var batch = 1_000

    package init() {}
}
