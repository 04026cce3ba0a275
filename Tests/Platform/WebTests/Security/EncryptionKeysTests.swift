import Formats
import Testing

@testable import Web

@Suite struct EncryptionKeysTests {
    private let purpose = EncryptionKeys.Purpose("test purpose")
    private let old = "an old secret of 32 characters.."
    private let new = "a newer secret of 32 characters."

    private func bytes(_ text: String) -> [UInt8] {
        let digits = text.utf8.compactMap { Hexadecimal.value($0) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// Made with Python's hmac and cryptography: rows sealed by one release must open in the next.
    @Test func theLayoutAgreesWithAnIndependentImplementation() {
        let keys = EncryptionKeys(secret: old)
        let key = keys.sealing(for: purpose)
        let sealed = bytes("01000102030405060708090a0b4382f73daaecf4f119c45ac15661500df8980945e78612ad58bfeaa647")
        #expect(key.open(sealed, context: Array("row 7".utf8)) == Array("a kept answer".utf8))
        #expect(key.open(sealed, context: Array("row 8".utf8)) == nil)
        #expect(key.open(bytes("01000102030405060708090a0b858891c9fef791fa01fb6fb13e3be499")) == [])
        let owned = bytes("01000102030405060708090a0baa81d47336167294f05d0929ae3925059bfcec199cb0138fdeacb6bc13")
        #expect(keys.sealing(for: purpose, ownedBy: "owner".utf8).open(owned) == Array("a kept answer".utf8))
        #expect(keys.sealing(for: purpose, ownedBy: "other".utf8).open(owned) == nil)
        #expect(key.open(owned) == nil)
        let code = keys.authentication(for: purpose).code("message".utf8)
        #expect(code == bytes("551c3a1c563f5f9c39b6548e713d39ab0f2d767b5e619386c5e892a52cfce1ed"))
    }

    @Test func sealedDataOpensAndIsNeverSealedTwiceToTheSameBytes() {
        let key = EncryptionKeys(secret: new).sealing(for: purpose)
        for count in [0, 1, 15, 16, 17, 1_000, 100_000] {
            let plain = (0..<count).map { _ in UInt8.random(in: 0...255) }
            let sealed = key.seal(plain, context: [1, 2])
            #expect(sealed.count == count + SealingKey.overhead)
            #expect(key.open(sealed, context: [1, 2]) == plain)
            #expect(sealed != key.seal(plain, context: [1, 2]))
        }
    }

    @Test func changedOrTruncatedDataDoesNotOpen() {
        let key = EncryptionKeys(secret: new).sealing(for: purpose)
        let sealed = key.seal(Array("token".utf8))
        for place in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[place] ^= 1 << UInt8(bit)
                #expect(key.open(changed) == nil)
            }
            #expect(key.open(Array(sealed.prefix(place))) == nil)
        }
        for _ in 0..<2_000 {
            #expect(key.open((0..<Int.random(in: 0...60)).map { _ in UInt8.random(in: 0...255) }) == nil)
        }
    }

    @Test func aSecretMayRotateAndEachPurposeHasItsOwnKey() {
        let before = EncryptionKeys(secret: old)
        let during = EncryptionKeys(secret: new, previous: old)
        let after = EncryptionKeys(secret: new)
        let sealed = before.sealing(for: purpose).seal([1, 2, 3])
        #expect(during.sealing(for: purpose).open(sealed) == [1, 2, 3])
        #expect(after.sealing(for: purpose).open(sealed) == nil)
        #expect(after.sealing(for: purpose).open(during.sealing(for: purpose).seal([4])) == [4])
        #expect(before.sealing(for: EncryptionKeys.Purpose("another")).open(sealed) == nil)

        let code = before.authentication(for: purpose).code("cursor".utf8)
        #expect(during.authentication(for: purpose).isValid(code, for: "cursor".utf8))
        #expect(during.authentication(for: purpose).isValid(code.prefix(16), for: "cursor".utf8, length: 16))
        #expect(!after.authentication(for: purpose).isValid(code, for: "cursor".utf8))
    }

    @Test func aCodeOfAnotherLengthIsRefused() {
        let key = EncryptionKeys(secret: new).authentication(for: purpose)
        let code = key.code("message".utf8)
        #expect(key.isValid(code, for: "message".utf8))
        for length in 0..<32 { #expect(!key.isValid(code.prefix(length), for: "message".utf8)) }
        #expect(!key.isValid([], for: "message".utf8, length: 0))
        #expect(!key.isValid(code + [0], for: "message".utf8))
    }

    @Test func noKeyIsPrinted() {
        let keys = EncryptionKeys(secret: new, previous: old)
        var text = "\(keys) \(keys.sealing(for: purpose)) \(keys.authentication(for: purpose))"
        dump(keys, to: &text)
        dump(keys.sealing(for: purpose), to: &text)
        dump(keys.authentication(for: purpose), to: &text)
        #expect(!text.contains("0x") && text.count < 400, "\(text)")
    }
}
