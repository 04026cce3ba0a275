import EventLoop
import RedisClient
import Synchronization

/// Tells the relay that events were committed, so that it does not wait for its next poll. A hint may be lost: the relay polls
/// once a second anyway.
///
/// A relay of this process is woken directly, one elsewhere by a message of Redis.
package final class OutboxHint: Sendable {
    /// The channel of Redis. Its messages are empty.
    package static let channel = "commerce:outbox"
    /// At most one message of Redis in this time, so that hints cost nothing under load.
    private static let interval: UInt64 = 20_000_000

    private let relay = Mutex<(@Sendable () -> Void)?>(nil)
    private let isPending = Atomic(false)
    private let published = Atomic<UInt64>(0)

    package init() {}

    /// Wakes a relay of this process.
    /// - Parameter wake: called on any thread, once until ``taken()``
    package func connect(_ wake: @escaping @Sendable () -> Void) { relay.withLock { $0 = wake } }

    /// The relay of this process is gone.
    package func disconnect() { relay.withLock { $0 = nil } }

    /// The relay looks for events now: the next hint wakes it again.
    package func taken() { isPending.store(false, ordering: .sequentiallyConsistent) }

    /// Events were committed.
    /// - Parameters:
    ///   - redis: the client of the caller's loop, for a relay elsewhere
    ///   - now: nanoseconds of the monotonic clock
    package func notify(redis: RedisClient?, now: UInt64) {
        if isPending.load(ordering: .relaxed) { return }
        if let wake = relay.withLock({ $0 }) {
            if !isPending.exchange(true, ordering: .sequentiallyConsistent) { wake() }
            return
        }
        guard let redis else { return }
        let last = published.load(ordering: .relaxed)
        guard now >= last &+ Self.interval || now < last else { return }
        guard published.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged else { return }
        redis.sendAndForget(["PUBLISH", .text(Self.channel), .text("")])
    }
}
