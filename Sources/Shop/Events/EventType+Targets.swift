extension EventType {
    /// A test message for one endpoint.
    package static let webhookPing = EventType(
        "webhook.ping", aggregate: "webhook", schema: "WebhookPing",
        "You have asked for a test message to this endpoint. No other endpoint gets it.")
    /// Tells the mailer of a request of a person who may have an account. It is no event of the shop: only a target that names it
    /// gets it, and its payload has neither an address nor a token.
    package static let accountMailRequested = EventType(
        "account.mail_requested", aggregate: "account_request", schema: "AccountMail", "A mail about an account is to be sent.")
    /// An endpoint gets no events any more.
    package static let webhookDisabled = EventType(
        "webhook.disabled", aggregate: "webhook", schema: "WebhookDisabled",
        "An endpoint has answered 410, or all deliveries to it have failed for days. It gets no events until you enable it.")
}
