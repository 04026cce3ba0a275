import HTTPTypes

// Names that HTTPTypes has no constants for.
extension HTTPField.Name {
    /// The id of a request, from the client or made here; on every response.
    package static let xRequestID = constant("X-Request-Id")
    /// The trace id of AWS load balancers.
    package static let xAmznTraceID = constant("X-Amzn-Trace-Id")
    /// The addresses that a request came through; each proxy appends the address of its client.
    package static let xForwardedFor = constant("X-Forwarded-For")
    /// The scheme with which the client reached the first proxy.
    package static let xForwardedProto = constant("X-Forwarded-Proto")
    /// The secret that a content network adds to its requests, as a proof that they came through it.
    package static let xOriginVerify = constant("X-Origin-Verify")
    /// The viewer's address and port, from CloudFront.
    package static let cloudFrontViewerAddress = constant("CloudFront-Viewer-Address")
    /// A key under which a request has its effect once (IETF httpapi idempotency-key-header, draft 07).
    package static let idempotencyKey = constant("Idempotency-Key")
    /// On a response that was stored for an earlier request with the same key.
    package static let idempotentReplayed = constant("Idempotent-Replayed")
    /// Links to other resources (RFC 8288).
    package static let link = constant("Link")
    /// The last event of a stream that a client has received before it reconnects (WHATWG HTML §9.2.4).
    package static let lastEventID = constant("Last-Event-ID")
    /// The rate limits that hold for a client (IETF httpapi ratelimit-headers).
    package static let rateLimitPolicy = constant("RateLimit-Policy")
    /// The rest of a rate limit.
    package static let rateLimit = constant("RateLimit")
    /// How much a page tells other origins about where its visitor came from.
    package static let referrerPolicy = constant("Referrer-Policy")
    /// Which pages may show the response in a frame, for browsers without `frame-ancestors`.
    package static let xFrameOptions = constant("X-Frame-Options")
    /// Which sites may embed the response (Fetch §3.7).
    package static let crossOriginResourcePolicy = constant("Cross-Origin-Resource-Policy")
    /// Whether a page shares its window's group with others (HTML §7.1.3).
    package static let crossOriginOpenerPolicy = constant("Cross-Origin-Opener-Policy")

    /// A name known at compile time. One that is no token stops the program at its first use, in any test.
    package static func constant(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("not a field name: \(name)") }
        return name
    }
}
