/// An issuer of OpenID Connect whose access tokens are accepted.
package struct TrustedIssuer: Sendable, Equatable {
    /// As the tokens' `iss` and the discovery document have it, byte by byte.
    package var issuer: String
    /// The values of `aud` that are meant for this service.
    package var audiences: [String]
    /// The clients that may use the tokens: `azp` and `client_id`. The audiences count as clients too.
    package var clientIDs: [String]
    /// Where the keys are; nil to find them by discovery.
    package var keysURL: String?
    /// Whether http is allowed to hosts other than this one; for development.
    package var allowsPlainHTTP: Bool

    package init(
        issuer: String, audiences: [String], clientIDs: [String] = [], keysURL: String? = nil, allowsPlainHTTP: Bool = false
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.clientIDs = clientIDs
        self.keysURL = keysURL
        self.allowsPlainHTTP = allowsPlainHTTP
    }

    /// Where the discovery document is (OpenID Connect Discovery 1.0 section 4).
    package var discoveryURL: String {
        (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
    }
}

/// How long keys are kept, and how they are fetched.
package struct IssuerKeySettings: Sendable, Equatable {
    /// The longest time until keys are fetched again; a response may set a shorter one by `Cache-Control: max-age`.
    package var lifetime: Duration = .seconds(3_600)
    /// The least time between two attempts while there are keys, however many tokens name an unknown one.
    package var interval: Duration = .seconds(60)
    /// How long the discovery document and the keys may take together.
    package var timeout: Duration = .seconds(5)
    /// The most bytes of each of the two documents.
    package var maximumBytes = 256 << 10
    /// The most requests that wait for the keys of an issuer.
    package var maximumWaiting = 256
    /// What the requests call the service.
    package var userAgent = "commerce"

    package init() {}
}
