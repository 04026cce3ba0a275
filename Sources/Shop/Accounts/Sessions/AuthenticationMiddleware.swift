import EventLoop
import Formats
import HTTPServer
import JWT
import OpenIDConnect
import Web

/// Finds the person behind a request by its access token, for all routes that need one. ``RouteAccess`` decides afterwards.
///
/// It comes before the rate limits, so that each account has buckets of its own. Confined to its loop.
package struct AuthenticationMiddleware: Middleware {
    private let verifier: TokenVerifier
    private let ended: EndedSessions
    private let sessions: SessionStore
    private let identities: ExternalIdentityStore

    package init(
        verifier: TokenVerifier, ended: EndedSessions, sessions: SessionStore, identities: ExternalIdentityStore
    ) {
        self.verifier = verifier
        self.ended = ended
        self.sessions = sessions
        self.identities = identities
    }

    package func before(_ context: RequestContext) -> MiddlewareResult {
        guard let access = context.access, access.readsToken,
            let header = context.request.head.bytes(of: .authorization)
        else { return .next }
        guard let token = Self.token(in: header) else {
            context.authentication = .refused("Authorization must be \"Bearer\" and one access token.")
            return .next
        }
        let (verdict, key) = verifier.verify(token)
        switch verdict {
        case .refused(let error): context.authentication = Self.refusal(error)
        case .verified(.shop(let claims)):
            guard let isEnded = ended.isEnded(claims, at: context.loop.now) else {
                // The list of ended sessions was not read for a moment: the database has the answer.
                return .suspend {
                    try await authenticate(claims, context)
                    return nil
                }
            }
            context.authentication = isEnded ? Self.hasEnded : .verified(claims.principal)
        case .verified(.external(let external)):
            guard let principal = principal(of: external, at: context.loop.now) else {
                return .suspend {
                    try await authenticate(external, key, context)
                    return nil
                }
            }
            context.authentication = .verified(principal)
        case .needsKeys(let keys):
            let token = Array(token)
            return .suspend {
                try await authenticate(token, fetching: keys, context)
                return nil
            }
        }
        return .next
    }

    private func authenticate(_ claims: AccessTokens.Claims, _ context: RequestContext) async throws {
        context.authentication = try await sessions.isActive(claims) ? .verified(claims.principal) : Self.hasEnded
    }

    // MARK: Tokens of other issuers

    /// The person, where it is known without the database that they may use the token.
    private func principal(of token: ExternalToken, at now: UInt64) -> Principal? {
        guard let owner = token.owner, owner.accepts(issuedAt: token.issuedAt) else { return nil }
        // The list tells of accounts that have ended since for as long as a token of the shop is valid.
        guard now >= owner.readAt, now - owner.readAt <= verifier.tokens.lifetime.nanosecondsClamped else { return nil }
        let claims = owner.claims(of: token)
        return ended.isEnded(claims, at: now) == false ? claims.principal : nil
    }

    private func authenticate(_ token: ExternalToken, _ key: TokenVerifier.Key?, _ context: RequestContext) async throws {
        let owner = try await identities.owner(
            of: token, at: verifier.issuers[token.issuer], now: context.loop.now, traceID: context.traceID)
        guard let owner, owner.accepts(issuedAt: token.issuedAt) else {
            context.authentication = owner?.isDisabled == true ? Self.isDisabled : Self.hasEnded
            return
        }
        var known = token
        known.owner = owner
        verifier.remember(known, key)
        context.authentication = .verified(owner.claims(of: token).principal)
    }

    private func authenticate(_ token: [UInt8], fetching keys: IssuerKeys, _ context: RequestContext) async throws {
        _ = await keys.refreshed()
        // Nothing can be said about a token while no key was ever fetched.
        guard keys.snapshot != nil else { throw Problem(.issuerUnavailable).retrying(after: 5) }
        let (verdict, key) = verifier.verify(token)
        switch verdict {
        case .verified(.external(let external)): try await authenticate(external, key, context)
        case .verified(.shop(let claims)): try await authenticate(claims, context)
        case .refused(let error): context.authentication = Self.refusal(error)
        case .needsKeys: context.authentication = Self.refusal(JWTError("no key of its issuer has the token's \"kid\""))
        }
    }

    private static func refusal(_ error: JWTError) -> Authentication {
        .refused("The access token cannot be used: \(error.description).")
    }

    private static let isDisabled = Authentication.refused(
        "The account cannot be used. Signing in again does not help: write to the shop.")
    private static let hasEnded = Authentication.refused("The session has ended. Sign in again.")

    /// The token of `Bearer TOKEN` (RFC 6750 section 2.1); the scheme in any case (RFC 9110 section 11.1).
    private static func token(in header: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let scheme = Array("bearer ".utf8)
        guard header.count > scheme.count, zip(header, scheme).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 }) else { return nil }
        let token = header.dropFirst(scheme.count).drop { $0 == 0x20 }
        return token.isEmpty || token.contains(0x20) ? nil : token
    }
}
