/// How a token is signed (RFC 7518 section 3, RFC 8037, RFC 9864). `none` is not among them.
package enum JWSAlgorithm: String, Sendable, CaseIterable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"
    case ed25519 = "Ed25519"

    /// A kind of key. Each algorithm works with one kind, so a public key is never taken for a secret.
    package enum KeyKind: Equatable, Sendable {
        case secret, rsa, ed25519
        case curve(EllipticCurve)
    }

    package var keyKind: KeyKind {
        switch self {
        case .hs256, .hs384, .hs512: .secret
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256: .curve(.p256)
        case .es384: .curve(.p384)
        case .es512: .curve(.p521)
        case .edDSA, .ed25519: .ed25519
        }
    }

    /// OpenSSL's name of the hash; nil where the algorithm has its own.
    var digest: String? {
        switch self {
        case .hs256, .rs256, .ps256, .es256: "SHA256"
        case .hs384, .rs384, .ps384, .es384: "SHA384"
        case .hs512, .rs512, .ps512, .es512: "SHA512"
        case .edDSA, .ed25519: nil
        }
    }

    /// The least number of bytes of a secret: as many as the hash has (RFC 7518 section 3.2).
    var leastSecret: Int {
        switch self {
        case .hs384: 48
        case .hs512: 64
        default: 32
        }
    }

    var isPSS: Bool { [.ps256, .ps384, .ps512].contains(self) }
}

/// A curve of the National Institute of Standards and Technology (FIPS 186-5).
package enum EllipticCurve: String, Sendable, CaseIterable {
    case p256 = "P-256"
    case p384 = "P-384"
    case p521 = "P-521"

    /// Bytes of a coordinate, and of each half of a signature.
    var size: Int {
        switch self {
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }
}
