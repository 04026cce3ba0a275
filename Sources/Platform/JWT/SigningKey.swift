import COpenSSL
import Formats

/// A key that tokens are signed with.
package struct SigningKey: Sendable {
    private let secret: [UInt8]
    /// Names the key in a token's header, so that its receiver need not try several.
    package let keyID: String
    package let algorithm: JWSAlgorithm

    /// A secret, for HMAC with SHA-256.
    /// - Parameter secret: at least 32 random bytes
    package init(secret: [UInt8]) {
        self.secret = secret
        keyID = Self.keyID(of: secret)
        algorithm = .hs256
    }

    /// The key that verifies what this one signs.
    package var verificationKey: JSONWebKey { JSONWebKey(secret: secret, algorithm: .hs256, keyID: keyID) }

    /// A name that all tasks with the same secret give it. It tells no more about the secret than any token does.
    package static func keyID(of secret: [UInt8]) -> String {
        Base64URL.encode(code(Array("key id".utf8), secret).prefix(9))
    }

    /// A signed token in the compact form (RFC 7515 section 7.1).
    /// - Parameters:
    ///   - payload: the claims, as JSON
    ///   - type: the header's `typ`
    package func sign(_ payload: [UInt8], type: String) -> String {
        var header = JSONWriter(capacity: 96)
        header.beginObject()
        header.field("alg", algorithm.rawValue)
        header.field("typ", type)
        header.field("kid", keyID)
        header.endObject()
        let signed = Base64URL.encode(header.finish()) + "." + Base64URL.encode(payload)
        return signed + "." + Base64URL.encode(Self.code(Array(signed.utf8), secret))
    }

    private static func code(_ message: [UInt8], _ secret: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length = 0
        let done = EVP_Q_mac(
            nil, "HMAC", nil, "SHA256", nil, secret, secret.count, message, message.count, &code, code.count, &length)
        precondition(done != nil, "OpenSSL cannot compute HMAC")
        return Array(code[..<length])
    }
}

/// Hides the secret, which must not reach a log by interpolation or `dump`.
extension SigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "SigningKey(…)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
