import EventLoop
import Logging

/// What the process does beside answering: watching its dependencies and the catalogue, sweeping. On its first loop.
final class Housekeeping {
    private let probe: HealthProbe
    private let watch: CatalogWatch?
    private let sweeper: Sweeper
    private let carts: CartHearing

    init(_ services: LoopServices, shared: SharedServices, registry: LoopRegistry, logger: Logger) {
        probe = HealthProbe(
            loop: services.loop, pool: services.pool, replica: services.replica, redis: services.redis, board: shared.health,
            logger: logger)
        sweeper = Sweeper(
            loop: services.loop, orders: services.orders, carts: services.carts, cartTickets: services.cartTickets,
            answerLifetime: shared.configuration.shop.idempotencyLifetime, logger: logger)
        carts = CartHearing(
            loop: services.loop, store: services.carts, watch: shared.cartWatch, redis: shared.redis, logger: logger)
        watch = services.cache == nil && services.replica == nil
            ? nil
            : CatalogWatch(
                loop: services.loop, configuration: shared.postgres, store: CatalogStore(pool: services.pool),
                logger: logger
            ) { version in
                registry.tell { services in
                    // Before the cache, which reads anew from then on.
                    if let version { services.replica?.mark(is: version) }
                    if let version { services.cache?.catalogIs(at: version) } else { services.cache?.listeningEnded() }
                }
            }
    }

    func start() {
        probe.start()
        watch?.start()
        sweeper.start()
        carts.start()
    }

    func stop() {
        probe.stop()
        sweeper.stop()
        carts.stop()
        watch?.close()
    }
}
