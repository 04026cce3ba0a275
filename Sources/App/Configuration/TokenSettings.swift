import Formats
import FoundationEssentials
import JWT

/// How access tokens are verified.
package struct TokenSettings: Sendable {
    /// The keys of `JWT_SECRET` and `JWT_SECRET_PREVIOUS`; empty where neither is set, or is too short for HS256.
    package let keys: [JSONWebKey]
    package let rules: AccessTokenRules
    /// The key that new tokens are signed with: `TOKEN_KEY`, else `JWT_SECRET`; nil without one.
    package let signingKey: SigningKey?
    /// The public keys of `TOKEN_KEY` and `TOKEN_KEY_PREVIOUS`, which others may verify tokens with.
    package let publicKeys: [JSONValue]
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
        let asymmetric = [
            Self.key(
                "TOKEN_KEY", "Private key on the curve P-256, in PEM, that signs access tokens (ES256) in place of JWT_SECRET",
                &reader),
            Self.key(
                "TOKEN_KEY_PREVIOUS", "Previous TOKEN_KEY, to verify the tokens that were signed with it while it rotates",
                &reader),
        ]
        publicKeys = asymmetric.compactMap { $0?.publicKey }
        let secretKeys: [JSONWebKey] = [secret?.reveal(), previous?.secret].compactMap { secret in
            guard let secret, secret.utf8.count >= Self.shortestSecret else { return nil }
            return SigningKey(secret: Array(secret.utf8)).verificationKey
        }
        keys = asymmetric.compactMap { $0?.verificationKey } + secretKeys
        signingKey =
            asymmetric[0]
            ?? secret.flatMap { secret in
                let bytes = Array(secret.reveal().utf8)
                return bytes.count < Self.shortestSecret ? nil : SigningKey(secret: bytes)
            }
        lifetime = reader.read(
            "TOKEN_LIFETIME", .duration(.seconds(60) ... .seconds(900)), default: .seconds(600),
            "How long an access token is valid")
        rules = AccessTokenRules(issuer: issuer ?? reader.text("PUBLIC_URL") ?? "commerce", audience: audience)
    }

    /// The warning for the operator at the start; nil if tokens can be signed.
    package var warning: String? {
        signingKey != nil
            ? nil
            : "JWT_SECRET is not set or has fewer than \(Self.shortestSecret) bytes, and TOKEN_KEY is not set: customers cannot sign in"
    }

    /// A private key from a variable or a file.
    private static func key(_ name: String, _ description: String, _ reader: inout SettingsReader) -> SigningKey? {
        let given = reader.read(optional: name, .signingKey, as: .secret, description)
        let path = reader.read(optional: name + "_FILE", .text, "PEM file with \(name)")
        guard let path else { return given.flatMap { try? SigningKey(pem: $0) } }
        let expected = "a file with \(SettingFormat.signingKey.expectation)"
        guard given == nil else {
            reader.reject(name + "_FILE", "is set beside \(name)", expected: "one of the two")
            return nil
        }
        guard let data = FileManager.default.contents(atPath: path), data.count <= 65_536,
            let key = try? SigningKey(pem: String(decoding: data, as: UTF8.self))
        else {
            reader.reject(name + "_FILE", "cannot be used (its content is not shown)", expected: expected)
            return nil
        }
        return key
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

extension SettingFormat where Value == String {
    /// A private key in PEM.
    fileprivate static var signingKey: SettingFormat {
        text("a private key on the curve P-256 in PEM, without a passphrase") { (try? SigningKey(pem: $0)) != nil }
    }
}
