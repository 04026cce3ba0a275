import COpenSSL

/// A key in the form that OpenSSL verifies with.
enum VerificationKey: Sendable {
    case secret([UInt8])
    case `public`(PublicKey, JWSAlgorithm.KeyKind)

    var kind: JWSAlgorithm.KeyKind {
        switch self {
        case .secret: .secret
        case .public(_, let kind): kind
        }
    }

    /// - Parameters:
    ///   - modulus: big-endian, of 2,048 to 16,384 bits
    ///   - exponent: odd, at least 3
    static func rsa(modulus: [UInt8], exponent: [UInt8]) throws(JWTError) -> VerificationKey {
        guard modulus.first != 0, exponent.first != 0 else { throw JWTError("the key's numbers begin with zeros") }
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard (2_048...16_384).contains(bits) else { throw JWTError("an RSA key must have 2,048 to 16,384 bits") }
        guard exponent.count <= 8, let last = exponent.last, last & 1 == 1, exponent != [1] else {
            throw JWTError("the key's exponent is not possible")
        }
        return .public(try PublicKey(rsa: modulus, exponent: exponent), .rsa)
    }

    /// - Parameters:
    ///   - x: big-endian, of exactly the curve's size
    ///   - y: the same
    static func point(on curve: EllipticCurve, x: [UInt8], y: [UInt8]) throws(JWTError) -> VerificationKey {
        guard x.count == curve.size, y.count == curve.size else {
            throw JWTError("the key's coordinates have another length than its curve")
        }
        return .public(try PublicKey(curve, point: [4] + x + y), .curve(curve))
    }

    static func ed25519(_ bytes: [UInt8]) throws(JWTError) -> VerificationKey {
        guard bytes.count == 32 else { throw JWTError("an Ed25519 key must have 32 bytes") }
        return .public(try PublicKey(ed25519: bytes), .ed25519)
    }

    /// Whether the signature is that of the message. The algorithm fits the kind of the key.
    func isValid(_ signature: [UInt8], for message: [UInt8], _ algorithm: JWSAlgorithm) -> Bool {
        switch self {
        case .secret(let secret):
            guard secret.count >= algorithm.leastSecret, let digest = algorithm.digest else { return false }
            var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
            var length = 0
            guard
                EVP_Q_mac(nil, "HMAC", nil, digest, nil, secret, secret.count, message, message.count, &code, code.count, &length)
                    != nil,
                length == signature.count
            else { return false }
            return CRYPTO_memcmp(code, signature, length) == 0
        case .public(let key, .curve(let curve)):
            guard let encoded = ECDSASignature(signature, size: curve.size) else { return false }
            return key.isValid(encoded.der, for: message, algorithm)
        case .public(let key, _):
            return key.isValid(signature, for: message, algorithm)
        }
    }
}

/// Hides the secret, which must not reach a log by interpolation or `dump`.
extension VerificationKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { "VerificationKey(…)" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// An ECDSA signature as a token has it: the numbers r and s, each as long as the curve's order (RFC 7518 section 3.4).
private struct ECDSASignature {
    /// The same in the form that OpenSSL reads (RFC 3279 section 2.2.3).
    let der: [UInt8]

    /// Nil for another length, and where r or s is 0. OpenSSL refuses numbers that are not less than the order. A high s is valid.
    init?(_ bytes: [UInt8], size: Int) {
        guard bytes.count == size * 2 else { return nil }
        let (r, s) = (bytes[..<size].drop { $0 == 0 }, bytes[size...].drop { $0 == 0 })
        guard !r.isEmpty, !s.isEmpty else { return nil }
        der = DER.sequence(DER.integer(r) + DER.integer(s))
    }
}

/// The distinguished encoding of ASN.1 values (ITU-T X.690).
private enum DER {
    static func sequence(_ content: [UInt8]) -> [UInt8] { value(0x30, content) }

    /// - Parameter bytes: a positive number, big-endian, without leading zeros
    static func integer(_ bytes: some Collection<UInt8>) -> [UInt8] {
        value(0x02, (bytes.first ?? 0) < 0x80 ? Array(bytes) : [0] + bytes)
    }

    static func bitString(_ bytes: [UInt8]) -> [UInt8] { value(0x03, [0] + bytes) }

    private static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = content.count
        repeat {
            length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        } while rest > 0
        if content.count >= 0x80 { length.insert(0x80 | UInt8(truncatingIfNeeded: length.count), at: 0) }
        return [tag] + length + content
    }
}

extension EllipticCurve {
    /// Its object identifier (RFC 5480 section 2.1.1.1).
    fileprivate var identifier: [UInt8] {
        switch self {
        case .p256: [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        case .p384: [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22]
        case .p521: [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23]
        }
    }
}

/// A public key of OpenSSL.
// Unchecked: it is never changed after the initializer, and OpenSSL's operations on a key may run on several threads.
final class PublicKey: @unchecked Sendable {
    private let key: OpaquePointer

    convenience init(rsa modulus: [UInt8], exponent: [UInt8]) throws(JWTError) {
        // rsaEncryption, NULL (RFC 3279 section 2.3.1).
        let algorithm: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00]
        try self.init(algorithm, DER.sequence(DER.integer(modulus) + DER.integer(exponent)))
    }

    convenience init(_ curve: EllipticCurve, point: [UInt8]) throws(JWTError) {
        // id-ecPublicKey (RFC 5480 section 2.1.1).
        let algorithm: [UInt8] = [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
        try self.init(algorithm + curve.identifier, point)
    }

    convenience init(ed25519 bytes: [UInt8]) throws(JWTError) {
        // id-Ed25519 (RFC 8410 section 3).
        try self.init([0x06, 0x03, 0x2B, 0x65, 0x70], bytes)
    }

    /// Reads a SubjectPublicKeyInfo (RFC 5280 section 4.1).
    private init(_ algorithm: [UInt8], _ bits: [UInt8]) throws(JWTError) {
        defer { ERR_clear_error() }
        let info = DER.sequence(DER.sequence(algorithm) + DER.bitString(bits))
        let read = info.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_PUBKEY(nil, &start, buffer.count)
        }
        guard let read else { throw Self.impossible }
        // A point must be on its curve. OpenSSL does not check other keys further.
        let check = EVP_PKEY_CTX_new_from_pkey(nil, read, nil)
        defer { EVP_PKEY_CTX_free(check) }
        guard EVP_PKEY_public_check(check) == 1 else {
            EVP_PKEY_free(read)
            throw Self.impossible
        }
        key = read
    }

    deinit { EVP_PKEY_free(key) }

    private static let impossible = JWTError("the key's numbers are not those of a key")

    func isValid(_ signature: [UInt8], for message: [UInt8], _ algorithm: JWSAlgorithm) -> Bool {
        // What OpenSSL notes about a wrong signature stays on the thread, and other calls would take it for their own.
        defer { ERR_clear_error() }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        var inner: OpaquePointer?
        let started =
            if let digest = algorithm.digest {
                EVP_DigestVerifyInit_ex(context, &inner, digest, nil, nil, key, nil)
            } else {
                EVP_DigestVerifyInit(context, nil, nil, nil, key)
            }
        guard started == 1 else { return false }
        if algorithm.isPSS {
            // The salt is as long as the hash (RFC 7518 section 3.5).
            guard EVP_PKEY_CTX_set_rsa_padding(inner, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(inner, RSA_PSS_SALTLEN_DIGEST) == 1
            else { return false }
        }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
