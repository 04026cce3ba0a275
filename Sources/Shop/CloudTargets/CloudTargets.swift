import AWS
import EventLoop
import Events
import HTTPClient
import Logging

/// The services of AWS that get events, with the connections and credentials that they share. Confined to its loop; it must be closed
/// with ``close()``.
package final class CloudTargets {
    /// Rows for `event_target`: those that settings name.
    package let targets: [EventTarget]
    private let deliveries: [EventTarget.Kind: CloudTarget]
    private let client: HTTPClient?

    /// - Parameter userAgent: what the shop calls itself in requests
    package init(loop: EventLoop, settings: CloudTargetSettings, userAgent: String = "commerce", logger: Logger) {
        guard let source = settings.credentials, !settings.destinations.isEmpty else {
            (targets, deliveries, client) = ([], [:], nil)
            return
        }
        let client = HTTPClient(loop: loop, settings: HTTPClientSettings(name: "aws", userAgent: userAgent), logger: logger)
        let provider = AWSCredentialsProvider(loop: loop, source: source, client: client, logger: logger)
        let signer = AWSClient(client: client, provider: provider)
        self.client = client
        targets = settings.destinations.map(\.target)
        deliveries = Dictionary(
            settings.destinations.map { ($0.target.kind, CloudTarget($0.service, client: signer)) }, uniquingKeysWith: { $1 })
    }

    /// What delivers to a row of `event_target`; nil for other kinds of targets, and for services that settings do not name.
    package func delivery(to target: EventTarget) -> (any DeliveryTarget)? {
        guard target.id == EventTarget.configured(target.kind) else { return nil }
        return deliveries[target.kind]
    }

    /// Ends requests in progress, and closes the connections.
    package func close() async { await client?.close() }
}
