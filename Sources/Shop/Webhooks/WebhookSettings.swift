import HTTPClient

/// How webhooks are delivered, and what endpoints there may be.
package struct WebhookSettings: Sendable {
    /// Whether endpoints may be of any address and port, and of http: for tests and private networks.
    package var allowsPrivate = false
    /// How long an attempt may take, with its answer.
    package var timeout = Duration.seconds(15)
    /// How long connecting may take.
    package var connectTimeout = Duration.seconds(5)
    /// How many requests to one endpoint a worker may have in progress. 5,000 events a second reach an endpoint that answers within
    /// 6 ms.
    package var concurrency = 32
    /// How many endpoints there may be: each adds a delivery to every event that it gets.
    package var mostEndpoints = 50
    /// After which time without a success an endpoint is disabled.
    package var disableAfter = Duration.seconds(5 * 86_400)
    /// The header `user-agent`.
    package var userAgent = "commerce"

    package init() {}

    /// The client for all endpoints: with as many connections as they may use at a time, so that a slow endpoint takes none from
    /// others, of the same host or another.
    package var client: HTTPClientSettings {
        var client = HTTPClientSettings(name: "webhooks", userAgent: userAgent)
        client.connections = max(1, mostEndpoints) * concurrency
        client.connectionsPerHost = client.connections
        return client
    }
}
