import Events
import Formats
import Foundation
import TestSupport
import Testing

@testable import Webhooks

@Suite("Webhook answers")
struct WebhookAnswerTests {
    private static func excerpt(_ text: String) -> String? { WebhookAnswer.excerpt(Array(text.utf8)) }

    @Test("of any bytes, the log keeps at most 1 KiB of UTF-8 without control characters")
    func anything() throws {
        var generator = SeededGenerator(seed: 61)
        for _ in 0..<500 {
            let bytes = Bool.random(using: &generator) ? generator.bytes(upTo: 5_000) : Array(generator.text(upTo: 2_000).utf8)
            guard let excerpt = WebhookAnswer.excerpt(bytes) else { continue }
            #expect(excerpt.utf8.count <= DeliveryReport.longestAnswer)
            #expect(
                excerpt.unicodeScalars.allSatisfy {
                    $0.properties.generalCategory != .control && ![0x202E, 0x2066, 0x2028, 0xFEFF].contains($0.value)
                })
        }
    }

    @Test("an answer of visible text is kept, cut between characters")
    func text() {
        #expect(Self.excerpt("OK") == "OK")
        #expect(Self.excerpt("") == nil && Self.excerpt("\u{0}\u{1B}") == nil)
        #expect(Self.excerpt("a\r\nb\tc") == "a  b c")
        #expect(Self.excerpt("\u{1B}[31mred\u{202E}") == "[31mred")
        let long = Self.excerpt(String(repeating: "€", count: 1_000))
        #expect(long == String(repeating: "€", count: 341))
        #expect(WebhookAnswer.excerpt([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
    }

    @Test("a receiver that repeats its secret does not bring it into the log")
    func secrets() {
        let secret = WebhookSecret().reveal()
        let excerpt = Self.excerpt("Environment: WEBHOOK_SECRET=\(secret)&b=\(secret) end")
        #expect(excerpt == "Environment: WEBHOOK_SECRET=whsec_***&b=whsec_*** end")
    }

    @Test(
        "a receiver may ask to wait, for seconds or until a time, and not for ever",
        arguments: [
            ("0", Duration.zero), ("7", .seconds(7)), ("86401", .seconds(86_400)), ("99999999999999999999999", .seconds(86_400)),
            ("Fri, 15 Jan 2027 08:01:40 GMT", .seconds(100)), ("Fri, 15 Jan 2027 07:00:00 GMT", .zero),
            ("Fri, 01 Jan 2100 00:00:00 GMT", .seconds(86_400)), ("", nil), ("-1", nil), ("1.5", nil), ("soon", nil), ("7 ", nil),
        ])
    func retryAfter(text: String, expected: Duration?) {
        #expect(RetryAfter.read(text, now: Timestamp(seconds: 1_800_000_000)) == expected)
    }

    @Test("each status has its outcome")
    func statuses() {
        for status in 100...599 {
            let outcome = WebhookTarget.outcome(of: status, body: Array("text".utf8), retryAfter: "9", duration: .seconds(1))
            #expect(outcome.report.status == status && outcome.report.answer == "text" && outcome.report.duration == .seconds(1))
            switch (status, outcome) {
            case (200...299, .delivered(let report)): #expect(report.error == nil)
            case (410, .gone(let report)): #expect(report.error?.contains("410") == true)
            case (429, .failed(_, let retry)), (503, .failed(_, let retry)): #expect(retry == .seconds(9))
            case (100...199, .failed(let report, nil)), (300...399, .failed(let report, nil)),
                (400...599, .failed(let report, nil)):
                #expect(report.error?.contains("\(status)") == true)
            default: Issue.record("\(status): \(outcome)")
            }
        }
    }
}
