import Events
import Formats
import Foundation
import TestSupport
import Testing

@testable import Webhooks

@Suite("Webhook messages")
struct WebhookMessageTests {
    static func event(
        _ payload: String = #"{"id":"1"}"#, type: String = "order.placed", aggregate: UUID = .v7(), sequence: Int = 3,
        trace: String? = nil
    ) -> Event {
        Event(
            id: .v7(), position: 7, type: type, version: 1, aggregateType: "order", aggregate: aggregate, sequence: sequence,
            payload: Array(payload.utf8), traceID: trace, occurredAt: Timestamp(microseconds: 1_800_000_000_123_456))
    }

    @Test("signatures are those of the package standardwebhooks, for thousands of messages")
    func vectors() async throws {
        var generator = SeededGenerator(seed: 41)
        var lines: [String] = []
        var expected: [String] = []
        for _ in 0..<2_000 {
            let key = (0..<Int.random(in: WebhookSecret.lengths, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let secret = try #require(WebhookSecret(key: key))
            let (id, time) = (UUID.v7().uuidString.lowercased(), Int.random(in: 0...4_000_000_000, using: &generator))
            let body = generator.text(upTo: 200)
            let message = try JSONSerialization.data(withJSONObject: [
                "secret": secret.reveal(), "id": id, "timestamp": time, "body": body,
            ])
            lines.append(String(decoding: message, as: UTF8.self))
            expected.append(WebhookSignature.header(id: id, timestamp: "\(time)", body: Array(body.utf8), secrets: [secret]))
        }
        let text = lines.joined(separator: "\n")
        let signed = try await onOwnThread {
            let test = try TestEnvironment.read()
            let directory = try ScratchDirectory("signatures")
            return try Command.check([
                test.peersPython, test.root + "/Tests/Peers/webhook_signatures.py", directory.write("messages", text),
            ])
        }
        #expect(signed.split(separator: "\n").map(String.init) == expected)
    }

    @Test("the signature is the one of the specification's own libraries, for a message written down")
    func vector() throws {
        // Of the tests of standard-webhooks/standard-webhooks, libraries/python and others.
        let key = try #require(Data(base64Encoded: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let secret = try #require(WebhookSecret(key: Array(key)))
        let header = WebhookSignature.header(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: "1614265330", body: Array(#"{"test": 2432232314}"#.utf8),
            secrets: [secret])
        #expect(header == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        let two = WebhookSignature.header(id: "a", timestamp: "1", body: [], secrets: [secret, WebhookSecret()]).split(
            separator: " ")
        #expect(two.count == 2 && two.allSatisfy { $0.hasPrefix("v1,") } && two[0] != two[1])
    }

    @Test("the body has type, timestamp and data, what orders events, and the payload's bytes as they are")
    func body() throws {
        let payload = #"{"total":{"amount":1299},  "name":"D\u00e9j\u00e0 vu 🌒","a":[1.50, 2e3]}"#
        let event = Self.event(payload)
        let message = WebhookMessage(event)
        let text = String(decoding: message.body, as: UTF8.self)
        #expect(text.hasPrefix(#"{"type":"order.placed","timestamp":"2027-01-15T08:00:00.123456Z","#))
        #expect(text.hasSuffix(#","data":"# + payload + "}"))
        let read = try #require(try JSONSerialization.jsonObject(with: Data(message.body)) as? [String: Any])
        #expect(Set(read.keys) == ["type", "timestamp", "id", "version", "aggregate", "data"])
        #expect(read["id"] as? String == message.id && message.id == event.id.uuidString.lowercased())
        let aggregate = try #require(read["aggregate"] as? [String: Any])
        #expect(aggregate["type"] as? String == "order" && aggregate["sequence"] as? Int == 3)
        #expect(aggregate["id"] as? String == event.aggregate.uuidString.lowercased())
        #expect(WebhookMessage(event).body == message.body)
    }

    @Test("each attempt has the same id, and its own time")
    func headers() throws {
        let message = WebhookMessage(Self.event())
        let secret = WebhookSecret()
        func headers(_ seconds: Int64) -> [String: String] {
            let all = message.headers(at: Timestamp(seconds: seconds), secrets: [secret], userAgent: "commerce/1.2.3")
            return Dictionary(all.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        }
        let (first, second) = (headers(1_000), headers(1_001))
        #expect(first["webhook-id"] == message.id && second["webhook-id"] == message.id && !message.id.contains("."))
        #expect(first["webhook-timestamp"] == "1000" && second["webhook-timestamp"] == "1001")
        #expect(first["webhook-signature"] != second["webhook-signature"])
        #expect(first["content-type"] == "application/json" && first["user-agent"] == "commerce/1.2.3")
        #expect(first["traceparent"] == nil)
    }

    @Test(
        "the trace of the event goes on, in W3C's form",
        arguments: [
            ("4bf92f3577b34da6a3ce929d0e0e4736", "4bf92f3577b34da6a3ce929d0e0e4736"),
            ("1-5759e988-bd862e3fe1be46a994272793", "5759e988bd862e3fe1be46a994272793"), ("", nil), ("x", nil),
            ("00000000000000000000000000000000", nil), ("4BF92F3577B34DA6A3CE929D0E0E4736", nil),
            ("4bf92f3577b34da6a3ce929d0e0e47361", nil), ("2-5759e988-bd862e3fe1be46a994272793", nil),
            ("1-5759e988-bd862e3fe1be46a99427279\n", nil),
        ])
    func trace(id: String, expected: String?) throws {
        let headers = WebhookMessage(Self.event(trace: id)).headers(at: .now, secrets: [], userAgent: "commerce")
        let parent = headers.first { $0.name == "traceparent" }?.value
        guard let expected else {
            #expect(parent == nil)
            return
        }
        let parts = try #require(parent?.split(separator: "-"))
        #expect(parts.count == 4 && parts[0] == "00" && parts[1] == expected && parts[3] == "01")
        #expect(
            parts[2].count == 16 && parts[2].allSatisfy { "0123456789abcdef".contains($0) } && parts[2].contains { $0 != "0" })
    }
}
