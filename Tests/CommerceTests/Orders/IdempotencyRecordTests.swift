import TestSupport
import Testing

@testable import Commerce

@Suite("Idempotency record")
struct IdempotencyRecordTests {
    private func record(_ principal: String, _ operation: String, _ key: String, _ body: String = "{}") -> IdempotencyRecord {
        IdempotencyRecord(principal: principal, operation: operation, key: key, body: Array(body.utf8))
    }

    @Test("is the same for the same request, and another where anything differs") func identity() {
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

    @Test("parts that run into the same text are told apart") func boundaries() {
        var random = SeededGenerator(seed: 1)
        var seen: [[UInt8]: [String]] = [:]
        for _ in 0..<10_000 {
            let parts = (0..<3).map { _ in random.text(upTo: 4, from: "1:a") }
            let id = record(parts[0], parts[1], parts[2]).id
            if let other = seen.updateValue(parts, forKey: id) { #expect(other == parts) }
        }
        #expect(seen.count > 1_000)
    }

    @Test("its lock is the first eight bytes") func lock() {
        for key in ["a", "b", "c", "d"] {
            let record = record("guest", "POST /v1/orders", key)
            let bytes = withUnsafeBytes(of: record.lock.bigEndian) { Array($0) }
            #expect(bytes == Array(record.id.prefix(8)))
        }
    }
}
