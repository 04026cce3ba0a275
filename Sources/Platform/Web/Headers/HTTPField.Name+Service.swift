import HTTPTypes

extension HTTPField.Name {
    /// The request's id, the caller's or ours; on every response.
    package static let xRequestID = constant("X-Request-Id")
    /// AWS load balancers' trace id.
    package static let xAmznTraceID = constant("X-Amzn-Trace-Id")
    /// The addresses a request came through; each proxy appends the one it saw.
    package static let xForwardedFor = constant("X-Forwarded-For")
    /// The secret that a content network adds to its requests, to prove that they came through it.
    package static let xOriginVerify = constant("X-Origin-Verify")
    /// The viewer's address and port, as CloudFront tells it.
    package static let cloudFrontViewerAddress = constant("CloudFront-Viewer-Address")
    /// A key under which a request has its effect once (IETF httpapi idempotency-key-header, draft 07).
    package static let idempotencyKey = constant("Idempotency-Key")
    /// On an answer that is a stored one.
    package static let idempotentReplayed = constant("Idempotent-Replayed")
    /// Where else to look (RFC 8288).
    package static let link = constant("Link")
    /// A guest's secret for a cart.
    package static let xCartToken = constant("X-Cart-Token")
    /// The last event that a client has seen of a stream that it comes back to (WHATWG HTML §9.2.4).
    package static let lastEventID = constant("Last-Event-ID")
    /// A guest's secret for an order.
    package static let xOrderToken = constant("X-Order-Token")
    /// Which rate limits hold (IETF httpapi ratelimit-headers).
    package static let rateLimitPolicy = constant("RateLimit-Policy")
    /// What is left of a rate limit.
    package static let rateLimit = constant("RateLimit")
    /// What a page tells other origins about where the visitor came from.
    package static let referrerPolicy = constant("Referrer-Policy")
    /// Who may show the answer in a frame, for browsers that do not know frame-ancestors.
    package static let xFrameOptions = constant("X-Frame-Options")
    /// Which sites may embed the answer (Fetch §3.7).
    package static let crossOriginResourcePolicy = constant("Cross-Origin-Resource-Policy")
    /// Whether a page shares its window's group with others (HTML §7.1.3).
    package static let crossOriginOpenerPolicy = constant("Cross-Origin-Opener-Policy")
    /// Over what a client reached the proxy in front.
    package static let xForwardedProto = constant("X-Forwarded-Proto")

    /// A name known at compile time; one that is no token stops the program at its first use, in any test.
    private static func constant(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("not a field name: \(name)") }
        return name
    }
}
