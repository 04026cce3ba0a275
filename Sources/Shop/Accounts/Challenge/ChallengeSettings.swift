import Formats

/// How a client proves that a person sends its requests (decision 41).
package struct ChallengeSettings: Sendable {
    /// A service that checks answers by the protocol "siteverify", as Turnstile, hCaptcha and reCAPTCHA have it.
    package struct Service: Sendable {
        package let url: String
        package let secret: Secret

        package init(url: String, secret: Secret) {
            self.url = url
            self.secret = secret
        }
    }

    /// What becomes of requests while the service cannot be reached.
    package enum Outage: String, Sendable, CaseIterable {
        /// They are refused with 503.
        case closed
        /// They go on without proof.
        case open
    }

    /// Nil for a shop that asks for no proof.
    package var service: Service?
    /// How long a check may take.
    package var timeout: Duration = .seconds(5)
    /// After so many failures a sign-in with a password needs proof.
    package var failures = 3
    package var outage = Outage.closed

    package init() {}
}
