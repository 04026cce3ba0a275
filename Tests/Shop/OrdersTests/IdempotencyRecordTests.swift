import TestSupport
import Testing
import Web

@testable import Orders

@Suite("Idempotency record")
struct IdempotencyRecordTests {
    private func record(_ token: String, _ operation: String, _ key: String, _ body: String = "{}") -> IdempotencyRecord {
        IdempotencyRecord(
            principal: token == "guest" ? .guest : .cart(token: token), operation: operation, key: key, body: Array(body.utf8))
    }

    @Test("the id is the same for the same request, and differs with client, operation and key") func identity() {
        let one = record("guest", "POST /v1/orders", "k")
        #expect(record("guest", "POST /v1/orders", "k").id == one.id)
        #expect(record("guest", "POST /v1/orders", "k", "{ }").id == one.id)
        #expect(record("guest", "POST /v1/orders", "k").requestHash == one.requestHash)
        #expect(record("guest", "POST /v1/orders", "k", "{ }").requestHash != one.requestHash)
        #expect(record("other", "POST /v1/orders", "k").id != one.id)
        #expect(record("guest", "POST /v1/payments", "k").id != one.id)
        #expect(record("guest", "POST /v1/orders", "K").id != one.id)
        #expect(one.id.count == 32 && one.requestHash.count == 32)
    }

    @Test("different parts never give the same id") func boundaries() {
        var random = SeededGenerator(seed: 1)
        var seen: [[UInt8]: [String]] = [:]
        for _ in 0..<10_000 {
            let parts = (0..<3).map { _ in random.text(upTo: 4, from: "1:a") }
            let id = record(parts[0], parts[1], parts[2]).id
            if let other = seen.updateValue(parts, forKey: id) { #expect(other == parts) }
        }
        #expect(seen.count > 1_000)
    }

    @Test("the description never contains the client's secrets") func secrets() {
        let one = record("a-token-of-a-cart", "POST /v1/orders", "the-key-of-a-request")
        var dumped = "\(one)"
        dump(one, to: &dumped)
        #expect(!dumped.contains("a-token-of-a-cart") && !dumped.contains("the-key-of-a-request"))
    }

    /// What seals a response to a request, as this release does it and as the release before did.
    private static let seals: [(String, @Sendable (EncryptionKeys, IdempotencyRecord) -> [UInt8])] = [
        ("secret", { ResponseSeal($0).seal("token", in: document, tag: document.tag, location: location, for: $1) }),
        (
            "whole",
            { keys, record in
                let key = keys.sealing(for: EncryptionKeys.Purpose("kept answer"), ownedBy: record.secret.reveal().utf8)
                return key.seal(
                    [22] + document.tag.opaque + document.bytes(accessToken: "token"),
                    context: record.id + record.requestHash + Array(location.utf8))
            }
        ),
    ]

    private static let document = OrderDocument(bytes: Array(#"{"id":"1","status":"new"}"#.utf8), tokenIndex: 9)
    private static let location = "/v1/orders/1"

    @Test(
        "a sealed response opens for the same request only, with the service's current secret or the one before",
        arguments: seals.indices)
    func seal(index: Int) {
        let (document, location) = (Self.document, Self.location)
        let seal = Self.seals[index].1
        func open(_ sealed: [UInt8], _ keys: EncryptionKeys, _ location: String, _ record: IdempotencyRecord) -> CheckoutResponse?
        {
            ResponseSeal(keys).open(sealed, document: document.bytes, location: location, for: record)
        }
        let one = record("t", "POST /v1/orders", "k")
        let (old, new) = (EncryptionKeys(secret: "old"), EncryptionKeys(secret: "new", previous: "old"))
        let sealed = seal(old, one)
        for keys in [old, new] {
            let opened = open(sealed, keys, location, record("t", "POST /v1/orders", "k"))
            #expect(
                opened?.body == Array(#"{"id":"1","access_token":"token","status":"new"}"#.utf8) && opened?.tag == document.tag
                    && opened?.location == location && opened?.isReplay == true)
        }
        #expect(seal(old, one) != sealed)
        #expect(open(sealed, EncryptionKeys(secret: "new"), location, one) == nil)
        #expect(open(seal(new, one), old, location, one) == nil)
        for other in [
            record("u", "POST /v1/orders", "k"), record("guest", "POST /v1/orders", "k"), record("t", "POST /v1/orders", "K"),
            record("t", "POST /v1/orders", "k", "{ }"), record("t", "POST /v1/refunds", "k"),
        ] { #expect(open(sealed, old, location, other) == nil) }
        #expect(open(sealed, old, "/v1/orders/2", one) == nil)
        for place in sealed.indices {
            var changed = sealed
            changed[place] ^= 1
            #expect(open(changed, old, location, one) == nil)
            #expect(open(Array(sealed[..<place]), old, location, one) == nil)
        }
    }

    @Test("a sealed secret opens with the order's document only, as it was") func document() {
        let one = record("t", "POST /v1/orders", "k")
        let keys = EncryptionKeys(secret: "a")
        let sealed = Self.seals[0].1(keys, one)
        let erased = Array(#"{"id":"1","status":"old"}"#.utf8)
        for bytes in [nil, [], erased, Array("{}".utf8), Self.document.bytes + [32]] as [[UInt8]?] {
            #expect(ResponseSeal(keys).open(sealed, document: bytes, location: Self.location, for: one) == nil)
        }
        // The release before looks for a whole body.
        let whole = keys.sealing(for: EncryptionKeys.Purpose("kept answer"), ownedBy: one.secret.reveal().utf8)
        #expect(whole.open(sealed, context: one.id + one.requestHash + Array(Self.location.utf8)) == nil)
    }

    @Test("the lock is the first eight bytes of the id") func lock() {
        for key in ["a", "b", "c", "d"] {
            let record = record("guest", "POST /v1/orders", key)
            let bytes = withUnsafeBytes(of: record.lock.bigEndian) { Array($0) }
            #expect(bytes == Array(record.id.prefix(8)))
        }
    }
}
