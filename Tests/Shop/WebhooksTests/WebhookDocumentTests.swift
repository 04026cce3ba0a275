import Events
import Formats
import Foundation
import TestSupport
import Testing

@testable import Webhooks

/// docs/webhooks.md and docs/mail.md: their examples are real.
@Suite("Webhook documents")
struct WebhookDocumentTests {
    private static func document(_ name: String) throws -> String {
        try String(contentsOfFile: TestEnvironment.read().root + "/docs/" + name, encoding: .utf8)
    }

    /// The text of the first block of code in a language that contains a text.
    private static func block(_ language: String, with text: String, in document: String) throws -> String {
        let blocks = document.components(separatedBy: "```" + language + "\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        return try #require(blocks.first { $0.contains(text) })
    }

    @Test("the request in docs/webhooks.md is one that the shop would send, signed with the secret in the text")
    func vector() async throws {
        let document = try Self.document("webhooks.md")
        let request = try Self.block("http", with: "webhook-signature", in: document).components(separatedBy: "\n\n")
        try #require(request.count == 2 && request[1].hasSuffix("}}\n"))
        let body = String(request[1].dropLast())
        let fields = request[0].split(separator: "\n").dropFirst().map { $0.components(separatedBy: ": ") }
        let headers = Dictionary(fields.map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
        let text = try #require(document.firstMatch(of: /whsec_([A-Za-z0-9+\/=]{32,})/))
        let key = try #require(Data(base64Encoded: String(text.1)))
        let secret = try #require(WebhookSecret(key: Array(key)))
        let seconds = try #require(headers["webhook-timestamp"].flatMap { Int64($0) })

        // The event whose message this is.
        let read = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        let aggregate = try #require(read["aggregate"] as? [String: Any])
        let payload = try #require(body.components(separatedBy: #","data":"#).last?.dropLast())
        func id(_ value: Any?) throws -> UUID { try #require((value as? String).flatMap { UUID(uuidString: $0) }) }
        let occurred = try #require((read["timestamp"] as? String).flatMap { Timestamp(rfc3339: $0) })
        let event = Event(
            id: try id(read["id"]), position: 1, type: try #require(read["type"] as? String),
            version: try #require(read["version"] as? Int), aggregateType: try #require(aggregate["type"] as? String),
            aggregate: try id(aggregate["id"]), sequence: try #require(aggregate["sequence"] as? Int),
            payload: Array(payload.utf8), traceID: nil, occurredAt: occurred)
        let message = WebhookMessage(event)
        #expect(String(decoding: message.body, as: UTF8.self) == body)
        let attempt = Timestamp(seconds: seconds)
        #expect(attempt >= occurred && attempt < occurred + .seconds(60))
        let made = message.headers(at: attempt, secrets: [secret], userAgent: headers["user-agent"] ?? "")
        #expect(Dictionary(made.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }) == headers)

        let script = try Self.block("sh", with: "openssl dgst", in: document)
        let printed = try await onOwnThread {
            let directory = try ScratchDirectory("vector")
            // With the line end that an editor adds.
            _ = try directory.write("body.json", body + "\n")
            return try Command.check(["sh", "-c", script], directory: directory.path)
        }
        #expect("v1," + printed.trimmingCharacters(in: .newlines) == headers["webhook-signature"])
    }

    @Test("the id of mail in docs/mail.md is the one that the shop gives it")
    func mail() throws {
        let id = EventTarget.configured(.mail).uuidString.lowercased()
        #expect(try Self.document("mail.md").contains("commerce events replay EVENT --endpoint \(id)\n"))
    }
}
