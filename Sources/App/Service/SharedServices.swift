import Accounts
import Cart
import Configuration
import Events
import Logging
import OpenIDConnect
import Passwords
import PostgresClient

/// What all loops of the process share. Nothing in it changes except the health and the watched carts, which are thread-safe.
struct SharedServices: Sendable {
    let configuration: Configuration
    let loopCount: Int
    /// One loop's share of the connections to PostgreSQL.
    let postgres: PostgresConfiguration
    /// One loop's share of the connections to the replica; nil if there is no replica.
    let replica: PostgresConfiguration?
    let health: HealthStatus
    let pages: ServicePages
    let watchedCarts: WatchedCartRegistry
    /// Tells the relay that events were committed.
    let outboxHint = OutboxHint()
    let passwordHasher: PasswordHasher
    let endedSessions: EndedSessions
    let accessTokens: AccessTokens
    /// The keys of the issuers whose tokens are accepted.
    let issuers: IssuerDirectory
    let tokenVerifier: TokenVerifier

    /// - Parameter started: The start of the process, in nanoseconds of the monotonic clock.
    init(_ configuration: Configuration, loopCount: Int, started: UInt64, logger: Logger) throws(ServiceError) {
        self.configuration = configuration
        self.loopCount = loopCount
        postgres = configuration.database.primary.share(of: loopCount)
        replica = configuration.database.replica?.share(of: loopCount)
        passwordHasher = PasswordHasher(configuration.accounts.passwords)
        let tokens = configuration.tokens
        endedSessions = EndedSessions(tokenLifetime: tokens.lifetime)
        accessTokens = AccessTokens(
            keys: tokens.keys, signingKey: tokens.signingKey, rules: tokens.rules, lifetime: tokens.lifetime)
        let openID = configuration.openID
        do {
            issuers = try IssuerDirectory(openID.issuers.map(\.trusted), settings: openID.keys, logger: logger)
        } catch { throw ServiceError("cannot make an event loop: \(error)") }
        tokenVerifier = TokenVerifier(
            tokens: accessTokens, issuers: ExternalIssuers(openID.issuers, issuers, leeway: openID.leeway),
            cacheEntries: openID.cacheEntries)
        health = HealthStatus(started: started)
        watchedCarts = WatchedCartRegistry(
            maximum: configuration.live.maxListeners, maximumOfCart: configuration.live.maxListenersOfCart,
            maximumOfClient: configuration.live.maxListenersOfClient)
        do { pages = try ServicePages(configuration, logger: logger) } catch {
            throw ServiceError(String(describing: error))
        }
    }
}
