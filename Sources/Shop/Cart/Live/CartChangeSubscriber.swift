import EventLoop
import FoundationEssentials
import Logging
import PostgresClient
import RedisClient

/// Receives cart changes from other processes: through Redis, and by comparing the versions of all carts that have listeners
/// in this process. Without Redis it compares more than once a second, beside Redis less often. On the process's first loop.
package final class CartChangeSubscriber {
    /// How often to compare versions without Redis: so often that a change is noticed within a second.
    private static let intervalWithoutRedis = Duration.milliseconds(750)
    /// How often to compare versions beside Redis: for messages that were lost while a connection to it was down.
    private static let intervalWithRedis = Duration.seconds(4)
    /// How many carts one query compares.
    private static let batch = 5_000

    private let loop: EventLoop
    private let store: CartStore
    private let registry: WatchedCartRegistry
    private let logger: Logger
    private var subscriber: RedisSubscriber?
    private var wakeUp: Promise<Void>?
    private var isWoken = false
    private var task: Task<Void, Never>?

    package init(
        loop: EventLoop, store: CartStore, registry: WatchedCartRegistry, redis: RedisConfiguration?, logger: Logger
    ) {
        self.loop = loop
        self.store = store
        self.registry = registry
        self.logger = logger
        subscriber = redis.map { configuration in
            RedisSubscriber(loop: loop, configuration: configuration, channels: [CartChangedEvent.channel], logger: logger) {
                [weak self] in self?.received($0)
            }
        }
    }

    package func start() {
        subscriber?.start()
        task = loop.run { [self] in
            while !Task.isCancelled {
                await wait(subscriber?.isListening == true ? Self.intervalWithRedis : Self.intervalWithoutRedis)
                await compareVersions()
            }
        }
    }

    package func stop() {
        task?.cancel()
        subscriber?.close()
    }

    private func received(_ event: RedisSubscriber.Event) {
        switch event {
        case .message(_, let payload): if let change = CartChangedEvent(payload: payload) { registry.notify(change) }
        // Messages may have been lost between the two.
        case .listening, .lost:
            isWoken = true
            wakeUp?.succeed(())
        }
    }

    /// Waits for `time`, or until there is a reason to compare at once.
    private func wait(_ time: Duration) async {
        guard !isWoken else { return isWoken = false }
        let promise = Promise<Void>(on: loop)
        wakeUp = promise
        try? await promise.value(by: .after(time))
        wakeUp = nil
        isWoken = false
    }

    private func compareVersions() async {
        let known = registry.carts
        let ids = Array(known.keys)
        var start = 0
        while start < ids.count, !Task.isCancelled {
            let some = Array(ids[start..<min(start + Self.batch, ids.count)])
            start += some.count
            do {
                let present = try await Deadline.$current.withValue(.after(.seconds(2))) { try await store.versions(of: some) }
                for id in some {
                    if let version = present[id] {
                        if version > known[id] ?? 0 { registry.notify(CartChangedEvent(id, version: version)) }
                    } else {
                        registry.notify(CartChangedEvent(id))
                    }
                }
            } catch {
                logger.debug(
                    "the versions of watched carts could not be read", metadata: ["error": .string(String(describing: error))])
                return
            }
        }
    }
}
