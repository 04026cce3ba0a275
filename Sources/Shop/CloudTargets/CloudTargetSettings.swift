import AWS
import Events

/// Which services of AWS get events.
package struct CloudTargetSettings: Sendable {
    /// One of them.
    package struct Destination: Sendable {
        /// The row in `event_target`.
        package let target: EventTarget
        let service: any CloudService
    }

    /// In the order of their kinds.
    package let destinations: [Destination]
    /// Nil where there are no destinations.
    package let credentials: AWSCredentialsSource?

    /// No services.
    package static let none = CloudTargetSettings(destinations: [], credentials: nil)

    package init(destinations: [Destination], credentials: AWSCredentialsSource?) {
        self.destinations = destinations
        self.credentials = credentials
    }
}

extension CloudTargetSettings.Destination {
    private init(_ kind: EventTarget.Kind, _ address: String, _ patterns: [EventPattern], _ service: any CloudService) {
        target = EventTarget(
            id: EventTarget.configured(kind), kind: kind, address: address, events: patterns.map(\.text))
        self.service = service
    }

    /// A topic of SNS, by its ARN; nil where it is none.
    package static func sns(arn: String, patterns: [EventPattern], endpoint: String?) -> Self? {
        SNSTopic(arn: arn, endpoint: endpoint).map { Self(.sns, arn, patterns, $0) }
    }

    /// A queue of SQS, by its URL; nil where it is none, or its region is unknown.
    package static func sqs(url: String, patterns: [EventPattern], region: String?, endpoint: String?) -> Self? {
        SQSQueue(url: url, region: region, endpoint: endpoint).map { Self(.sqs, url, patterns, $0) }
    }

    /// A bus of EventBridge, by its name or ARN; nil where it is none, or its region is unknown.
    package static func eventBridge(bus: String, patterns: [EventPattern], region: String?, endpoint: String?) -> Self? {
        EventBridgeBus(bus, region: region, endpoint: endpoint).map { Self(.eventbridge, bus, patterns, $0) }
    }
}
