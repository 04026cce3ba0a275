import EventLoop
import FoundationEssentials
import Logging
import PostgresClient
import RedisClient

/// How a process hears of carts that other processes have changed: by Redis; and by a look at the versions of all carts that
/// somebody here listens to, more than once a second where Redis is silent, less often beside it. On the process's first loop.
package final class CartChangeSubscriber {
    /// How often to look where nothing is heard otherwise: so that a change is known within a second.
    private static let brisk = Duration.milliseconds(750)
    /// How often to look beside Redis: for what was published while another task's connection was gone.
    private static let calm = Duration.seconds(4)
    /// How many carts one query asks for.
    private static let batch = 5_000

    private let loop: EventLoop
    private let store: CartStore
    private let watch: WatchedCartRegistry
    private let logger: Logger
    private var subscriber: RedisSubscriber?
    private var nudge: Promise<Void>?
    private var isNudged = false
    private var task: Task<Void, Never>?

    package init(loop: EventLoop, store: CartStore, watch: WatchedCartRegistry, redis: RedisConfiguration?, logger: Logger) {
        self.loop = loop
        self.store = store
        self.watch = watch
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
                await wait(subscriber?.isListening == true ? Self.calm : Self.brisk)
                await look()
            }
        }
    }

    package func stop() {
        task?.cancel()
        subscriber?.close()
    }

    private func received(_ event: RedisSubscriber.Event) {
        switch event {
        case .message(_, let payload): if let hint = CartChangedEvent(payload: payload) { watch.tell(hint) }
        // Between the two anything may have been missed.
        case .listening, .lost:
            isNudged = true
            nudge?.succeed(())
        }
    }

    /// Waits for so long, or until there is a reason to look at once.
    private func wait(_ time: Duration) async {
        guard !isNudged else { return isNudged = false }
        let promise = Promise<Void>(on: loop)
        nudge = promise
        try? await promise.value(by: .after(time))
        nudge = nil
        isNudged = false
    }

    private func look() async {
        let known = watch.carts
        let ids = Array(known.keys)
        var start = 0
        while start < ids.count, !Task.isCancelled {
            let some = Array(ids[start..<min(start + Self.batch, ids.count)])
            start += some.count
            do {
                let present = try await Deadline.$current.withValue(.after(.seconds(2))) { try await store.versions(of: some) }
                for id in some {
                    if let version = present[id] {
                        if version > known[id] ?? 0 { watch.tell(CartChangedEvent(id, version: version)) }
                    } else {
                        watch.tell(CartChangedEvent(id))
                    }
                }
            } catch {
                logger.debug("listened carts could not be looked at", metadata: ["error": .string(String(describing: error))])
                return
            }
        }
    }
}
