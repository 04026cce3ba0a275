import AWS
import Formats

/// A bus of Amazon EventBridge (API reference 2015-10-07, PutEvents).
struct EventBridgeBus: CloudService, Equatable {
    /// A name or an ARN.
    let bus: String
    let region: String
    let url: String

    /// What rules see as the source.
    static let source = "commerce"

    let name = "events"
    var headers: [(name: String, value: String)] {
        [(name: "Content-Type", value: "application/x-amz-json-1.1"), (name: "X-Amz-Target", value: "AWSEvents.PutEvents")]
    }

    /// - Parameters:
    ///   - bus: a name such as `default`, or an ARN
    ///   - region: for a name
    ///   - endpoint: a stand-in for the service
    init?(_ bus: String, region fallback: String?, endpoint: String?) {
        if bus.hasPrefix("arn:") {
            guard let arn = ARN(bus), arn.service == "events", arn.resource.hasPrefix("event-bus/"), !arn.region.isEmpty else {
                return nil
            }
            region = arn.region
            url = endpoint ?? "https://events.\(arn.region).\(arn.domain)/"
        } else {
            guard let fallback, (1...256).contains(bus.utf8.count), bus.utf8.allSatisfy(Self.isNameCharacter) else { return nil }
            region = fallback
            url = endpoint ?? "https://events.\(fallback).\(AWSName.domain(region: fallback))/"
        }
        self.bus = bus
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"):
            true
        default: false
        }
    }

    /// "Calculating Amazon EventBridge PutEvents event entry size": 14 bytes for the time, and the texts.
    func size(of message: CloudMessage) -> Int {
        14 + Self.source.utf8.count + message.event.type.utf8.count + message.text.utf8.count
    }

    func body(_ messages: [CloudMessage]) -> [UInt8] {
        var writer = JSONWriter(capacity: messages.reduce(256) { $0 + $1.text.utf8.count * 5 / 4 + 256 })
        writer.beginObject()
        writer.key("Entries")
        writer.beginArray()
        for message in messages {
            writer.beginObject()
            writer.field("EventBusName", bus)
            writer.field("Source", Self.source)
            writer.field("DetailType", message.event.type)
            writer.field("Time", message.event.occurredAt.seconds)
            writer.field("Detail", message.text)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.finish()
    }

    func results(_ answer: [UInt8], count: Int) -> [CloudResult] {
        let entries = (try? JSONValue.parse(answer))?["Entries"]?.arrayValue ?? []
        return (0..<count).map { index in
            guard index < entries.count else { return .missing }
            if let code = entries[index]["ErrorCode"]?.stringValue {
                return .failed(code: code, message: entries[index]["ErrorMessage"]?.stringValue ?? "")
            }
            return entries[index]["EventId"]?.stringValue.map { .taken($0) } ?? .missing
        }
    }
}
