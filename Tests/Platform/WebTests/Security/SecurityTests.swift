import Formats
import Testing
import WebTestSupport

@testable import Web

@Suite struct SecurityTests {
    private func hexadecimal(_ text: String) -> [UInt8] {
        let digits = text.utf8.compactMap { Hexadecimal.value($0) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// NIST's examples for FIPS 180-4.
    @Test func sha256AgreesWithPublishedVectors() {
        #expect(SHA256.hash([UInt8]()).hexadecimalText == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(SHA256.hash("abc".utf8).hexadecimalText == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let million = [UInt8](repeating: 0x61, count: 1_000_000)
        #expect(SHA256.hash(million).hexadecimalText == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        #expect(SHA256.hash(million.lazy.map { $0 }) == SHA256.hash(million))
        #expect(SHA256.hash(million[10...12]) == SHA256.hash("aaa".utf8))
    }

    /// RFC 4231, cases 1, 2 and 6.
    @Test func hmacAgreesWithPublishedVectors() {
        let one = HMACSHA256.code("Hi There".utf8, key: [UInt8](repeating: 0x0b, count: 20))
        #expect(one == hexadecimal("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"))
        let two = HMACSHA256.code("what do ya want for nothing?".utf8, key: Array("Jefe".utf8))
        #expect(two == hexadecimal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"))
        let six = HMACSHA256.code(
            "Test Using Larger Than Block-Size Key - Hash Key First".utf8, key: [UInt8](repeating: 0xaa, count: 131))
        #expect(six == hexadecimal("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"))
        let empty = HMACSHA256.code([UInt8](), key: [])
        #expect(empty == hexadecimal("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"))
        #expect(HMACSHA256.isValid(one, for: "Hi There".utf8, key: [UInt8](repeating: 0x0b, count: 20)))
        #expect(!HMACSHA256.isValid(one, for: "Hi There!".utf8, key: [UInt8](repeating: 0x0b, count: 20)))
        #expect(!HMACSHA256.isValid(one.dropLast(), for: "Hi There".utf8, key: [UInt8](repeating: 0x0b, count: 20)))
    }

    @Test func comparisonInConstantTimeIsCorrect() {
        for _ in 0..<2_000 {
            let left = (0..<Int.random(in: 0...4)).map { _ in UInt8.random(in: 0...1) }
            let right = (0..<Int.random(in: 0...4)).map { _ in UInt8.random(in: 0...1) }
            #expect(ConstantTime.equals(left, right) == (left == right))
        }
        #expect(ConstantTime.equals("", ""))
        #expect(ConstantTime.equals("secret", "secret"))
        #expect(!ConstantTime.equals("secret", "secreT"))
    }

    @Test func tokensAreLongRandomAndNotPrinted() {
        let tokens = (0..<1_000).map { _ in RandomToken() }
        #expect(Set(tokens.map(\.text)).count == 1_000)
        for token in tokens {
            #expect(Base64URL.decode(token.text)?.count == 32)
            #expect(token.hash == RandomToken.hash(of: token.text))
            #expect(!"\(token)".contains(token.text))
        }
        // Each of the 256 bits is set in about half of them; 350 of 1,000 is 9 standard deviations away.
        let decoded = tokens.compactMap { Base64URL.decode($0.text) }
        for bit in 0..<256 {
            let set = decoded.count { $0[bit / 8] >> (bit % 8) & 1 == 1 }
            #expect((350...650).contains(set))
        }
    }
}
