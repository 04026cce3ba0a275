import Accounts
import Cart
import Catalog
import Compression
import Configuration
import EventLoop
import HTTPServer
import HTTPTypes
import Inventory
import Logging
import Notifications
import Orders
import PostgresClient
import Recommendations
import RedisClient
import Web

/// What one event loop serves with: its connections, stores, caches and routes. Here the features of the shop are put together.
// Unchecked: made and used on its loop only; other threads reach it through the loop.
package final class LoopServices: @unchecked Sendable {
    let loop: EventLoop
    let pool: PostgresPool
    /// Nil if there is no replica.
    let replica: ReplicaReads?
    /// Nil if there is no Redis.
    let redis: RedisClient?
    /// Nil if the cache is off.
    let cache: CatalogCache?
    let carts: CartStore
    let cartTickets: CartTicketStore
    let orders: OrderStore
    let sessions: SessionStore
    private let challenge: Challenge
    let identities: ExternalIdentityStore
    package let router: Router
    let application: Application
    /// Nil if metrics are off.
    private let lag: EventLoopLagMonitor?
    /// Nil on all loops but the first.
    private var background: BackgroundServices?

    init(loop: EventLoop, shared: SharedServices, logger: Logger) {
        loop.assertInLoop()
        let configuration = shared.configuration
        let keys = configuration.encryption.keys
        self.loop = loop
        lag = configuration.metrics.map { _ in EventLoopLagMonitor(loop: loop) }
        pool = PostgresPool(loop: loop, configuration: shared.postgres, logger: logger)
        redis = configuration.redis.map { RedisClient(loop: loop, configuration: $0.client, logger: logger) }
        replica = shared.replica.map { [pool] in
            ReplicaReads(
                primary: pool, replica: $0, maximumLag: configuration.database.replicaMaxLag, mark: CatalogStore.versionQuery,
                logger: logger)
        }
        let stock = StockStore(pool: pool, replica: replica)
        let changes = CartChangePublisher(redis: redis) { shared.watchedCarts.notify($0) }
        carts = CartStore(
            pool: pool, lifetime: configuration.shop.cartLifetime, customerLifetime: configuration.shop.customerCartLifetime
        ) { changes.publish($0) }
        cartTickets = CartTicketStore(pool: pool, lifetime: configuration.live.ticketLifetime)
        let committed = { [redis] in shared.outboxHint.notify(redis: redis, now: loop.now) }
        orders = OrderStore(pool: pool, tokenLifetime: configuration.shop.orderTokenLifetime, committed: committed)
        sessions = SessionStore(
            pool: pool, settings: configuration.accounts.settings, ended: shared.endedSessions, committed: committed)
        identities = ExternalIdentityStore(pool: pool, committed: committed)
        let checkout = CheckoutStore(
            pool: pool, reservationTime: configuration.shop.checkout.reservationTime, keys: keys,
            limits: configuration.rateLimit?.holds ?? HoldLimits(), lowStock: configuration.events.lowStock, committed: committed)
        let compressor = configuration.compression.map { Gzip($0) }
        cache = configuration.catalogCache(loops: shared.loopCount).map { [redis] settings in
            CatalogCache(
                loop: loop, redis: redis, shape: DocumentShape.current, keys: keys, settings: settings,
                compressor: compressor,
                stock: { try await stock.stock(of: $0) })
        }
        let gate = AdmissionGate(loop: loop, settings: configuration.admissionGate(loops: shared.loopCount))
        router = Router(gate: gate)
        let catalog = CatalogRoutes(
            loop: loop,
            store: CatalogStore(pool: pool, replica: replica, ranksSoldOutLast: configuration.shop.ranksSoldOutLast),
            stock: stock, cache: cache,
            storeCurrency: configuration.shop.currency, key: keys.authentication(for: .cursors),
            policy: CachePolicy.catalog(stockLifetime: configuration.cache.stockLifetime), compressor: compressor, gate: gate
        )
        catalog.register(on: router)
        RecommendationRoutes(
            store: RecommendationStore(pool: pool, replica: replica, support: configuration.recommendations.support),
            catalog: catalog
        ).register(on: router)
        CartRoutes(store: carts, defaultCurrency: configuration.shop.currency.code).register(on: router)
        let broadcaster = CartBroadcaster(loop: loop, store: carts, registry: shared.watchedCarts, logger: logger) { session in
            shared.endedSessions.isListed(AccessTokens.Claims(principal: session.principal, epoch: session.epoch))
        }
        shared.endedSessions.observe { loop.execute { broadcaster.endListeners() } }
        CartLiveRoutes(
            store: carts, tickets: cartTickets, broadcaster: broadcaster,
            settings: configuration.live,
            origins: AllowedOrigins(configuration.server.corsOrigins)
        ).register(on: router)
        OrderRoutes(
            store: orders,
            checkout: CheckoutQueue(loop: loop, store: checkout, settings: configuration.checkout(loops: shared.loopCount)),
            holds: configuration.rateLimit.map { HoldPolicy($0.holds, keys: keys) },
            languages: MailLanguage.allCases.map(\.rawValue), keys: keys
        ) {
            changes.publish($0)
        }.register(on: router)
        let accounts = AccountStore(
            pool: pool, settings: configuration.accounts.settings, sessions: sessions, committed: committed)
        let passwords = PasswordVerifier(hasher: shared.passwordHasher, loop: loop)
        challenge = Challenge(configuration.accounts.challenge, loop: loop, logger: logger)
        let signIns = SignInStore(pool: pool, keys: keys)
        SessionRoutes(
            accounts: accounts, signIns: signIns, carts: carts, passwords: passwords,
            tokens: shared.accessTokens, challenge: challenge
        ).register(on: router)
        AccountRoutes(
            store: accounts,
            addresses: AddressStore(pool: pool, maximum: configuration.accounts.settings.maximumAddresses), signIns: signIns,
            passwords: passwords, challenge: challenge, languages: MailLanguage.allCases.map(\.rawValue)
        ).register(on: router)
        PersonalDataRoutes(
            store: accounts, erasure: AccountErasure(pool: pool, sessions: sessions, committed: committed),
            export: AccountExport(
                pool: pool, accounts: accounts,
                addresses: AddressStore(pool: pool, maximum: configuration.accounts.settings.maximumAddresses), carts: carts,
                orders: orders),
            signIns: signIns, passwords: passwords
        ).register(on: router)
        HealthRoutes(status: shared.health).register(on: router)
        shared.pages.register(on: router)
        if case .mailbox = configuration.mail.destination {
            do { try MailboxRoutes(store: MailboxStore(pool: pool)).register(on: router) } catch {
                logger.error("no mailbox page", metadata: ["error": "\(error)"])
            }
        }
        application = Application(
            router: router, middlewares: Self.middlewares(shared, loop, redis, sessions, identities),
            settings: configuration.application,
            logger: logger, mapError: Problem.of)
    }

    private static func middlewares(
        _ shared: SharedServices, _ loop: EventLoop, _ redis: RedisClient?, _ sessions: SessionStore,
        _ identities: ExternalIdentityStore
    ) -> [any Middleware] {
        let configuration = shared.configuration
        var middlewares: [any Middleware] = []
        if !configuration.server.corsOrigins.isEmpty {
            middlewares.append(
                CORSMiddleware(
                    origins: AllowedOrigins(configuration.server.corsOrigins),
                    requestHeaders: [.xCartToken, .xOrderToken, .xChallengeResponse]))
        }
        middlewares.append(
            AuthenticationMiddleware(
                verifier: shared.tokenVerifier, ended: shared.endedSessions, sessions: sessions, identities: identities))
        if let limits = configuration.rateLimit {
            middlewares.append(
                RateLimitMiddleware(
                    loop: loop, reads: limits.reads, writes: limits.writes,
                    routes: [.orders(limits.orders)] + RouteLimit.accounts(signIns: limits.signIns, mails: limits.accountMails),
                    clients: limits.clients / shared.loopCount, shared: redis.map { RedisRateLimiter($0) }))
        }
        return middlewares
    }

    func start() {
        pool.start()
        replica?.start()
        redis?.start()
        lag?.start()
    }

    /// Starts what the process runs once, on this loop.
    func start(_ background: BackgroundServices) {
        self.background = background
        background.start()
    }

    /// Passes the catalogue's version on. The replica comes first: from then on the cache reads from it again.
    func catalogVersionChanged(_ event: CatalogVersionEvent) {
        switch event {
        case .current(let version):
            replica?.mark(is: version)
            cache?.catalogIs(at: version)
        case .polled(let version, let instant):
            replica?.mark(is: version)
            cache?.catalogWas(at: version, instant)
        case .lost:
            cache?.listeningEnded()
        }
    }

    func close() async {
        background?.stop()
        lag?.stop()
        await replica?.close()
        await pool.close()
        await redis?.close()
        await challenge.close()
    }
}
