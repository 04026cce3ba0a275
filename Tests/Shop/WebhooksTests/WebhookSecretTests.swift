import Formats
import Foundation
import TestSupport
import Testing
import Web

@testable import Webhooks

@Suite("Webhook secrets")
struct WebhookSecretTests {
    private static let keys = EncryptionKeys(secret: "0123456789abcdef0123456789abcdef")
    private static let now = Timestamp(seconds: 1_800_000_000)

    private static func later(_ seconds: Int) -> Timestamp { now + .seconds(seconds) }

    @Test("a secret is whsec_ and base64 of 24 to 64 random bytes, and no two are alike")
    func text() throws {
        var seen: Set<String> = []
        for _ in 0..<1_000 {
            let secret = WebhookSecret()
            let text = secret.reveal()
            #expect(text.hasPrefix("whsec_"))
            let key = try #require(Data(base64Encoded: String(text.dropFirst(6))))
            #expect(WebhookSecret.lengths.contains(key.count) && Array(key) == secret.key)
            #expect(seen.insert(text).inserted)
        }
        #expect(WebhookSecret(key: [UInt8](repeating: 1, count: 23)) == nil)
        #expect(WebhookSecret(key: [UInt8](repeating: 1, count: 65)) == nil)
    }

    @Test("only reveal() shows a secret, no description and no dump")
    func hidden() {
        let secret = WebhookSecret()
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped, "\(WebhookSecrets(secret))"] {
            #expect(!text.contains("whsec_") && !text.contains(Data(secret.key).base64EncodedString()), "\(text)")
            for byte in secret.key where byte > 9 { #expect(!text.contains("\(byte), ")) }
        }
    }

    @Test("during a rotation the old secret is valid until its end, and the new one comes first")
    func rotation() {
        let (first, second, third) = (WebhookSecret(), WebhookSecret(), WebhookSecret())
        var secrets = WebhookSecrets(first)
        #expect(secrets.valid(at: Self.now) == [first] && secrets.rotationEnd(at: Self.now) == nil)
        secrets.rotate(to: second, keepingUntil: Self.later(100), now: Self.now)
        #expect(secrets.valid(at: Self.later(99)) == [second, first])
        #expect(secrets.rotationEnd(at: Self.now) == Self.later(100))
        #expect(secrets.valid(at: Self.later(100)) == [second])
        // An old secret does not live longer because of another rotation.
        secrets.rotate(to: third, keepingUntil: Self.later(500), now: Self.now)
        #expect(secrets.valid(at: Self.later(99)) == [third, second, first])
        #expect(secrets.valid(at: Self.later(100)) == [third, second])
        #expect(secrets.valid(at: Self.later(500)) == [third])
        // A secret that others know ends at once.
        secrets.rotate(to: first, keepingUntil: Self.now, now: Self.now)
        #expect(secrets.valid(at: Self.now) == [first])
    }

    @Test("there are never more secrets than the most, and the newest stay")
    func most() {
        var secrets = WebhookSecrets(WebhookSecret())
        var made: [WebhookSecret] = []
        for _ in 0..<10 {
            made.append(WebhookSecret())
            secrets.rotate(to: made.last ?? WebhookSecret(), keepingUntil: Self.later(1_000), now: Self.now)
        }
        #expect(secrets.valid(at: Self.now) == made.reversed().prefix(WebhookSecrets.most).map { $0 })
    }

    @Test("sealed secrets open only with the same keys and for the same endpoint, whatever is changed")
    func sealing() throws {
        let id = UUID.v7()
        var generator = SeededGenerator(seed: 31)
        for _ in 0..<500 {
            var secrets = WebhookSecrets(WebhookSecret())
            for _ in 0..<Int.random(in: 0...5, using: &generator) {
                secrets.rotate(
                    to: WebhookSecret(), keepingUntil: Self.later(Int.random(in: 1...1_000, using: &generator)), now: Self.now)
            }
            let sealed = secrets.sealed(for: id, Self.keys)
            let opened = try #require(WebhookSecrets(sealed: sealed, for: id, Self.keys))
            for second in stride(from: 0, to: 1_001, by: 77) {
                #expect(opened.valid(at: Self.later(second)) == secrets.valid(at: Self.later(second)))
            }
            #expect(WebhookSecrets(sealed: sealed, for: .v7(), Self.keys) == nil)
            #expect(WebhookSecrets(sealed: sealed, for: id, EncryptionKeys(secret: "another")) == nil)
            var changed = sealed
            changed[Int.random(in: changed.indices, using: &generator)] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            #expect(WebhookSecrets(sealed: changed, for: id, Self.keys) == nil)
            #expect(WebhookSecrets(sealed: Array(sealed.dropLast()), for: id, Self.keys) == nil)
        }
        // After a rotation of ENCRYPTION_KEY, what the previous one has sealed still opens.
        let sealed = WebhookSecrets(WebhookSecret()).sealed(for: id, Self.keys)
        let rotated = EncryptionKeys(secret: "another", previous: "0123456789abcdef0123456789abcdef")
        #expect(WebhookSecrets(sealed: sealed, for: id, rotated) != nil)
    }
}
