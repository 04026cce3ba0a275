import AWS
import Formats

/// A topic of Amazon SNS (API reference 2010-03-31, PublishBatch).
struct SNSTopic: CloudService, Equatable {
    let arn: String
    let region: String
    let url: String
    /// Whether the topic keeps messages of a group in order and drops duplicates.
    let isOrdered: Bool

    let name = "sns"
    var headers: [(name: String, value: String)] {
        [(name: "Content-Type", value: "application/x-www-form-urlencoded; charset=utf-8")]
    }

    /// - Parameters:
    ///   - arn: as `arn:aws:sns:eu-central-1:123456789012:events`
    ///   - endpoint: a stand-in for the service
    init?(arn: String, endpoint: String?) {
        guard let parsed = ARN(arn), parsed.service == "sns", !parsed.resource.contains(":"), !parsed.region.isEmpty else {
            return nil
        }
        self.arn = arn
        region = parsed.region
        url = endpoint ?? "https://sns.\(parsed.region).\(parsed.domain)/"
        isOrdered = arn.hasSuffix(".fifo")
    }

    func size(of message: CloudMessage) -> Int {
        message.text.utf8.count + "typeString".utf8.count + message.event.type.utf8.count
    }

    func body(_ messages: [CloudMessage]) -> [UInt8] {
        var form: [UInt8] = []
        form.append("Action=PublishBatch&Version=2010-03-31&TopicArn=")
        PercentEncoding.append(arn, to: &form)
        for (index, message) in messages.enumerated() {
            func append(_ name: StaticString, _ value: String) {
                form.append("&PublishBatchRequestEntries.member.")
                form.append(decimal: index + 1)
                form.append(name)
                PercentEncoding.append(value, to: &form)
            }
            append(".Id=", "m\(index)")
            append(".Message=", message.text)
            // For filter policies of subscriptions.
            append(".MessageAttributes.entry.1.Name=", "type")
            append(".MessageAttributes.entry.1.Value.DataType=", "String")
            append(".MessageAttributes.entry.1.Value.StringValue=", message.event.type)
            guard isOrdered else { continue }
            append(".MessageGroupId=", message.group)
            append(".MessageDeduplicationId=", message.id)
        }
        return form
    }

    func results(_ answer: [UInt8], count: Int) -> [CloudResult] {
        var results = [CloudResult](repeating: .missing, count: count)
        guard let result = XMLElement.parse(answer)?["PublishBatchResult"] else { return results }
        func each(_ list: String, _ body: (Int, XMLElement) -> Void) {
            for member in result[list]?.children ?? [] {
                guard let id = member["Id"]?.text, id.first == "m", let index = Int(id.dropFirst()),
                    results.indices.contains(index)
                else { continue }
                body(index, member)
            }
        }
        each("Successful") { results[$0] = .taken($1["MessageId"]?.text ?? "") }
        each("Failed") { results[$0] = .failed(code: $1["Code"]?.text ?? "unknown", message: $1["Message"]?.text ?? "") }
        return results
    }
}
