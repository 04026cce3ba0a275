import HTTPServer
import HTTPTypes

/// Lets pages of other origins call the API from a browser (WHATWG Fetch §3.2). Without it none can.
///
/// Credentials are never allowed: the API's own are in headers that a page sets itself, not in cookies.
package struct CORSMiddleware: Middleware {
    /// The headers for one origin, written once.
    private struct Headers {
        let response: HeaderBlock
        let preflight: HeaderBlock
        let isAllowed: Bool
    }

    private let origins: AllowedOrigins
    /// In the order of the origins.
    private let listed: [Headers]
    /// For every other origin, and for a request without one.
    private let others: Headers

    /// - Parameters:
    ///   - requestHeaders: the API's own headers that a page may send, besides those of HTTP
    ///   - responseHeaders: the API's own headers that a page may read, besides those of HTTP
    package init(
        origins: AllowedOrigins, requestHeaders: [HTTPField.Name] = [], responseHeaders: [HTTPField.Name] = []
    ) {
        let sent = (CORSMiddleware.sent + requestHeaders.map(\.rawName)).sorted() + CORSMiddleware.tracing
        let read = (CORSMiddleware.read + responseHeaders.map(\.rawName)).sorted()
        func headers(_ origin: String?, vary: Bool) -> Headers {
            var response = HeaderBlock(vary ? [(.vary, "Origin")] : [])
            var preflight = HeaderBlock([
                (.vary, (vary ? "Origin, " : "") + "Access-Control-Request-Method, Access-Control-Request-Headers")
            ])
            if let origin {
                response.append(.accessControlAllowOrigin, origin)
                response.append(.accessControlExposeHeaders, read.joined(separator: ", "))
                preflight.append(.accessControlAllowOrigin, origin)
                preflight.append(.accessControlAllowMethods, "GET, HEAD, POST, PUT, PATCH, DELETE")
                preflight.append(.accessControlAllowHeaders, sent.joined(separator: ", "))
                // Two hours: Chromium keeps a preflight no longer.
                preflight.append(.accessControlMaxAge, "7200")
            }
            return Headers(response: response, preflight: preflight, isAllowed: origin != nil)
        }
        self.origins = origins
        listed = origins.allowsAll ? [] : origins.listed.map { headers(String(decoding: $0, as: UTF8.self), vary: true) }
        others = origins.allowsAll ? headers("*", vary: false) : headers(nil, vary: true)
    }

    package func before(_ context: RequestContext) -> MiddlewareResult {
        // A request without an origin gets the same headers: a cache may give its response to a page later.
        let origin = context.request.head.bytes(of: .origin)
        let headers = listed.isEmpty ? others : origin.flatMap(origins.place).map { listed[$0] } ?? others
        guard origin != nil, context.request.method == .options,
            context.request.head.bytes(of: .accessControlRequestMethod) != nil
        else {
            context.headers.append(headers.response)
            return .next
        }
        context.headers.append(headers.preflight)
        return headers.isAllowed ? .respond(.noContent) : .next
    }

    private static let read = [
        "ETag", "Idempotent-Replayed", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id",
    ]
    private static let sent = [
        "Authorization", "Cache-Control", "Content-Type", "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match",
        "If-Unmodified-Since", "Last-Event-ID", "Pragma", "X-Request-Id", "X-Requested-With",
    ]
    /// Headers that monitoring in browsers adds to a page's calls, which would fail without them. The service reads only the id
    /// of the trace.
    private static let tracing = [
        // W3C Trace Context and Baggage: OpenTelemetry and most others.
        "Traceparent", "Tracestate", "Baggage",
        "Sentry-Trace",
        // Zipkin, and Jaeger's own.
        "B3", "X-B3-TraceId", "X-B3-SpanId", "X-B3-ParentSpanId", "X-B3-Sampled", "X-B3-Flags", "Uber-Trace-Id",
        // Datadog RUM.
        "X-Datadog-Trace-Id", "X-Datadog-Parent-Id", "X-Datadog-Origin", "X-Datadog-Sampling-Priority", "X-Datadog-Tags",
        // New Relic, Elastic, Dynatrace, Instana, Honeycomb.
        "Newrelic", "X-NewRelic-ID", "Elastic-Apm-Traceparent", "X-Dtpc", "X-Dtreferer", "X-Instana-T", "X-Instana-S",
        "X-Instana-L",
        "X-Honeycomb-Trace",
        // Azure's Application Insights, CloudWatch RUM, Google Cloud.
        "Request-Id", "Request-Context", "X-Amzn-Trace-Id", "X-Cloud-Trace-Context",
        "X-Correlation-Id",
    ]
}

/// The origins of web pages that may call the API, such as `https://shop.example`. They are compared byte by byte.
package struct AllowedOrigins: Sendable {
    let listed: [[UInt8]]
    /// Whether pages of every origin may call.
    let allowsAll: Bool

    /// - Parameter origins: `*` among them allows every origin
    package init(_ origins: [String]) {
        listed = origins.map { Array($0.utf8) }
        allowsAll = origins.contains("*")
    }

    package func allow(_ origin: String) -> Bool {
        allowsAll || place(Array(origin.utf8)[...]) != nil
    }

    /// The place of an origin in the list; nil where it is not listed.
    func place(_ origin: ArraySlice<UInt8>) -> Int? { listed.firstIndex { origin.elementsEqual($0) } }
}
