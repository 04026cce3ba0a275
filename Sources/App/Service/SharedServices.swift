import Cart
import Configuration
import Orders
import HTTPServer
import HTTPTypes
import Logging
import PostgresClient
import RedisClient
import Web

/// What the process has once for all its loops; nothing in it changes but the health board, which guards itself.
struct SharedServices: Sendable {
    let configuration: Configuration
    /// One loop's share of the pool.
    let postgres: PostgresConfiguration
    /// One loop's share of the connections to the replica; nil where there is none.
    let replica: PostgresConfiguration?
    let redis: RedisConfiguration?
    let health: HealthStatus
    let pages: ServicePages
    let watchedCarts: WatchedCartRegistry
    let loopCount: Int

    /// - Parameter started: when the process began, in nanoseconds of the monotonic clock
    init(_ configuration: Configuration, loopCount: Int, started: UInt64, logger: Logger) throws(ServiceError) {
        self.configuration = configuration
        self.loopCount = loopCount
        health = HealthStatus(started: started)
        watchedCarts = WatchedCartRegistry(
            maximum: configuration.live.maxListeners, maximumOfCart: configuration.live.maxListenersOfCart,
            maximumOfClient: configuration.live.maxListenersOfClient)
        do {
            var postgres = try PostgresConfiguration(configuration.database)
            postgres.apply(configuration.pool)
            self.postgres = postgres.share(of: loopCount)
            replica = try configuration.database.replica.map { [share = self.postgres] url throws(PostgresError) in
                try PostgresConfiguration(replica: url, of: share)
            }
            redis = try configuration.redis.map { settings throws(RedisConfigurationError) in
                var redis = try RedisConfiguration(url: settings.url)
                redis.connectTimeout = settings.connectTimeout
                redis.commandTimeout = settings.commandTimeout
                redis.clientName = "commerce"
                redis.passwordFile = settings.passwordFile
                return redis
            }
            pages = try ServicePages(configuration, logger: logger)
        } catch {
            throw ServiceError(String(describing: error))
        }
    }

    /// How requests are treated before and after their handlers.
    var application: ApplicationSettings {
        ApplicationSettings(
            trustedProxies: configuration.server.proxies,
            requestDeadline: configuration.http.requestTimeout, strictTransport: configuration.server.strictTransport,
            loggedClientErrors: configuration.log.clientErrors)
    }

    /// One loop's share of what is taken on.
    var admission: AdmissionSettings {
        var settings = configuration.overload.admission ?? .unlimited
        // No request waits longer than it may take.
        settings.timeout = min(settings.timeout, configuration.http.requestTimeout)
        // Orders share transactions: with fewer at work those would be the smaller, and nothing would be won.
        settings.minimum = max(
            settings.minimum, configuration.shop.checkout.orders * configuration.shop.checkout.transactions)
        return settings.share(of: loopCount)
    }

    /// How orders share transactions on one loop.
    var checkout: CheckoutSettings {
        var settings = configuration.shop.checkout
        settings.capacity = max(1, settings.capacity / loopCount)
        settings.queueTimeout = configuration.pool.acquireTimeout
        settings.contendedLockTimeout = configuration.pool.lockTimeout
        return settings
    }

    var middlewares: [any Middleware] {
        configuration.server.corsOrigins.isEmpty ? [] : [
            CORSMiddleware(
                origins: AllowedOrigins(configuration.server.corsOrigins), requestHeaders: [.xCartToken, .xOrderToken])
        ]
    }
}
