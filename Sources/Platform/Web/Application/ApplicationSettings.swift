/// What an operator can set about how requests are handled.
package struct ApplicationSettings: Sendable {
    /// Whose word about the client's address is taken.
    package var trustedProxies: TrustedProxies
    /// How it is noticed that a proxy is not among them.
    package var concentration = ClientConcentration()
    /// How long a request may take, where its route says nothing else.
    package var requestDeadline: Duration

    /// How long browsers that came over TLS are to come over nothing else (RFC 6797); zero says nothing about it.
    package var strictTransport: Duration

    /// How many access lines of 4xx one client gets in ten seconds; the rest is counted.
    package var loggedClientErrors: Int

    package init(
        trustedProxies: TrustedProxies = .none, requestDeadline: Duration = .seconds(30), strictTransport: Duration = .zero,
        loggedClientErrors: Int = 100
    ) {
        self.loggedClientErrors = loggedClientErrors
        self.trustedProxies = trustedProxies
        self.requestDeadline = requestDeadline
        self.strictTransport = strictTransport
    }
}
