import COpenSSL
import Formats
import Foundation
import Testing

@testable import JWT

private func key(_ json: String) throws -> JSONWebKey { try JSONWebKey(JSONValue.parse(Array(json.utf8))) }

private func token(_ header: String, _ payload: String, _ sign: ([UInt8]) -> [UInt8]) -> String {
    let signed = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(Array(payload.utf8)))"
    return "\(signed).\(Base64URL.encode(sign(Array(signed.utf8))))"
}

/// Signatures that OpenSSL has made.
enum SignedExamples {
    static func hmac(_ message: [UInt8], _ secret: [UInt8], _ digest: String = "SHA256") -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 64)
        var length = 0
        _ = EVP_Q_mac(nil, "HMAC", nil, digest, nil, secret, secret.count, message, message.count, &code, code.count, &length)
        return Array(code[..<length])
    }
}

/// A key pair of OpenSSL, for signatures and keys of every kind.
private final class KeyPair {
    let key: OpaquePointer

    init(_ type: String, curve: String? = nil, bits: Int32 = 2_048) throws {
        let context = EVP_PKEY_CTX_new_from_name(nil, type, nil)
        defer { EVP_PKEY_CTX_free(context) }
        try #require(EVP_PKEY_keygen_init(context) == 1)
        if let curve { try #require(EVP_PKEY_CTX_set_group_name(context, curve) == 1) }
        if type == "RSA" { try #require(EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) == 1) }
        var made: OpaquePointer?
        try #require(EVP_PKEY_generate(context, &made) == 1)
        key = try #require(made)
    }

    deinit { EVP_PKEY_free(key) }

    private func number(_ name: String, size: Int? = nil) throws -> String {
        var value: OpaquePointer?
        try #require(EVP_PKEY_get_bn_param(key, name, &value) == 1)
        defer { BN_free(value) }
        let count = size ?? (Int(BN_num_bits(value)) + 7) / 8
        var bytes = [UInt8](repeating: 0, count: count)
        BN_bn2binpad(value, &bytes, Int32(count))
        return Base64URL.encode(bytes)
    }

    func jwk(_ algorithm: String?) throws -> String {
        let more = algorithm.map { #","alg":"\#($0)""# } ?? ""
        switch String(cString: EVP_PKEY_get0_type_name(key)) {
        case "RSA": return #"{"kty":"RSA","n":"\#(try number("n"))","e":"\#(try number("e"))"\#(more)}"#
        case "EC":
            let curve = try #require(EllipticCurve.allCases.first { $0.size == (Int(EVP_PKEY_get_bits(key)) + 7) / 8 })
            return
                #"{"kty":"EC","crv":"\#(curve.rawValue)","x":"\#(try number("qx", size: curve.size))","y":"\#(try number("qy", size: curve.size))"\#(more)}"#
        default:
            var bytes = [UInt8](repeating: 0, count: 32)
            var count = 32
            try #require(EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1)
            return #"{"kty":"OKP","crv":"Ed25519","x":"\#(Base64URL.encode(bytes))"\#(more)}"#
        }
    }

    func sign(_ message: [UInt8], _ algorithm: JWSAlgorithm) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var inner: OpaquePointer?
        EVP_DigestSignInit_ex(context, &inner, algorithm.digest, nil, nil, key, nil)
        if algorithm.isPSS {
            EVP_PKEY_CTX_set_rsa_padding(inner, RSA_PKCS1_PSS_PADDING)
            EVP_PKEY_CTX_set_rsa_pss_saltlen(inner, RSA_PSS_SALTLEN_DIGEST)
        }
        var count = 1_024
        var signature = [UInt8](repeating: 0, count: count)
        EVP_DigestSign(context, &signature, &count, message, message.count)
        let whole = Array(signature[..<count])
        guard case .curve(let curve) = algorithm.keyKind else { return whole }
        return Self.halves(of: whole, curve.size)
    }

    /// r and s out of the DER form.
    static func halves(of der: [UInt8], _ size: Int) -> [UInt8] {
        var place = der[1] < 0x80 ? 2 : 3
        var result: [UInt8] = []
        for _ in 0..<2 {
            let count = Int(der[place + 1])
            let number = Array(der[(place + 2)..<(place + 2 + count)].drop { $0 == 0 })
            result += [UInt8](repeating: 0, count: size - number.count) + number
            place += 2 + count
        }
        return result
    }
}

private func isValid(_ text: String, _ key: JSONWebKey) -> Bool {
    (try? key.verify(JSONWebSignature(text.utf8))) != nil
}

@Suite("JSON Web Signatures")
struct JSONWebSignatureTests {
    /// RFC 7515, appendices A.1 and A.3; RFC 8037, appendix A.4.
    static let published = [
        (
            #"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#,
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        ),
        (
            #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#,
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        ),
        (
            #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        ),
    ]

    @Test("the published examples are valid, and no longer after a change of any character", arguments: published.indices)
    func examples(index: Int) throws {
        let (json, text) = Self.published[index]
        let key = try key(json)
        #expect(isValid(text, key))
        let bytes = Array(text.utf8)
        for place in bytes.indices {
            for other in [UInt8(ascii: "A"), UInt8(ascii: "b"), UInt8(ascii: "="), UInt8(ascii: "."), 0]
            where bytes[place] != other {
                var changed = bytes
                changed[place] = other
                #expect((try? key.verify(JSONWebSignature(changed))) == nil, "\(place) \(other)")
            }
        }
        for end in bytes.indices { #expect((try? key.verify(JSONWebSignature(bytes[..<end]))) == nil) }
        for more in [".", "A", "=", " ", "\n", ".AAAA"] { #expect(!isValid(text + more, key) && !isValid(more + text, key)) }
    }

    static let pairs: [(String, String?, [JWSAlgorithm])] = [
        ("RSA", nil, [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]), ("EC", "P-256", [.es256]), ("EC", "P-384", [.es384]),
        ("EC", "P-521", [.es512]), ("ED25519", nil, [.edDSA, .ed25519]),
    ]

    @Test("each algorithm verifies what OpenSSL has signed, with its own key only, and never as another algorithm")
    func algorithms() throws {
        var made: [(JWSAlgorithm, JSONWebKey, JSONWebKey, ([UInt8]) -> [UInt8])] = []
        for (type, curve, algorithms) in Self.pairs {
            let pair = try KeyPair(type, curve: curve)
            for algorithm in algorithms {
                made.append(
                    (algorithm, try key(pair.jwk(algorithm.rawValue)), try key(pair.jwk(nil)), { pair.sign($0, algorithm) }))
            }
        }
        for (algorithm, digest) in [(JWSAlgorithm.hs256, "SHA256"), (.hs384, "SHA384"), (.hs512, "SHA512")] {
            let secret = (0..<64).map { UInt8($0) }
            let json = #"{"kty":"oct","k":"\#(Base64URL.encode(secret))""#
            made.append(
                (
                    algorithm, try key(json + #","alg":"\#(algorithm.rawValue)"}"#), try key(json + "}"),
                    { SignedExamples.hmac($0, secret, digest) }
                ))
        }
        #expect(made.count == JWSAlgorithm.allCases.count)
        for (signer, own, any, sign) in made {
            // Often enough for numbers with leading zeros, and with and without a high bit.
            for round in 0..<(signer.keyKind == .rsa ? 3 : 300) {
                let text = token(#"{"alg":"\#(signer.rawValue)"}"#, "\(round)", sign)
                #expect(isValid(text, own) && isValid(text, any), "\(signer)")
            }
            for (other, key, _, _) in made {
                let text = token(#"{"alg":"\#(other.rawValue)"}"#, "1", sign)
                #expect(
                    isValid(text, key)
                        == (other == signer || [signer, other] == [.edDSA, .ed25519] || [other, signer] == [.edDSA, .ed25519]))
            }
        }
    }

    @Test("a public key is never taken for a secret, and a signature without an algorithm or a signature is none")
    func confusion() throws {
        let pair = try KeyPair("RSA")
        let json = try pair.jwk(nil)
        let rsa = try key(json)
        let secrets = [Array(json.utf8), Array(try pair.jwk("RS256").utf8)]
        for secret in secrets { #expect(!isValid(token(#"{"alg":"HS256"}"#, "1") { SignedExamples.hmac($0, secret) }, rsa)) }
        for name in ["none", "None", "NONE", "nOnE", "", "hs256", "RS1", "ES256K", "HS256 "] {
            for signature in [[], [0]] as [[UInt8]] {
                #expect(!isValid(token(#"{"alg":"\#(name)"}"#, "1") { _ in signature }, rsa), "\(name)")
            }
        }
    }

    @Test("damaged headers are refused, though their signature is right")
    func headers() throws {
        let secret = [UInt8](repeating: 7, count: 32)
        let key = JSONWebKey(secret: secret)
        func isAccepted(_ header: String) -> Bool { isValid(token(header, "1") { SignedExamples.hmac($0, secret) }, key) }
        #expect(isAccepted(#"{"alg":"HS256"}"#) && isAccepted(#"{"typ":"JWT","alg":"HS256","kid":"a","x":[1]}"#))
        for header in [
            #"{"alg":"HS256","alg":"HS256"}"#, #"{"alg":"HS256","alg":"none"}"#, #"{"alg":["HS256"]}"#, #"{"alg":null}"#, "{}",
            "[]", "",
            #""HS256""#, #"{"alg":"HS256""#, #"{"alg":"HS256"} x"#, #"{"alg":"HS256","crit":["b64"],"b64":false}"#,
            #"{"alg":"HS256","crit":[]}"#, #"{"alg":"HS256","b64":false}"#, #"{"alg":"HS256","kid":1}"#,
            #"{"alg":"HS256","typ":{}}"#,
            "\u{FEFF}" + #"{"alg":"HS256"}"#, #"{"alg":"HS384"}"#, #"{"alg":"HS256","x":"# + String(repeating: "[", count: 500),
        ] { #expect(!isAccepted(header), "\(header)") }
        #expect(
            !isValid(token(#"{"alg":"HS256"}"#, String(repeating: "1", count: 20_000)) { SignedExamples.hmac($0, secret) }, key))
        for text in ["", ".", "..", "...", "a.b", "a.b.c.d", "e30.e30.", ".e30.e30", "e30..e30"] { #expect(!isValid(text, key)) }
    }

    @Test("ECDSA signatures of another form are refused, and a high s is valid")
    func ecdsa() throws {
        let pair = try KeyPair("EC", curve: "P-256")
        let key = try key(pair.jwk("ES256"))
        // The order of P-256 (FIPS 186-5).
        let order: [UInt8] = [
            0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7,
            0x17, 0x9E,
            0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
        ]
        func minus(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
            var result = left
            var borrow = 0
            for place in left.indices.reversed() {
                let value = Int(left[place]) - Int(right[place]) - borrow
                borrow = value < 0 ? 1 : 0
                result[place] = UInt8(truncatingIfNeeded: value)
            }
            return result
        }
        let zero = [UInt8](repeating: 0, count: 32)
        func isAccepted(_ change: ([UInt8], [UInt8]) -> [UInt8]) -> Bool {
            isValid(
                token(#"{"alg":"ES256"}"#, "1") {
                    let signature = pair.sign($0, .es256)
                    return change(Array(signature[..<32]), Array(signature[32...]))
                }, key)
        }
        for _ in 0..<50 { #expect(isAccepted { $0 + $1 } && isAccepted { $0 + minus(order, $1) }) }
        #expect(!isAccepted { _, s in zero + s } && !isAccepted { r, _ in r + zero } && !isAccepted { _, _ in zero + zero })
        #expect(!isAccepted { _, s in order + s } && !isAccepted { r, _ in r + order } && !isAccepted { _, _ in order + order })
        #expect(
            !isAccepted { $1 + $0 } && !isAccepted { [0] + $0 + [0] + $1 } && !isAccepted { $0 + $1 + [0] }
                && !isAccepted { r, _ in r })
        #expect(!isAccepted { [0x30, 0x44, 2, 32] + $0 + [2, 32] + $1 })
    }
}

@Suite("JSON Web Keys")
struct JSONWebKeyTests {
    private static let secret = Base64URL.encode([UInt8](repeating: 1, count: 32))

    @Test("keys for other uses, weak keys and damaged ones are refused")
    func refused() throws {
        let good = #"{"kty":"oct","k":"\#(Self.secret)""#
        for more in [
            "", #","use":"sig""#, #","key_ops":["verify"]"#, #","key_ops":["sign","verify"]"#, #","alg":"HS256""#,
            #","kid":"a","x":1"#,
        ] {
            _ = try key(good + more + "}")
        }
        let weak = Base64URL.encode([UInt8](repeating: 1, count: 31))
        let small = try KeyPair("RSA", bits: 1_024).jwk(nil)
        let point = try KeyPair("EC", curve: "P-256").jwk(nil)
        let other = point.replacing("P-256", with: "P-384")
        for json in [
            good + #","use":"enc"}"#, good + #","use":1}"#, good + #","key_ops":["sign"]}"#, good + #","key_ops":[]}"#,
            good + #","key_ops":["verify","verify"]}"#, good + #","key_ops":"verify"}"#, good + #","alg":"HS512"}"#,
            good + #","alg":"RS256"}"#,
            good + #","alg":"none"}"#, #"{"kty":"oct","k":"\#(weak)"}"#, #"{"kty":"oct"}"#, #"{"kty":"oct","k":""}"#,
            #"{"k":"\#(Self.secret)"}"#,
            #"{"kty":"OCT","k":"\#(Self.secret)"}"#, small, other,
            #"{"kty":"EC","crv":"P-256","x":"\#(Self.secret)","y":"\#(Self.secret)"}"#,
            #"{"kty":"EC","crv":"secp256k1","x":"\#(Self.secret)","y":"\#(Self.secret)"}"#,
            #"{"kty":"OKP","crv":"X25519","x":"\#(Self.secret)"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, "[]", "null", #"{"kty":"RSA","n":"AQ","e":"AQAB"}"#,
        ] {
            #expect(throws: JWTError.self, "\(json)") { try key(json) }
        }
        for exponent in ["AQ", "Ag", "AAEAAQ", "AQABAQABAQABAQAB"] {
            let json = try KeyPair("RSA").jwk(nil).replacing("AQAB", with: exponent)
            #expect(throws: JWTError.self, "\(exponent)") { try key(json) }
        }
    }
}
