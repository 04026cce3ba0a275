extension EventType {
    /// A test message for one endpoint.
    package static let webhookPing = EventType(
        "webhook.ping", aggregate: "webhook", schema: "WebhookPing",
        "You have asked for a test message to this endpoint. No other endpoint gets it.")
    /// An endpoint gets no events any more.
    package static let webhookDisabled = EventType(
        "webhook.disabled", aggregate: "webhook", schema: "WebhookDisabled",
        "An endpoint has answered 410, or all deliveries to it have failed for days. It gets no events until you enable it.")
}
