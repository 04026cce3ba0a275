import Formats

/// A key that tokens are verified with (RFC 7517), for the one use of verifying signatures.
package struct JSONWebKey: Sendable {
    package let keyID: String?
    /// The only algorithm that it is for; nil: any that fits its kind.
    package let algorithm: JWSAlgorithm?
    private let key: VerificationKey

    /// Which algorithms it can be used with.
    package var kind: JWSAlgorithm.KeyKind { key.kind }

    /// A secret, for HMAC.
    package init(secret: some Collection<UInt8>, algorithm: JWSAlgorithm = .hs256, keyID: String? = nil) {
        self.keyID = keyID
        self.algorithm = algorithm
        key = .secret(Array(secret))
    }

    /// Reads a key.
    /// - Throws: ``JWTError`` for a key that is not for signatures, is too weak (RFC 7518 sections 3.2 and 3.3) or is damaged.
    package init(_ json: JSONValue) throws(JWTError) {
        guard let object = json.objectValue else { throw JWTError("the key is not a JSON object") }
        func text(_ name: String) throws(JWTError) -> String? {
            guard let value = object[name] else { return nil }
            guard let text = value.stringValue else { throw JWTError("the key's \"\(name)\" is not a string") }
            return text
        }
        func bytes(_ name: String) throws(JWTError) -> [UInt8] {
            guard let bytes = try text(name).flatMap({ Base64URL.decode($0) }), !bytes.isEmpty else {
                throw JWTError("the key's \"\(name)\" is missing or is not base64url")
            }
            return bytes
        }
        guard try text("use").map({ $0 == "sig" }) ?? true else {
            throw JWTError("the key is not for signatures: see its \"use\"")
        }
        if let operations = object["key_ops"] {
            let names = operations.arrayValue?.compactMap(\.stringValue) ?? []
            guard names.contains("verify"), names.count == operations.arrayValue?.count, Set(names).count == names.count else {
                throw JWTError("the key is not for verifying: see its \"key_ops\"")
            }
        }
        keyID = try text("kid")
        if let name = try text("alg") {
            guard let known = JWSAlgorithm(rawValue: name) else { throw JWTError("the key's algorithm is not supported") }
            algorithm = known
        } else {
            algorithm = nil
        }
        switch try text("kty") {
        case "oct": key = .secret(try bytes("k"))
        case "RSA": key = try .rsa(modulus: bytes("n"), exponent: bytes("e"))
        case "EC":
            guard let curve = try text("crv").flatMap(EllipticCurve.init) else {
                throw JWTError("the key's curve is not supported")
            }
            key = try .point(on: curve, x: bytes("x"), y: bytes("y"))
        case "OKP":
            guard try text("crv") == "Ed25519" else { throw JWTError("the key's curve is not supported") }
            key = try .ed25519(bytes("x"))
        default: throw JWTError("the key's \"kty\" is missing or not supported")
        }
        if let algorithm, algorithm.keyKind != key.kind { throw JWTError("the key's algorithm does not fit its kind") }
        if case .secret(let bytes) = key, bytes.count < (algorithm ?? .hs256).leastSecret {
            throw JWTError("the key is too short")
        }
    }

    /// Verifies a signature.
    ///
    /// The token's algorithm must be that of the key, and must be for keys of its kind: a sender who may choose it could have a public
    /// key used as a secret (RFC 8725 section 3.1).
    /// - Throws: ``JWTError``
    package func verify(_ token: JSONWebSignature) throws(JWTError) {
        let used = token.header.algorithm
        guard used.keyKind == key.kind, algorithm.map({ $0 == used }) ?? true else {
            throw JWTError("the token's algorithm is not that of the key")
        }
        guard key.isValid(token.signature, for: token.signed, used) else { throw .wrongSignature }
    }

    /// Verifies a signature with one of several keys.
    /// - Throws: ``JWTError`` of the last one, if none fits.
    package static func verify(_ token: JSONWebSignature, with keys: [JSONWebKey]) throws(JWTError) {
        var last = JWTError("there is no key to verify the token with")
        for key in keys {
            do throws(JWTError) { return try key.verify(token) } catch { last = error }
        }
        throw last
    }
}
