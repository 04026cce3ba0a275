import HTTPServer
import PostgresClient
import TLS
import Web

extension ServerConfiguration {
    /// The server as the environment wants it.
    /// - Parameter tls: what keeps the certificate of the encrypted port, where there is one
    package init(_ configuration: Configuration, tls certificates: CertificateStore?) {
        self.init()
        if let tls = configuration.tls, let certificates {
            self.tls = TLSListener(port: tls.port, certificates: certificates, handshakeRate: tls.handshakeRate)
        }
        host = configuration.server.host
        port = configuration.server.port
        inheritedListener = configuration.server.inheritedListener
        let http = configuration.http
        maximumResponseHead = http.maxReplyHeaders
        maximumConnections = http.maxConnections
        maximumRateLimitedResponses = http.maxRefusals
        if configuration.rateLimit != nil { maximumConnectionsPerClient = http.maxConnectionsPerClient }
        client = { [proxies = configuration.server.proxies] peer in proxies.standsForMany(peer) ? nil : ClientKey.of(peer) }
        bufferMemory = http.bufferMemory
        bodyTimeout = http.requestTimeout
        idleTimeout = http.idleTimeout
        headerTimeout = http.headerTimeout
        writeTimeout = http.writeTimeout
        minimumRate = http.minBodyRate
        limits.requestLine = http.maxRequestLine
        limits.header = http.maxHeader
        limits.headers = http.maxHeaders
        limits.fields = http.maxFields
        limits.body = http.maxBody
    }
}

extension PostgresConfiguration {
    /// How to reach the database as the settings have it, for a tool's one connection.
    package init(_ configuration: Configuration) throws(PostgresError) {
        try self.init(configuration.database)
        connectTimeout = configuration.pool.connectTimeout
    }

    /// Where the database is, and how to log in there.
    package init(_ database: DatabaseSettings) throws(PostgresError) {
        try self.init(connectionString: database.url)
        passwordFile = database.passwordFile
        applicationName = "commerce"
    }

    /// Takes over the pool's settings.
    package mutating func apply(_ pool: PoolSettings) {
        maximum = pool.maximum
        minimum = pool.minimum
        idleTimeout = pool.idleTimeout
        maxLifetime = pool.maxLifetime
        connectTimeout = pool.connectTimeout
        acquireTimeout = pool.acquireTimeout
        maxWaiters = pool.maxWaiters
        statementTimeout = pool.statementTimeout
        readTimeout = pool.readTimeout
        lockTimeout = pool.lockTimeout
        idleInTransactionTimeout = pool.idleInTransactionTimeout
    }
}
