import Events
import Formats
import Foundation
import TestSupport
import Testing

@testable import CloudTargets

extension Event {
    /// An event of a new aggregate.
    static func sample(_ number: Int = 1, type: String = "order.placed", payload: String = "{}") -> Event {
        Event(
            id: UUID(), position: Int64(number), type: type, version: 1, aggregateType: "order", aggregate: UUID(), sequence: 1,
            payload: Array(payload.utf8), traceID: nil, occurredAt: .now)
    }
}

@Suite struct CloudServiceTests {
    @Test("topics are named by ARNs") func topics() throws {
        let topic = try #require(SNSTopic(arn: "arn:aws:sns:eu-central-1:123456789012:events", endpoint: nil))
        #expect((topic.region, topic.url, topic.isOrdered) == ("eu-central-1", "https://sns.eu-central-1.amazonaws.com/", false))
        let ordered = try #require(SNSTopic(arn: "arn:aws-cn:sns:cn-north-1:123456789012:events.fifo", endpoint: nil))
        #expect((ordered.url, ordered.isOrdered) == ("https://sns.cn-north-1.amazonaws.com.cn/", true))
        #expect(SNSTopic(arn: "arn:aws:sns:eu-central-1:1:t", endpoint: "http://127.0.0.1:1/")?.url == "http://127.0.0.1:1/")
        for text in [
            "", "events", "arn:aws:sqs:eu-central-1:1:t", "arn:aws:sns::1:t", "arn:aws:sns:eu-central-1:1:",
            "arn:aws:sns:eu-central-1:1:t:sub",
            "arn:aws:sns:evil.example/#:1:t", "arn:aws:sns:eu central-1:1:t", "arn:aws:sns:eu-central-1:1:t\n",
        ] { #expect(SNSTopic(arn: text, endpoint: nil) == nil, "\(text)") }
    }

    @Test("queues are named by URLs") func queues() throws {
        let queue = try #require(
            SQSQueue(url: "https://sqs.eu-central-1.amazonaws.com/123456789012/events.fifo", region: "us-east-1", endpoint: nil))
        #expect((queue.region, queue.url, queue.isOrdered) == ("eu-central-1", "https://sqs.eu-central-1.amazonaws.com/", true))
        let other = try #require(
            SQSQueue(url: "https://vpce-1.sqs.example.com/123456789012/events", region: "us-east-1", endpoint: nil))
        #expect((other.region, other.url, other.isOrdered) == ("us-east-1", "https://vpce-1.sqs.example.com/", false))
        #expect(
            SQSQueue(url: "http://127.0.0.1:1/1/q", region: "us-east-1", endpoint: "http://127.0.0.1:1")?.url
                == "http://127.0.0.1:1")
        for text in [
            "", "events", "https://sqs.eu-central-1.amazonaws.com/", "https://sqs.eu-central-1.amazonaws.com/1/", "https:///1/q",
            "http://sqs.eu-central-1.amazonaws.com/1/q", "https://user@sqs.eu-central-1.amazonaws.com/1/q", "https://h/1/q/x",
            "https://h/1/q?a",
            "ftp://sqs.eu-central-1.amazonaws.com/1/q", "https://h/1/q ",
        ] { #expect(SQSQueue(url: text, region: "us-east-1", endpoint: nil) == nil, "\(text)") }
        #expect(SQSQueue(url: "https://queue.example.com/1/q", region: nil, endpoint: nil) == nil)
    }

    @Test("buses are named by names or ARNs") func buses() throws {
        let bus = try #require(EventBridgeBus("shop", region: "eu-central-1", endpoint: nil))
        #expect(bus.url == "https://events.eu-central-1.amazonaws.com/")
        let named = try #require(EventBridgeBus("arn:aws:events:us-west-2:1:event-bus/shop", region: nil, endpoint: nil))
        #expect((named.region, named.url) == ("us-west-2", "https://events.us-west-2.amazonaws.com/"))
        for text in [
            "", "a b", "arn:aws:sns:us-west-2:1:t", "arn:aws:events:us-west-2:1:rule/x", "ä", String(repeating: "a", count: 300),
        ] {
            #expect(EventBridgeBus(text, region: "eu-central-1", endpoint: nil) == nil, "\(text)")
        }
        #expect(EventBridgeBus("shop", region: nil, endpoint: nil) == nil)
    }

    @Test("requests hold all messages, in order, within both limits") func batches() {
        var generator = SeededGenerator(seed: 19)
        for _ in 0..<20_000 {
            let sizes = (0..<Int.random(in: 0...30, using: &generator)).map { _ in Int.random(in: 1...120, using: &generator) }
            let ranges = CloudBatches.ranges(sizes: sizes, count: 10, bytes: 100)
            #expect(ranges.flatMap { Array($0) } == Array(sizes.indices))
            for (index, range) in ranges.enumerated() {
                let sum = sizes[range].reduce(0, +)
                #expect(!range.isEmpty && range.count <= 10 && (sum <= 100 || range.count == 1))
                // As few as the order allows.
                if index + 1 < ranges.count { #expect(range.count == 10 || sum + sizes[ranges[index + 1].lowerBound] > 100) }
            }
        }
    }

    @Test("the characters that these services refuse are escaped") func characters() throws {
        let message = CloudMessage(.sample(payload: "{\"name\":\"a\u{FFFE}b\u{FFFF}c\u{FFFD}é\u{1F600}\"}"))
        #expect(!message.text.unicodeScalars.contains { $0 == "\u{FFFE}" || $0 == "\u{FFFF}" })
        let data = try JSONValue.parse(Array(message.text.utf8))
        #expect(data["data"]?["name"]?.stringValue == "a\u{FFFE}b\u{FFFF}c\u{FFFD}é\u{1F600}")
    }

    @Test("answers are read by the numbers of their messages, and what they leave out is no success") func answers() throws {
        let topic = try #require(SNSTopic(arn: "arn:aws:sns:eu-central-1:1:t", endpoint: nil))
        let xml = """
            <PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult><Failed><member><Id>m2</Id><Code>InternalError</Code>
            <Message>a &amp; b</Message><SenderFault>false</SenderFault></member></Failed><Successful><member><Id>m0</Id><MessageId>x</MessageId></member>
            <member><Id>m9</Id></member><member><Id>-1</Id></member></Successful></PublishBatchResult></PublishBatchResponse>
            """
        let expected: [CloudResult] = [.taken("x"), .missing, .failed(code: "InternalError", message: "a & b")]
        #expect(topic.results(Array(xml.utf8), count: 3) == expected)
        let queue = try #require(SQSQueue(url: "https://sqs.eu-central-1.amazonaws.com/1/q", region: nil, endpoint: nil))
        let json =
            #"{"Successful":[{"Id":"m0","MessageId":"x"},{"Id":"m7"},{"Id":7}],"Failed":[{"Id":"m2","Code":"InternalError","Message":"a & b"}]}"#
        #expect(queue.results(Array(json.utf8), count: 3) == expected)
        let bus = try #require(EventBridgeBus("shop", region: "eu-central-1", endpoint: nil))
        let entries =
            #"{"FailedEntryCount":1,"Entries":[{"EventId":"x"},{},{"ErrorCode":"InternalError","ErrorMessage":"a & b"},{"EventId":"y"}]}"#
        #expect(bus.results(Array(entries.utf8), count: 3) == expected)
        var generator = SeededGenerator(seed: 20)
        for _ in 0..<20_000 {
            let bytes = generator.bytes(upTo: 60, from: "{}[]\",:<>/IdEntriesm01Successful ")
            for results in [topic.results(bytes, count: 2), queue.results(bytes, count: 2), bus.results(bytes, count: 2)] {
                #expect(results.count == 2)
            }
        }
    }

    @Test("only errors about the content are final") func finality() {
        for code in [
            "InvalidMessageContents", "InvalidParameterValue", "AWS.SimpleQueueService.BatchRequestTooLong", "MalformedDetail",
        ] {
            #expect(CloudResult.failed(code: code, message: "").isRefused)
        }
        for code in [
            "InternalError", "Throttling", "AccessDeniedException", "KMSAccessDenied", "ExpiredToken", "QueueDoesNotExist", "",
        ] {
            #expect(!CloudResult.failed(code: code, message: "").isRefused)
        }
        #expect(!CloudResult.taken("x").isRefused && !CloudResult.missing.isRefused)
    }
}
