import Events
import Formats
import FoundationEssentials
import Web

/// An event as a request of Standard Webhooks 1.0: its body and its headers.
package struct WebhookMessage: Sendable {
    /// The same over all attempts.
    package let id: String
    /// The same bytes over all attempts.
    package let body: [UInt8]
    private let traceParent: String?

    package init(_ event: Event) {
        id = Self.lowercaseText(event.id)
        body = event.document
        traceParent = event.traceID.flatMap(Self.traceParent)
    }

    /// The headers of an attempt.
    /// - Parameters:
    ///   - time: when the attempt begins; receivers refuse a request whose time is minutes away from theirs
    ///   - secrets: the valid ones; each makes a signature
    package func headers(at time: Timestamp, secrets: [WebhookSecret], userAgent: String) -> [(name: String, value: String)] {
        let seconds = String(time.seconds)
        var headers = [
            (name: "webhook-id", value: id), (name: "webhook-timestamp", value: seconds),
            (name: "webhook-signature", value: WebhookSignature.header(id: id, timestamp: seconds, body: body, secrets: secrets)),
            (name: "content-type", value: "application/json"), (name: "user-agent", value: userAgent),
        ]
        if let traceParent { headers.append((name: "traceparent", value: traceParent)) }
        return headers
    }

    private static func lowercaseText(_ id: UUID) -> String {
        var text: [UInt8] = []
        id.appendText(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// W3C Trace Context §3.2 for a trace id: 32 hexadecimal digits, or the root of AWS X-Ray, which is `1-`, 8 digits, `-` and 24
    /// digits of the same 128 bits. Nil for other text. The parent is a random number, for the attempt.
    private static func traceParent(_ trace: String) -> String? {
        let parts = trace.split(separator: "-", omittingEmptySubsequences: false)
        let isRoot = parts.count == 3 && parts[0] == "1" && parts[1].utf8.count == 8 && parts[2].utf8.count == 24
        let digits = isRoot ? String(parts[1] + parts[2]).lowercased() : trace
        guard digits.utf8.count == 32, digits.utf8.allSatisfy({ Hexadecimal.value($0) != nil && !($0 >= 0x41 && $0 <= 0x46) }),
            digits.utf8.contains(where: { $0 != UInt8(ascii: "0") })
        else { return nil }
        var generator = SystemRandomNumberGenerator()
        let parent = withUnsafeBytes(of: generator.next() | 1) { Array($0).hexadecimalText }
        return "00-\(digits)-\(parent)-01"
    }
}

/// Signatures of Standard Webhooks 1.0 ("Signature scheme"): HMAC-SHA256 of id, timestamp and body with full stops between them.
package enum WebhookSignature {
    /// The value of `webhook-signature`: one signature for each secret, with spaces between them.
    package static func header(id: String, timestamp: String, body: [UInt8], secrets: [WebhookSecret]) -> String {
        var message: [UInt8] = []
        message.reserveCapacity(id.utf8.count + timestamp.utf8.count + body.count + 2)
        message += id.utf8
        message.append(UInt8(ascii: "."))
        message += timestamp.utf8
        message.append(UInt8(ascii: "."))
        message += body
        return secrets.map { "v1," + Data(HMACSHA256.code(message, key: $0.key)).base64EncodedString() }.joined(separator: " ")
    }
}
