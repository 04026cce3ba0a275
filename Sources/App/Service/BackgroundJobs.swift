import Cart
import Catalog
import EventLoop
import Logging

/// What the process does beside answering: watching its dependencies and the catalogue, sweeping. On its first loop.
final class BackgroundJobs {
    private let probe: HealthProbe
    private let watch: CatalogWatch?
    private let sweeper: Sweeper
    private let carts: CartChangeSubscriber

    init(_ services: LoopServices, shared: SharedServices, registry: LoopRegistry, logger: Logger) {
        probe = HealthProbe(
            loop: services.loop, pool: services.pool, replica: services.replica, redis: services.redis, board: shared.health,
            logger: logger)
        sweeper = Sweeper(
            loop: services.loop, orders: services.orders, carts: services.carts, cartTickets: services.cartTickets,
            answerLifetime: shared.configuration.shop.idempotencyLifetime, retention: shared.configuration.shop.retention,
            logger: logger)
        carts = CartChangeSubscriber(
            loop: services.loop, store: services.carts, registry: shared.watchedCarts, redis: shared.redis, logger: logger)
        watch =
            services.cache == nil && services.replica == nil
            ? nil
            : CatalogWatch(
                loop: services.loop, configuration: shared.postgres, store: CatalogStore(pool: services.pool),
                logger: logger
            ) { news in
                registry.tell { services in services.hear(news) }
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
