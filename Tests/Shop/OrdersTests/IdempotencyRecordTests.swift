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

    @Test("a sealed response opens for the same request only, with the service's current secret or the one before") func seal() {
        let response = CheckoutResponse(
            location: "/v1/orders/1", tag: EntityTag(of: [1]), body: Array("an order".utf8), isReplay: false)
        let one = record("t", "POST /v1/orders", "k")
        let (old, new) = (EncryptionKeys(secret: "old"), EncryptionKeys(secret: "new", previous: "old"))
        let sealed = ResponseSeal(old).seal(response, for: one)
        for keys in [old, new] {
            let opened = ResponseSeal(keys).open(sealed, location: response.location, for: record("t", "POST /v1/orders", "k"))
            #expect(
                opened?.body == response.body && opened?.tag == response.tag && opened?.location == response.location
                    && opened?.isReplay == true)
        }
        #expect(ResponseSeal(old).seal(response, for: one) != sealed)
        #expect(ResponseSeal(EncryptionKeys(secret: "new")).open(sealed, location: response.location, for: one) == nil)
        #expect(ResponseSeal(old).open(ResponseSeal(new).seal(response, for: one), location: response.location, for: one) == nil)
        for other in [
            record("u", "POST /v1/orders", "k"), record("guest", "POST /v1/orders", "k"), record("t", "POST /v1/orders", "K"),
            record("t", "POST /v1/orders", "k", "{ }"), record("t", "POST /v1/refunds", "k"),
        ] { #expect(ResponseSeal(old).open(sealed, location: response.location, for: other) == nil) }
        #expect(ResponseSeal(old).open(sealed, location: "/v1/orders/2", for: one) == nil)
        for place in sealed.indices {
            var changed = sealed
            changed[place] ^= 1
            #expect(ResponseSeal(old).open(changed, location: response.location, for: one) == nil)
            #expect(ResponseSeal(old).open(Array(sealed[..<place]), location: response.location, for: one) == nil)
        }
    }

    @Test("the lock is the first eight bytes of the id") func lock() {
        for key in ["a", "b", "c", "d"] {
            let record = record("guest", "POST /v1/orders", key)
            let bytes = withUnsafeBytes(of: record.lock.bigEndian) { Array($0) }
            #expect(bytes == Array(record.id.prefix(8)))
        }
    }
}
