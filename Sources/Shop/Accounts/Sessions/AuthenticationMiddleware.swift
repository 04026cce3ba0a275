import Formats
import HTTPServer
import JWT
import Web

/// Finds the person behind a request by its access token, for all routes that need one. ``RouteAccess`` decides afterwards.
///
/// It comes before the rate limits, so that each account has buckets of its own. Confined to its loop.
package struct AuthenticationMiddleware: Middleware {
    private let tokens: AccessTokens
    private let ended: EndedSessions
    private let sessions: SessionStore

    package init(tokens: AccessTokens, ended: EndedSessions, sessions: SessionStore) {
        self.tokens = tokens
        self.ended = ended
        self.sessions = sessions
    }

    package func before(_ context: RequestContext) -> MiddlewareResult {
        guard let access = context.access, access.readsToken,
            let header = context.request.head.bytes(of: .authorization)
        else { return .next }
        guard let token = Self.token(in: header) else {
            context.authentication = .refused("Authorization must be \"Bearer\" and one access token.")
            return .next
        }
        let claims: AccessTokens.Claims
        do throws(JWTError) { claims = try tokens.verify(token) } catch {
            context.authentication = .refused("The access token cannot be used: \(error.description).")
            return .next
        }
        if let isEnded = ended.isEnded(claims, at: context.loop.now) {
            context.authentication = isEnded ? Self.hasEnded : .verified(claims.principal)
            return .next
        }
        // The list of ended sessions was not read for a moment: the database has the answer.
        return .suspend {
            let isActive = try await sessions.isActive(claims)
            context.authentication = isActive ? .verified(claims.principal) : Self.hasEnded
            return nil
        }
    }

    private static let hasEnded = Authentication.refused("The session has ended. Sign in again.")

    /// The token of `Bearer TOKEN` (RFC 6750 section 2.1); the scheme in any case (RFC 9110 section 11.1).
    private static func token(in header: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let scheme = Array("bearer ".utf8)
        guard header.count > scheme.count, zip(header, scheme).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 }) else { return nil }
        let token = header.dropFirst(scheme.count).drop { $0 == 0x20 }
        return token.isEmpty || token.contains(0x20) ? nil : token
    }
}
