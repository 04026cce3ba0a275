import AWS
import Formats

/// A queue of Amazon SQS (API reference 2012-11-05 in its JSON form, SendMessageBatch).
struct SQSQueue: CloudService, Equatable {
    let queue: String
    let region: String
    let url: String
    /// Whether the queue keeps messages of a group in order and drops duplicates.
    let isOrdered: Bool

    let name = "sqs"
    var headers: [(name: String, value: String)] {
        [
            (name: "Content-Type", value: "application/x-amz-json-1.0"),
            (name: "X-Amz-Target", value: "AmazonSQS.SendMessageBatch"),
        ]
    }

    /// - Parameters:
    ///   - url: as `https://sqs.eu-central-1.amazonaws.com/123456789012/events`
    ///   - region: for a host that does not name its region
    ///   - endpoint: a stand-in for the service; only with it, the queue's URL may be http
    init?(url text: String, region fallback: String?, endpoint: String?) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !#"@?#\"<>"#.utf8.contains($0) }) else { return nil }
        let scheme = text.hasPrefix("https://") ? "https://" : "http://"
        guard text.hasPrefix(scheme), scheme == "https://" || endpoint != nil else { return nil }
        let parts = text.dropFirst(scheme.utf8.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        // sqs.REGION.amazonaws.com, or another name, as of a private endpoint.
        let labels = parts[0].split(separator: ".")
        let named = labels.count >= 4 && labels[0] == "sqs" && AWSName.isRegion(labels[1]) ? String(labels[1]) : nil
        guard let region = named ?? fallback else { return nil }
        queue = text
        self.region = region
        self.url = endpoint ?? scheme + parts[0] + "/"
        isOrdered = text.hasSuffix(".fifo")
    }

    func size(of message: CloudMessage) -> Int {
        message.text.utf8.count + "typeString".utf8.count + message.event.type.utf8.count
    }

    func body(_ messages: [CloudMessage]) -> [UInt8] {
        var writer = JSONWriter(capacity: messages.reduce(256) { $0 + $1.text.utf8.count * 5 / 4 + 256 })
        writer.beginObject()
        writer.field("QueueUrl", queue)
        writer.key("Entries")
        writer.beginArray()
        for (index, message) in messages.enumerated() {
            writer.beginObject()
            writer.field("Id", "m\(index)")
            writer.field("MessageBody", message.text)
            writer.key("MessageAttributes")
            writer.beginObject()
            writer.key("type")
            writer.beginObject()
            writer.field("DataType", "String")
            writer.field("StringValue", message.event.type)
            writer.endObject()
            writer.endObject()
            if isOrdered {
                writer.field("MessageGroupId", message.group)
                writer.field("MessageDeduplicationId", message.id)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.finish()
    }

    func results(_ answer: [UInt8], count: Int) -> [CloudResult] {
        var results = [CloudResult](repeating: .missing, count: count)
        guard let value = try? JSONValue.parse(answer) else { return results }
        func each(_ list: String, _ body: (Int, JSONValue) -> Void) {
            for entry in value[list]?.arrayValue ?? [] {
                guard let id = entry["Id"]?.stringValue, id.first == "m", let index = Int(id.dropFirst()),
                    results.indices.contains(index)
                else { continue }
                body(index, entry)
            }
        }
        each("Successful") { results[$0] = .taken($1["MessageId"]?.stringValue ?? "") }
        each("Failed") {
            results[$0] = .failed(code: $1["Code"]?.stringValue ?? "unknown", message: $1["Message"]?.stringValue ?? "")
        }
        return results
    }
}
