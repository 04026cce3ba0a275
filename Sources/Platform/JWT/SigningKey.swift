import COpenSSL
import Formats

/// A key that tokens are signed with.
package struct SigningKey: Sendable {
    private enum Kind: Sendable {
        case secret([UInt8])
        case elliptic(PrivateKey)
    }

    private let kind: Kind
    /// Names the key in a token's header, so that its receiver need not try several.
    package let keyID: String
    package let algorithm: JWSAlgorithm
    /// The key that verifies what this one signs.
    package let verificationKey: JSONWebKey
    /// The public key as others may know it (RFC 7517); nil for a secret.
    package let publicKey: JSONValue?

    /// A secret, for HMAC with SHA-256.
    /// - Parameter secret: at least 32 random bytes
    package init(secret: [UInt8]) {
        kind = .secret(secret)
        // Tells no more about the secret than any token does.
        keyID = Base64URL.encode(Self.code(Array("key id".utf8), secret).prefix(9))
        algorithm = .hs256
        verificationKey = JSONWebKey(secret: secret, algorithm: .hs256, keyID: keyID)
        publicKey = nil
    }

    /// A private key on the curve P-256, for ES256.
    /// - Parameter pem: in PEM without a passphrase (RFC 7468, RFC 5958, RFC 5915)
    /// - Throws: ``JWTError`` for another text
    package init(pem: String) throws(JWTError) {
        let key = try PrivateKey(pem: Array(pem.utf8))
        kind = .elliptic(key)
        algorithm = .es256
        keyID = key.thumbprint
        let json = key.publicKey(keyID: keyID)
        publicKey = json
        verificationKey = try JSONWebKey(json)
    }

    /// A signed token in the compact form (RFC 7515 section 7.1); nil where OpenSSL fails.
    /// - Parameters:
    ///   - payload: the claims, as JSON
    ///   - type: the header's `typ`
    package func sign(_ payload: [UInt8], type: String) -> String? {
        var header = JSONWriter(capacity: 96)
        header.beginObject()
        header.field("alg", algorithm.rawValue)
        header.field("typ", type)
        header.field("kid", keyID)
        header.endObject()
        let signed = Base64URL.encode(header.finish()) + "." + Base64URL.encode(payload)
        let signature: [UInt8]? =
            switch kind {
            case .secret(let secret): Self.code(Array(signed.utf8), secret)
            case .elliptic(let key): key.signature(of: Array(signed.utf8))
            }
        return signature.map { signed + "." + Base64URL.encode($0) }
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

/// A private key of OpenSSL on the curve P-256.
// Unchecked: it is never changed after the initializer, and OpenSSL's operations on a key may run on several threads.
private final class PrivateKey: @unchecked Sendable {
    private let key: OpaquePointer
    private let x: [UInt8]
    private let y: [UInt8]

    init(pem: [UInt8]) throws(JWTError) {
        defer { ERR_clear_error() }
        let source = pem.withUnsafeBytes { BIO_new_mem_buf($0.baseAddress, Int32(clamping: $0.count)) }
        defer { BIO_free(source) }
        // The source points into the array, which lives until the end of this function. Without the callback, OpenSSL would ask a
        // terminal for a passphrase.
        let read = withExtendedLifetime(pem) { PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in 0 }, nil) }
        guard let read else { throw JWTError("the key is not a private key in PEM without a passphrase") }
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        guard EVP_PKEY_get_group_name(read, &name, name.count, &length) == 1, length <= name.count,
            name[..<length].elementsEqual("prime256v1".utf8.map { CChar($0) }),
            let x = Self.number("qx", of: read), let y = Self.number("qy", of: read)
        else {
            EVP_PKEY_free(read)
            throw JWTError("the key is not on the curve P-256")
        }
        key = read
        self.x = x
        self.y = y
    }

    deinit { EVP_PKEY_free(key) }

    /// A coordinate of the public point: 32 bytes, big-endian.
    private static func number(_ name: String, of key: OpaquePointer) -> [UInt8]? {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, name, &number) == 1 else { return nil }
        defer { BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: EllipticCurve.p256.size)
        return BN_bn2binpad(number, &bytes, Int32(bytes.count)) == bytes.count ? bytes : nil
    }

    /// RFC 7638.
    var thumbprint: String {
        let text = #"{"crv":"P-256","kty":"EC","x":"\#(Base64URL.encode(x))","y":"\#(Base64URL.encode(y))"}"#
        var digest = [UInt8](repeating: 0, count: 32)
        let message = Array(text.utf8)
        _ = EVP_Digest(message, message.count, &digest, nil, EVP_sha256(), nil)
        return Base64URL.encode(digest)
    }

    func publicKey(keyID: String) -> JSONValue {
        var object = JSONObject()
        for (name, value) in [
            ("kty", "EC"), ("crv", "P-256"), ("use", "sig"), ("alg", "ES256"), ("kid", keyID), ("x", Base64URL.encode(x)),
            ("y", Base64URL.encode(y)),
        ] { object.append(name, .string(value)) }
        return .object(object)
    }

    /// The numbers r and s, each of 32 bytes (RFC 7518 section 3.4).
    func signature(of message: [UInt8]) -> [UInt8]? {
        defer { ERR_clear_error() }
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        var encoded = [UInt8](repeating: 0, count: 80)
        var length = encoded.count
        guard EVP_DigestSignInit_ex(context, nil, "SHA256", nil, nil, key, nil) == 1,
            EVP_DigestSign(context, &encoded, &length, message, message.count) == 1
        else { return nil }
        let signature = encoded.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_ECDSA_SIG(nil, &start, length)
        }
        defer { ECDSA_SIG_free(signature) }
        guard let r = ECDSA_SIG_get0_r(signature), let s = ECDSA_SIG_get0_s(signature) else { return nil }
        let size = EllipticCurve.p256.size
        var (left, right) = ([UInt8](repeating: 0, count: size), [UInt8](repeating: 0, count: size))
        guard BN_bn2binpad(r, &left, Int32(size)) == size, BN_bn2binpad(s, &right, Int32(size)) == size else { return nil }
        return left + right
    }
}
