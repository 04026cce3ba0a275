import AWS
import CloudTargets
import Events
import HTTPClient

/// Services of Amazon Web Services that get events. Without a destination, none is used.
package struct CloudSettings: Sendable {
    package let targets: CloudTargetSettings

    init(_ reader: inout SettingsReader) {
        let topic = reader.read(
            optional: "EVENTS_SNS_TOPIC_ARN", .text,
            "ARN of a topic of Amazon SNS that events are published to; one that ends in .fifo keeps their order")
        let topicPatterns = Self.patterns("EVENTS_SNS_EVENTS", "the topic", &reader)
        let queue = reader.read(
            optional: "EVENTS_SQS_QUEUE_URL", .text,
            "URL of a queue of Amazon SQS that events are sent to; one that ends in .fifo keeps their order")
        let queuePatterns = Self.patterns("EVENTS_SQS_EVENTS", "the queue", &reader)
        let bus = reader.read(
            optional: "EVENTS_EVENTBRIDGE_BUS", .text, "Name or ARN of a bus of Amazon EventBridge that events are put on")
        let busPatterns = Self.patterns("EVENTS_EVENTBRIDGE_EVENTS", "the bus", &reader)
        let region = reader.read(
            optional: "AWS_REGION", .awsRegion, "Region of the bus, and of a queue whose URL does not name it")
        let endpoint = reader.read(
            optional: "AWS_ENDPOINT_URL", .awsEndpoint, "URL of a stand-in for the three services, for tests")
        let source = Self.credentials(isUsed: topic ?? queue ?? bus != nil, &reader)

        var destinations: [CloudTargetSettings.Destination] = []
        func add(_ name: String, _ destination: CloudTargetSettings.Destination?, _ expected: String) {
            if let destination { return destinations.append(destination) }
            reader.reject(name, "cannot be used", expected: expected)
        }
        if let topic {
            add(
                "EVENTS_SNS_TOPIC_ARN", .sns(arn: topic, patterns: topicPatterns, endpoint: endpoint),
                "an ARN like arn:aws:sns:eu-central-1:123456789012:events")
        }
        if let queue {
            add(
                "EVENTS_SQS_QUEUE_URL", .sqs(url: queue, patterns: queuePatterns, region: region, endpoint: endpoint),
                "a URL like https://sqs.eu-central-1.amazonaws.com/123456789012/events, or AWS_REGION beside another host")
        }
        if let bus {
            add(
                "EVENTS_EVENTBRIDGE_BUS", .eventBridge(bus: bus, patterns: busPatterns, region: region, endpoint: endpoint),
                "an ARN like arn:aws:events:eu-central-1:123456789012:event-bus/shop, or a name beside AWS_REGION")
        }
        targets = destinations.isEmpty ? .none : CloudTargetSettings(destinations: destinations, credentials: source)
    }

    private static func patterns(_ name: String, _ receiver: String, _ reader: inout SettingsReader) -> [EventPattern] {
        let everything = EventPattern("*").map { [$0] } ?? []
        let patterns = reader.read(
            name, .list(.eventPattern), default: everything,
            "Types of events that \(receiver) gets, as `order.placed` or `order.*`")
        return patterns.isEmpty ? everything : patterns
    }

    /// The standard variables of AWS; wrong ones only matter where they are used.
    private static func credentials(isUsed: Bool, _ reader: inout SettingsReader) -> AWSCredentialsSource? {
        let secrets = [
            "AWS_SECRET_ACCESS_KEY": reader.readSecret("AWS_SECRET_ACCESS_KEY", "Secret of AWS_ACCESS_KEY_ID"),
            "AWS_SESSION_TOKEN": reader.readSecret("AWS_SESSION_TOKEN", "Token of temporary keys"),
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": reader.readSecret(
                "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                "What the endpoint of the container's credentials asks for; the platform sets it"),
        ].compactMapValues { $0 }
        var plain: [String: String] = [:]
        for (name, description) in [
            ("AWS_ACCESS_KEY_ID", "Key that signs requests to AWS, in place of the role of the task"),
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "Path of the task's credentials; the platform sets it"),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "URL of the container's credentials; the platform sets it"),
        ] {
            plain[name] = reader.read(optional: name, .text, description)
        }
        // Read again for each use: the platform replaces the token.
        plain["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = secrets["AWS_CONTAINER_AUTHORIZATION_TOKEN"]?.file
        guard isUsed else { return nil }
        do throws(AWSVariableError) {
            return try AWSCredentialsSource { plain[$0] ?? secrets[$0]?.secret }
        } catch {
            reader.reject(error.name, error.problem, expected: error.expected)
            return nil
        }
    }
}

extension SettingFormat where Value == String {
    fileprivate static var awsRegion: SettingFormat {
        text("a region like eu-central-1") { AWSName.isRegion($0) }
    }

    fileprivate static var awsEndpoint: SettingFormat {
        text("a URL like http://127.0.0.1:5000") { text in
            guard let url = try? RequestURL(text) else { return false }
            return !url.hasUserInfo && !text.utf8.contains { "?#".utf8.contains($0) }
        }
    }
}

extension SettingFormat where Value == EventPattern {
    fileprivate static var eventPattern: SettingFormat {
        SettingFormat(expectation: EventPattern.expectation, read: { EventPattern($0) }, write: \.text)
    }
}
