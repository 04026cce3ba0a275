import Cart
import Catalog
import Orders
import Compression
import EventLoop
import HTTPServer
import Inventory
import Logging
import PostgresClient
import RedisClient
import Web

/// All that one loop serves with: its connections, its cache, its routes.
// Unchecked: made and used on its loop only; others reach it through the loop.
package final class LoopServices: @unchecked Sendable {
    let loop: EventLoop
    let pool: PostgresPool
    /// Nil: there is no replica.
    let replica: ReplicaReads?
    let redis: RedisClient?
    let cache: CatalogCache?
    let carts: CartStore
    let cartTickets: CartTicketStore
    let orders: OrderStore
    package let router: Router
    let application: Application
    private var housekeeping: BackgroundJobs?
    /// Nil: no metrics are kept.
    private let lag: LoopLag?

    /// - Parameter shared: what the process has once for all its loops
    init(loop: EventLoop, shared: SharedServices, logger: Logger) {
        loop.assertInLoop()
        let configuration = shared.configuration
        self.loop = loop
        lag = configuration.metrics.map { _ in LoopLag(loop: loop) }
        pool = PostgresPool(loop: loop, configuration: shared.postgres, logger: logger)
        redis = shared.redis.map { RedisClient(loop: loop, configuration: $0, logger: logger) }
        replica = shared.replica.map { [pool] in
            ReplicaReads(
                primary: pool, replica: $0, maximumLag: configuration.database.replicaMaxLag, mark: CatalogStore.versionQuery,
                logger: logger)
        }
        let stock = StockStore(pool: pool, replica: replica)
        let changes = CartChangePublisher(redis: redis) { shared.watchedCarts.notify($0) }
        carts = CartStore(pool: pool, lifetime: configuration.shop.cartLifetime) { changes.publish($0) }
        cartTickets = CartTicketStore(pool: pool, lifetime: configuration.live.ticketLifetime)
        orders = OrderStore(pool: pool, tokenLifetime: configuration.shop.orderTokenLifetime)
        let checkout = CheckoutStore(
            pool: pool, reservationTime: configuration.shop.reservationTime, keys: configuration.encryption.keys,
            limits: configuration.rateLimit?.holds ?? HoldLimits())
        let compressor = configuration.compression.map { Gzip($0) }
        cache =
            configuration.cache.isOn
            ? CatalogCache(
                loop: loop, redis: redis, keys: configuration.encryption.keys,
                settings: CatalogCacheSettings(
                    memory: configuration.cache.memory / shared.loopCount,
                    stockLifetime: configuration.cache.stockLifetime, sharedLifetime: configuration.cache.lifetime),
                compressor: compressor, stock: { try await stock.stock(of: $0) })
            : nil
        let gate = AdmissionGate(loop: loop, settings: shared.admission)
        router = Router(gate: gate)
        CatalogRoutes(
            loop: loop, store: CatalogStore(pool: pool, replica: replica), stock: stock, cache: cache,
            storeCurrency: configuration.shop.currency,
            key: configuration.encryption.keys.authentication(for: .cursors),
            policy: CachePolicy.catalog(stockLifetime: configuration.cache.stockLifetime), compressor: compressor, gate: gate
        ).register(on: router)
        CartRoutes(store: carts, defaultCurrency: configuration.shop.currency.code).register(on: router)
        CartLiveRoutes(
            store: carts, tickets: cartTickets,
            broadcaster: CartBroadcaster(loop: loop, store: carts, registry: shared.watchedCarts, logger: logger),
            settings: configuration.live,
            origins: AllowedOrigins(configuration.server.corsOrigins)
        ).register(on: router)
        OrderRoutes(
            store: orders, checkout: CheckoutQueue(loop: loop, store: checkout, settings: shared.checkout),
            holds: configuration.rateLimit.map { HoldPolicy($0.holds, keys: configuration.encryption.keys) }
        ) {
            changes.publish($0)
        }.register(on: router)
        HealthRoutes(board: shared.health).register(on: router)
        shared.pages.register(on: router)
        application = Application(
            router: router, middlewares: shared.middlewares + Self.limiter(shared, loop, redis), settings: shared.application,
            logger: logger,
            mapError: Problem.of)
    }

    private static func limiter(_ shared: SharedServices, _ loop: EventLoop, _ redis: RedisClient?) -> [any Middleware] {
        guard let settings = shared.configuration.rateLimit else { return [] }
        return [
            RateLimitMiddleware(
                loop: loop, reads: settings.reads, writes: settings.writes, routes: [.orders(settings.orders)],
                clients: settings.clients / shared.loopCount, shared: redis.map { RedisRates($0) })
        ]
    }

    func start() {
        pool.start()
        replica?.start()
        redis?.start()
        lag?.start()
    }

    /// Takes in what is known of the catalogue's version; the replica first, as the cache reads anew from then on.
    func hear(_ news: CatalogVersionEvent) {
        switch news {
        case .heard(let version):
            replica?.mark(is: version)
            cache?.catalogIs(at: version)
        case .seen(let version, let instant):
            replica?.mark(is: version)
            cache?.catalogWas(at: version, instant)
        case .lost:
            cache?.listeningEnded()
        }
    }

    /// Does the process's housekeeping too.
    func startBackgroundJobs(_ housekeeping: BackgroundJobs) {
        self.housekeeping = housekeeping
        housekeeping.start()
    }

    func close() async {
        housekeeping?.stop()
        lag?.stop()
        await replica?.close()
        await pool.close()
        await redis?.close()
    }
}
