import Formats
import JWT

/// What an access token of an issuer must say (RFC 9068, OpenID Connect Core 1.0, RFC 8725).
///
/// Issuers differ: many set no `typ`, and Amazon Cognito has `client_id` in place of `aud`. So the rules take what only an access
/// token has as a sign that it is one, and refuse what only an ID token has.
package struct IssuerTokenRules: Sendable {
    private let audiences: [String]
    private let clients: [String]
    private let issuer: String
    /// How far the issuer's clock may differ, in seconds.
    private let leeway: Int64

    package init(_ issuer: TrustedIssuer, leeway: Duration) {
        self.issuer = issuer.issuer
        audiences = issuer.audiences
        clients = issuer.audiences + issuer.clientIDs
        self.leeway = max(0, leeway.components.seconds)
    }

    /// Checks everything but the signature.
    /// - Parameter now: seconds since 1970
    /// - Throws: ``JWTError``
    package func check(_ header: JSONWebSignature.Header, _ claims: JWTClaims, at now: Int64) throws(JWTError) {
        guard header.algorithm == .rs256 || header.algorithm == .es256 else {
            throw JWTError("the token's algorithm is neither RS256 nor ES256")
        }
        guard let named = claims.issuer, named.hasSameBytes(as: issuer) else { throw JWTError("the token has another issuer") }
        guard let subject = claims.subject, (1...255).contains(subject.utf8.count) else {
            throw JWTError("the claim \"sub\" is missing or too long")
        }
        guard let expires = claims.expires else { throw JWTError("the claim \"exp\" is missing") }
        // Neither is negative: a subtraction cannot overflow.
        let now = max(0, now)
        guard expires - now > -leeway else { throw JWTError("the token has expired") }
        for time in [claims.notBefore, claims.issuedAt].compactMap(\.self) where time - now > leeway {
            throw JWTError("the token is not valid yet")
        }
        let isCognito = try checkKind(header, claims)
        try checkRecipients(claims, isCognito: isCognito)
    }

    /// - Returns: whether the token is an access token of Amazon Cognito.
    private func checkKind(_ header: JSONWebSignature.Header, _ claims: JWTClaims) throws(JWTError) -> Bool {
        let isMarked: Bool
        switch header.type.map({ String(decoding: $0.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self) }) {
        case "at+jwt", "application/at+jwt": isMarked = true
        case nil, "jwt", "application/jwt": isMarked = false
        default: throw JWTError("the token is not an access token: see its header's \"typ\"")
        }
        // Amazon Cognito.
        if let use = claims.object["token_use"] {
            guard use.stringValue == "access" else { throw JWTError("the token is not an access token: see its \"token_use\"") }
            return true
        }
        // Keycloak.
        if let type = claims.object["typ"] {
            guard type.stringValue == "Bearer" else { throw JWTError("the token is not an access token: see its claim \"typ\"") }
            return false
        }
        if !isMarked {
            // Only an ID token or a logout token has these (OpenID Connect Core section 2, Back-Channel Logout section 2.4).
            for name in ["nonce", "at_hash", "c_hash", "events"] where claims.object[name] != nil {
                throw JWTError("the token is not an access token: it has the claim \"\(name)\"")
            }
        }
        return false
    }

    private func checkRecipients(_ claims: JWTClaims, isCognito: Bool) throws(JWTError) {
        func isIn(_ list: [String], _ name: String) -> Bool { list.contains { $0.hasSameBytes(as: name) } }
        if isCognito && claims.object["aud"] == nil {
            guard claims.object["client_id"] != nil else { throw JWTError("the claim \"client_id\" is missing") }
        } else {
            guard claims.audience.contains(where: { isIn(audiences, $0) }) else {
                throw JWTError("the token is for another audience")
            }
        }
        for name in ["azp", "client_id"] {
            guard let value = claims.object[name] else { continue }
            guard let client = value.stringValue, isIn(clients, client) else {
                throw JWTError("the token is for another client: see its \"\(name)\"")
            }
        }
    }
}
