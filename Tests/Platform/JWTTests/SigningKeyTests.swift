import COpenSSL
import Formats
import Testing

@testable import JWT

/// Keys that sign tokens.
@Suite("Signing keys")
struct SigningKeyTests {
    /// A new private key in PEM.
    private func pem(_ curve: String) throws -> String {
        let key = try #require(copenssl_new_ec_key(curve))
        defer { EVP_PKEY_free(key) }
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        #expect(PEM_write_bio_PrivateKey(bio, key, nil, nil, 0, nil, nil) == 1)
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = BIO_read(bio, &bytes, Int32(bytes.count))
        return String(decoding: bytes[..<max(0, Int(count))], as: UTF8.self)
    }

    @Test("what a key signs, its verification key accepts, and no other does")
    func signatures() throws {
        let keys = [
            SigningKey(secret: Array(repeating: 7, count: 32)), SigningKey(secret: Array(repeating: 8, count: 32)),
            try SigningKey(pem: try pem("P-256")), try SigningKey(pem: try pem("P-256")),
        ]
        #expect(Set(keys.map(\.keyID)).count == keys.count)
        for (place, key) in keys.enumerated() {
            // Numbers with leading zeros come, too.
            for round in 0..<300 {
                let text = try #require(key.sign(Array(#"{"round":\#(round)}"#.utf8), type: "at+jwt"))
                let token = try JSONWebSignature(Array(text.utf8))
                #expect(token.header.keyID == key.keyID && token.header.type == "at+jwt")
                try key.verificationKey.verify(token)
                for (other, stranger) in keys.enumerated() where other != place && round == 0 {
                    #expect(throws: JWTError.self) { try stranger.verificationKey.verify(token) }
                }
            }
        }
        #expect(keys[0].publicKey == nil && keys[0].algorithm == .hs256)
        #expect(keys[2].publicKey?["kid"]?.stringValue == keys[2].keyID && keys[2].publicKey?["d"] == nil)
    }

    @Test("a key on another curve, a public key and other texts are refused")
    func refused() throws {
        let other = try pem("P-384")
        for text in ["", "key", "-----BEGIN " + "PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", other] {
            #expect(throws: JWTError.self) { try SigningKey(pem: text) }
        }
        #expect("\(SigningKey(secret: Array(repeating: 7, count: 32)))" == "SigningKey(…)")
    }
}
