import Formats
import FoundationEssentials
import JWT
import Web

/// What a verified access token of an issuer says.
package struct ExternalToken: Sendable {
    /// The place of its issuer in the settings.
    let issuer: Int
    /// The issuer's keys with which it was verified.
    let generation: UInt64
    let subject: String
    let expires: Int64
    /// In seconds since 1970; 0 where the token does not say.
    let issuedAt: Int64
    /// When the person signed in at the issuer, in seconds since 1970; nil where the token does not say.
    let signedInAt: Int64?
    let role: Principal.Role
    /// Proven by the issuer.
    let email: String?
    /// Whose it is; nil until the database was asked.
    var owner: ExternalOwner?
}

/// The account that belongs to a person at an issuer.
package struct ExternalOwner: Sendable, Equatable {
    /// What stands for a session.
    let session: UUID
    let account: UUID
    let epoch: Int32
    /// Tokens that were issued until then are no longer accepted, in seconds since 1970; nil where all are.
    let endedAt: Int64?
    let isDisabled: Bool
    /// When the database was asked, in nanoseconds of the monotonic clock.
    let readAt: UInt64

    /// Whether it may use a token that was issued at a time.
    func accepts(issuedAt time: Int64) -> Bool { !isDisabled && endedAt.map { time > $0 } ?? true }

    func claims(of token: ExternalToken) -> AccessTokens.Claims {
        AccessTokens.Claims(
            principal: Principal(
                account: account, session: session, role: token.role, signedInAt: token.signedInAt ?? token.issuedAt),
            epoch: epoch)
    }
}
