/// What an operator can set about how requests are handled.
package struct ApplicationSettings: Sendable {
    /// Whose X-Forwarded-For is believed.
    package var trustedProxies: TrustedProxies
    /// How long a request may take, where its route says nothing else.
    package var requestDeadline: Duration

    package init(trustedProxies: TrustedProxies = .none, requestDeadline: Duration = .seconds(30)) {
        self.trustedProxies = trustedProxies
        self.requestDeadline = requestDeadline
    }
}
