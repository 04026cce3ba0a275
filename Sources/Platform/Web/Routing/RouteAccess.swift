import FoundationEssentials
import HTTPTypes

/// Who may call a route. Every route declares it, as it has no ``RouteOptions`` without, and ``Application`` checks it before the
/// handler runs: what needs a person who is signed in has one, and a token that is damaged, expired or revoked is refused.
///
/// Which objects the caller may see is decided by the SQL that reads them, never by a comparison afterwards.
package enum RouteAccess: String, Sendable, Hashable, CaseIterable {
    /// Every client; an access token is not looked at.
    case everyone
    /// The holder of a cart's token, or the customer whose cart it is.
    case cart
    /// The holder of an order's token, or the customer whose order it is.
    case order
    /// A person who is signed in.
    case customer

    /// Whether an access token that cannot be used is an error.
    package var readsToken: Bool { self != .everyone }
}

/// A person who is signed in, as a verified access token says.
package struct Principal: Sendable, Equatable {
    /// Where a person's role comes from.
    package enum Role: Sendable, Equatable {
        /// The account has one or none.
        case ofAccount
        /// The issuer of the token gives it, whatever the account has; nil for none.
        case granted(String?)
    }

    package let account: UUID
    /// The session that the token was issued for. For a token of another issuer, what stands for one.
    package let session: UUID
    package let role: Role
    /// When the person signed in at another issuer, in seconds since 1970; nil for a token of the shop, whose session tells it.
    package let signedInAt: Int64?

    package init(account: UUID, session: UUID, role: Role = .ofAccount, signedInAt: Int64? = nil) {
        self.account = account
        self.session = session
        self.role = role
        self.signedInAt = signedInAt
    }
}

/// What is known of the person behind a request.
package enum Authentication: Sendable, Equatable {
    /// The request has no access token.
    case none
    /// The request has a token that cannot be used. The text says why.
    case refused(String)
    case verified(Principal)
}

extension RequestContext {
    /// The person who is signed in; nil for a guest.
    package var principal: Principal? {
        if case .verified(let principal) = authentication { principal } else { nil }
    }

    /// The account of the person who is signed in.
    package var userID: UUID? { principal?.account }

    /// The person who is signed in.
    /// - Throws: `Problem` (401) for a guest.
    package func requirePrincipal() throws(Problem) -> Principal {
        switch authentication {
        case .verified(let principal): return principal
        case .none: throw .unauthorized()
        case .refused(let reason): throw .invalidToken(reason)
        }
    }

    /// - Throws: `Problem` (401) where the route needs a person who is signed in, or the token cannot be used.
    func checkAccess() throws(Problem) {
        guard let access, access.readsToken else { return }
        if case .refused(let reason) = authentication { throw .invalidToken(reason) }
        if access == .customer { _ = try requirePrincipal() }
    }
}

extension Problem {
    /// 401 for an access token that cannot be used (RFC 6750 §3.1).
    package static func invalidToken(_ reason: String) -> Problem {
        var problem = Problem(.unauthorized, reason)
        problem.headers.append(.wwwAuthenticate, #"Bearer error="invalid_token""#)
        return problem
    }
}
