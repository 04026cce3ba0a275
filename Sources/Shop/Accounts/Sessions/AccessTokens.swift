import Formats
import FoundationEssentials
import JWT
import Web

/// Issues and verifies the access tokens of this shop (RFC 9068).
package struct AccessTokens: Sendable {
    /// What a valid token says.
    package struct Claims: Sendable, Equatable {
        package let principal: Principal
        /// The epoch of the account in which it was issued.
        package let epoch: Int32

        package init(principal: Principal, epoch: Int32) {
            self.principal = principal
            self.epoch = epoch
        }
    }

    private let keys: [JSONWebKey]
    private let signingKey: SigningKey?
    private let rules: AccessTokenRules
    package let lifetime: Duration

    /// - Parameter signingKey: nil where no tokens can be issued
    package init(keys: [JSONWebKey], signingKey: SigningKey?, rules: AccessTokenRules, lifetime: Duration) {
        self.keys = keys
        self.signingKey = signingKey
        self.rules = rules
        self.lifetime = lifetime
    }

    /// Whether tokens can be issued.
    package var isUsable: Bool { signingKey != nil }

    /// Seconds until a new token expires.
    package var seconds: Int64 { lifetime.components.seconds }

    /// A token; nil without a key to sign it with, or where OpenSSL fails.
    package func issue(_ claims: Claims, at time: Timestamp = .now) -> String? {
        guard let signingKey else { return nil }
        let now = time.microseconds / 1_000_000
        var json = JSONWriter(capacity: 320)
        json.beginObject()
        json.field("iss", rules.issuer)
        json.field("aud", rules.audience)
        json.field("sub", claims.principal.account)
        json.field("sid", claims.principal.session)
        json.field("epoch", claims.epoch)
        json.field("jti", UUID.v7(at: time))
        json.field("iat", now)
        json.field("nbf", now)
        json.field("exp", now + seconds)
        json.endObject()
        return signingKey.sign(json.finish(), type: "at+jwt")
    }

    /// Whether tokens may have a signature of a public key, which takes long to verify.
    var hasPublicKeys: Bool { keys.contains { $0.kind != .secret } }

    /// - Throws: ``JWTError`` for a token that cannot be used; its text may be shown.
    package func verify(_ token: some Collection<UInt8>, at time: Timestamp = .now) throws(JWTError) -> Claims {
        try verify(JSONWebSignature(token), at: time.microseconds / 1_000_000).claims
    }

    /// The claims of a token that was read already, and when it expires.
    /// - Parameter now: seconds since 1970
    func verify(_ token: JSONWebSignature, at now: Int64) throws(JWTError) -> (claims: Claims, expires: Int64) {
        let claims = try rules.verify(token, keys: keys, at: now)
        guard let account = claims.subject.flatMap({ UUID(utf8: $0.utf8) }),
            let session = claims.object["sid"]?.stringValue.flatMap({ UUID(utf8: $0.utf8) }),
            let epoch = claims.object["epoch"]?.int64Value.flatMap({ Int32(exactly: $0) })
        else { throw JWTError("the token is not for a session of this shop") }
        return (Claims(principal: Principal(account: account, session: session), epoch: epoch), claims.expires ?? 0)
    }
}
