import Accounts
import Cart
import Catalog
import Configuration
import EventLoop
import Events
import Logging
import Orders
import PostgresClient
import Recommendations
import RedisClient
import Webhooks

/// Relays events and runs jobs. Here its parts are put together, with connections of their own, so that work in the background
/// never waits behind requests. Confined to its loop; ``WorkerRunner`` starts and stops it from elsewhere.
final class Worker {
    private let loop: EventLoop
    private let pool: PostgresPool
    /// Nil if there is no Redis.
    private let redis: RedisClient?
    private let registration: WorkerRegistration
    private let services: [any WorkerService]
    /// Nil if the process serves, too, which checks it.
    private let searchLanguages: SearchLanguageCheck?

    /// - Parameters:
    ///   - hint: what this process notifies when it has committed events
    ///   - cartChanged: tells listeners of this process about a cart; those of others are told through Redis
    ///   - report: called on the loop after each pass
    ///   - isAlone: whether the process does nothing else
    init(
        loop: EventLoop, configuration: Configuration, isAlone: Bool, hint: OutboxHint,
        cartChanged: @escaping @Sendable (CartChangedEvent) -> Void,
        report: @escaping @Sendable (WorkerReport) -> Void, logger: Logger
    ) {
        loop.assertInLoop()
        self.loop = loop
        let pool = PostgresPool(loop: loop, configuration: configuration.workerDatabase, logger: logger)
        let redis = configuration.redis.map { RedisClient(loop: loop, configuration: $0.client, logger: logger) }
        let changes = CartChangePublisher(redis: redis, notifyProcess: cartChanged)
        let committed = { hint.notify(redis: redis, now: loop.now) }
        let orders = OrderStore(pool: pool, tokenLifetime: configuration.shop.orderTokenLifetime, committed: committed)
        let catalog = CatalogStore(pool: pool)
        let accounts = configuration.accounts.settings
        let sessions = SessionStore(
            pool: pool, settings: accounts, ended: EndedSessions(tokenLifetime: configuration.tokens.lifetime))
        let jobs = JobScheduler(
            loop: loop,
            jobs: ShopJobs.all(
                orders: orders, catalog: catalog,
                carts: CartStore(pool: pool, lifetime: configuration.shop.cartLifetime) { changes.publish($0) },
                cartTickets: CartTicketStore(pool: pool, lifetime: configuration.live.ticketLifetime),
                events: EventRetention(pool: pool), shop: configuration.shop, eventSettings: configuration.events,
                webhooks: WebhookResealing(pool: pool, keys: configuration.encryption.keys),
                purchases: PurchaseCounter(pool: pool, window: configuration.recommendations.window),
                accounts: AccountStore(pool: pool, settings: accounts, sessions: sessions),
                abandonedCarts: AbandonedCarts(
                    pool: pool, age: configuration.shop.cartAbandonedAfter, committed: committed),
                logger: logger),
            logger: logger)
        let registration = WorkerRegistration(loop: loop, store: WorkerStore(pool: pool), jobs: jobs, logger: logger)
        // Every part of the worker. Each claims under `registration.id`.
        let delivery = EventDelivery(
            loop: loop, pool: pool, configuration: configuration, worker: { registration.id }, hint: hint, orders: orders,
            logger: logger)
        let services: [any WorkerService] = [jobs, delivery]
        registration.claimsLost = { for service in services { service.claimsLost() } }
        registration.report = report
        self.pool = pool
        self.redis = redis
        self.registration = registration
        self.services = services
        searchLanguages =
            isAlone
            ? SearchLanguageCheck(loop: loop, store: catalog, languages: configuration.shop.languages, logger: logger) : nil
    }

    func start() {
        pool.start()
        redis?.start()
        registration.start()
        for service in services { service.start() }
        searchLanguages?.start()
    }

    /// Claims nothing any more, waits until what is under way has ended, but no longer than `limit`, and gives back what is left.
    /// - Returns: whether all has ended by itself. The connections are closed then, or will be soon.
    func stop(within limit: Duration) async -> Bool {
        let deadline = Deadline.after(limit)
        let drained = Promise<Void>(on: loop)
        searchLanguages?.stop()
        // All at the same time. The worker says that it lives meanwhile: its claims hold.
        let drains = services.map { service in loop.run { await service.drain() } }
        loop.run {
            for drain in drains { await drain.value }
            drained.succeed(())
        }
        let hasFinished = (try? await drained.value(by: deadline)) != nil
        for drain in drains { drain.cancel() }
        for service in services { service.stop() }
        await Deadline.$current.withValue(.after(Self.closeTimeout)) { await registration.close() }
        await redis?.close()
        let closed = Promise<Void>(on: loop)
        loop.run { [pool] in
            await pool.close()
            closed.succeed(())
        }
        // The database may keep a transaction waiting for long.
        try? await closed.value(by: .after(Self.closeTimeout))
        return hasFinished
    }

    /// How long giving back the claims, and closing the connections, may take. Others free the claims once the lease is over.
    private static let closeTimeout = Duration.milliseconds(1_500)
}
