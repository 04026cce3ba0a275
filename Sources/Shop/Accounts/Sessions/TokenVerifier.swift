import CoreMetrics
import Formats
import JWT
import OpenIDConnect

/// Verifies access tokens, of the shop and of the issuers that it trusts, and remembers those with a public key's signature, which
/// take much longer than an HMAC. All loops of a process share it.
///
/// It says whose a token is, not whether that person may still use it: ``EndedSessions`` and the database do.
package final class TokenVerifier: Sendable {
    /// A token that was verified.
    enum Verified: Sendable {
        case shop(AccessTokens.Claims)
        case external(ExternalToken)
    }

    enum Verdict: Sendable {
        case verified(Verified)
        case refused(JWTError)
        case needsKeys(IssuerKeys)
    }

    typealias Key = VerifiedTokenCache<Verified>.Key

    let tokens: AccessTokens
    let issuers: ExternalIssuers
    private let cache: VerifiedTokenCache<Verified>?
    private let metrics = TokenMetrics()

    /// - Parameter cacheEntries: the most tokens that are remembered
    package init(tokens: AccessTokens, issuers: ExternalIssuers, cacheEntries: Int) {
        self.tokens = tokens
        self.issuers = issuers
        // Verifying an HMAC costs little more than the look-up.
        cache = tokens.hasPublicKeys || !issuers.isEmpty ? VerifiedTokenCache(capacity: cacheEntries) : nil
    }

    /// - Returns: the verdict, and the name under which the token may be remembered.
    func verify(_ token: some Collection<UInt8>, at time: Timestamp = .now) -> (Verdict, Key?) {
        let now = time.microseconds / 1_000_000
        // What is too long is refused before it costs anything.
        let key = cache.flatMap { _ in token.count <= JSONWebSignature.longest ? Key(token) : nil }
        if let key, let known = cache?.value(for: key, at: now), isCurrent(known) {
            metrics.cached()
            return (.verified(known), key)
        }
        let verdict = verify(token, key, at: now)
        switch verdict {
        case .verified: metrics.verified()
        case .refused: metrics.refused()
        case .needsKeys: break
        }
        return (verdict, key)
    }

    /// Whether a token is good, as far as it tells itself.
    package func isValid(_ token: some Collection<UInt8>, at time: Timestamp = .now) -> Bool {
        if case .verified = verify(token, at: time).0 { true } else { false }
    }

    private func verify(_ text: some Collection<UInt8>, _ key: Key?, at now: Int64) -> Verdict {
        do throws(JWTError) {
            let token = try JSONWebSignature(text)
            switch issuers.verify(token, at: now) {
            case .verified(let external):
                if let key { cache?.insert(.external(external), for: key, until: external.expires) }
                return .verified(.external(external))
            case .refused(let error): return .refused(error)
            case .needsKeys(let keys): return .needsKeys(keys)
            case nil: break
            }
            let (claims, expires) = try tokens.verify(token, at: now)
            if let key, token.header.algorithm.keyKind != .secret { cache?.insert(.shop(claims), for: key, until: expires) }
            return .verified(.shop(claims))
        } catch {
            return .refused(error)
        }
    }

    /// Remembers whose a token is.
    func remember(_ token: ExternalToken, _ key: Key?) {
        if let key { cache?.insert(.external(token), for: key, until: token.expires) }
    }

    /// A key that the issuer has withdrawn verifies nothing any more.
    private func isCurrent(_ known: Verified) -> Bool {
        switch known {
        case .shop: true
        case .external(let token): issuers.isCurrent(token)
        }
    }
}

/// How access tokens were verified.
private struct TokenMetrics: Sendable {
    private let counters: [Counter]

    init(_ factory: any MetricsFactory = MetricsSystem.factory) {
        counters = ["cached", "verified", "refused"].map {
            Counter(label: "commerce_access_tokens_total", dimensions: [("outcome", $0)], factory: factory)
        }
    }

    func cached() { counters[0].increment() }
    func verified() { counters[1].increment() }
    func refused() { counters[2].increment() }
}
