import Formats
import JWT

/// How access tokens are verified.
package struct TokenSettings: Sendable {
    /// The keys of `JWT_SECRET` and `JWT_SECRET_PREVIOUS`; empty where neither is set, or is too short for HS256.
    package let keys: [JSONWebKey]
    package let rules: AccessTokenRules
    /// The key that new tokens are signed with: `JWT_SECRET`; nil without one.
    package let signingKey: SigningKey?
    /// How long an access token is valid.
    package let lifetime: Duration

    /// Fewer bytes than the hash has are too few (RFC 7518 section 3.2).
    private static let shortestSecret = 32

    /// - Parameter secret: `JWT_SECRET`
    init(_ reader: inout SettingsReader, secret: Secret?) {
        let previous = reader.readSecret(
            "JWT_SECRET_PREVIOUS", "Previous JWT_SECRET, to verify the tokens that were signed with it while it rotates")
        let issuer = reader.read(
            optional: "TOKEN_ISSUER", .text, shownDefault: "PUBLIC_URL, else commerce", "Issuer (`iss`) of access tokens")
        let audience = reader.read("TOKEN_AUDIENCE", .text, default: "commerce", "Audience (`aud`) of access tokens")
        keys = [secret?.reveal(), previous?.secret].compactMap { secret in
            guard let secret, secret.utf8.count >= Self.shortestSecret else { return nil }
            return SigningKey(secret: Array(secret.utf8)).verificationKey
        }
        signingKey = secret.flatMap { secret in
            let bytes = Array(secret.reveal().utf8)
            return bytes.count < Self.shortestSecret ? nil : SigningKey(secret: bytes)
        }
        lifetime = reader.read(
            "TOKEN_LIFETIME", .duration(.seconds(60) ... .seconds(900)), default: .seconds(600),
            "How long an access token is valid")
        rules = AccessTokenRules(issuer: issuer ?? reader.text("PUBLIC_URL") ?? "commerce", audience: audience)
    }

    /// The settings alone, for a command that needs no other ones.
    /// - Throws: ``ConfigurationError`` with every setting that cannot be used.
    package static func load(from environment: [String: String]) throws(ConfigurationError) -> TokenSettings {
        var reader = SettingsReader(environment)
        let encryption = EncryptionSettings(&reader)
        let settings = TokenSettings(&reader, secret: encryption.jwtSecret)
        guard reader.errors.isEmpty else { throw ConfigurationError(errors: reader.errors) }
        return settings
    }
}
