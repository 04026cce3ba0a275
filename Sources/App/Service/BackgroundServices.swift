import Cart
import Catalog
import EventLoop
import Logging

/// What a process runs once, on its first loop, for serving: health checks, and what tells of changes of the catalogue and of
/// carts. Jobs and the relay of events run in a ``Worker``.
final class BackgroundServices {
    private let health: HealthChecker
    /// Nil where nothing depends on the catalogue's version.
    private let catalog: CatalogVersionWatch?
    private let carts: CartChangeSubscriber
    private let searchLanguages: SearchLanguageCheck
    private let sessions: EndedSessionsWatch

    init(_ services: LoopServices, shared: SharedServices, registry: LoopRegistry, logger: Logger) {
        let loop = services.loop
        health = HealthChecker(
            loop: loop, pool: services.pool, replica: services.replica, redis: services.redis, status: shared.health,
            logger: logger)
        carts = CartChangeSubscriber(
            loop: loop, store: services.carts, registry: shared.watchedCarts, redis: shared.configuration.redis?.client,
            logger: logger)
        let store = CatalogStore(pool: services.pool)
        searchLanguages = SearchLanguageCheck(
            loop: loop, store: store, languages: shared.configuration.shop.languages, logger: logger)
        sessions = EndedSessionsWatch(loop: loop, store: services.sessions)
        guard services.cache != nil || services.replica != nil else {
            catalog = nil
            return
        }
        catalog = CatalogVersionWatch(
            loop: loop, configuration: shared.postgres, store: store, logger: logger
        ) { event in
            registry.onEachLoop { $0.catalogVersionChanged(event) }
        }
    }

    func start() {
        health.start()
        catalog?.start()
        carts.start()
        searchLanguages.start()
        sessions.start()
    }

    func stop() {
        health.stop()
        searchLanguages.stop()
        carts.stop()
        sessions.stop()
        catalog?.close()
    }
}
