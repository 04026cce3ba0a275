import Catalog
import HTTPServer
import Orders
import PostgresClient
import TLS
import Web

// How settings become the configurations of the server, the application and the clients: the parts that need more than one group
// of settings, or a loop's share of what the whole process may use.

extension Configuration {
    /// The HTTP server.
    /// - Parameter certificates: The certificate of the encrypted port; nil without one.
    package func httpServer(certificates: CertificateStore?) -> ServerConfiguration {
        var configuration = http
        configuration.host = server.host
        configuration.port = server.port
        configuration.inheritedListener = server.inheritedListener
        if let tls, let certificates {
            configuration.tls = TLSListener(port: tls.port, certificates: certificates, handshakeRate: tls.handshakeRate)
        }
        if rateLimit == nil { configuration.maximumConnectionsPerClient = nil }
        configuration.client = { [proxies = server.proxies] peer in proxies.standsForMany(peer) ? nil : ClientKey.of(peer) }
        return configuration
    }

    /// The treatment of requests before and after their handlers.
    package var application: ApplicationSettings {
        ApplicationSettings(
            trustedProxies: server.proxies, requestDeadline: requestTimeout, strictTransport: server.strictTransport,
            loggedClientErrors: log.clientErrors)
    }

    /// `REQUEST_TIMEOUT`, for the handling of a request as for the arrival of its body.
    private var requestTimeout: Duration { http.bodyTimeout }

    /// One loop's share of the requests that are handled at a time.
    package func admissionGate(loops: Int) -> AdmissionSettings {
        var settings = admission ?? .unlimited
        // No request waits longer than it may take.
        settings.timeout = min(settings.timeout, requestTimeout)
        // Orders share transactions: with fewer orders at a time, transactions would only become smaller.
        settings.minimum = max(settings.minimum, shop.checkout.orders * shop.checkout.transactions)
        return settings.share(of: loops)
    }

    /// One loop's share of the orders that are placed at a time.
    package func checkout(loops: Int) -> CheckoutSettings {
        var settings = shop.checkout
        settings.capacity = max(1, settings.capacity / loops)
        settings.queueTimeout = database.primary.acquireTimeout
        settings.contendedLockTimeout = database.primary.lockTimeout
        return settings
    }

    /// The connections of a worker, beside those of the loops that serve.
    package var workerDatabase: PostgresConfiguration {
        var configuration = database.primary
        configuration.maximum = worker.connections
        // One that reads share, and one that is used every two seconds to say that the worker lives.
        configuration.minimum = 2
        configuration.sharedConnections = 1
        configuration.maxWaiters = 100
        return configuration
    }

    /// One loop's share of the catalogue's cache; nil if the cache is off.
    package func catalogCache(loops: Int) -> CatalogCacheSettings? {
        guard cache.isOn else { return nil }
        return CatalogCacheSettings(
            memory: cache.memory / loops, stockLifetime: cache.stockLifetime, sharedLifetime: cache.lifetime)
    }
}
