import HTTPServer
import HTTPTypes

/// Lets pages of other origins call the API from a browser (WHATWG Fetch §3.2). Without it none can.
///
/// Credentials are never allowed: the API's own are in fields that a page sets itself, not in cookies.
package struct CORSMiddleware: Middleware {
    /// What an origin's answers get, written once.
    private struct Fields {
        let answer: HeaderBlock
        let preflight: HeaderBlock
        let isAllowed: Bool
    }

    private let fields: [(origin: [UInt8], fields: Fields)]
    /// For an origin that is not listed; nil: all are taken.
    private let stranger: Fields?
    private let everybody: Fields

    /// - Parameter origins: such as `https://shop.example`, compared exactly; `*` for any.
    package init(origins: [String]) {
        let allowsAll = origins.contains("*")
        everybody = CORSMiddleware.fields(allowing: "*", vary: false)
        stranger = allowsAll ? nil : CORSMiddleware.fields(allowing: nil, vary: true)
        fields = allowsAll ? [] : origins.map { (Array($0.utf8), CORSMiddleware.fields(allowing: $0, vary: true)) }
    }

    package func before(_ context: RequestContext) -> MiddlewareResult {
        // The same without an origin: what a cache keeps of such an answer may be given to a page later on.
        let origin = context.request.head.bytes(of: .origin)
        let found = fields.first { origin?.elementsEqual($0.origin) == true }?.fields ?? stranger ?? everybody
        guard origin != nil, context.request.method == .options,
            context.request.head.bytes(of: .accessControlRequestMethod) != nil
        else {
            context.headers.append(found.answer)
            return .next
        }
        context.headers.append(found.preflight)
        return found.isAllowed ? .respond(.noContent) : .next
    }

    /// - Parameters:
    ///   - origin: who is let in; nil: nobody
    ///   - vary: whether another origin gets another answer
    private static func fields(allowing origin: String?, vary: Bool) -> Fields {
        var answer = HeaderBlock(vary ? [(.vary, "Origin")] : [])
        var preflight = HeaderBlock([
            (.vary, (vary ? "Origin, " : "") + "Access-Control-Request-Method, Access-Control-Request-Headers")
        ])
        if let origin {
            answer.append(.accessControlAllowOrigin, origin)
            answer.append(.accessControlExposeHeaders, exposed)
            preflight.append(.accessControlAllowOrigin, origin)
            preflight.append(.accessControlAllowMethods, "GET, HEAD, POST, PUT, PATCH, DELETE")
            preflight.append(.accessControlAllowHeaders, allowed)
            // Two hours: Chromium keeps none for longer.
            preflight.append(.accessControlMaxAge, "7200")
        }
        return Fields(answer: answer, preflight: preflight, isAllowed: origin != nil)
    }

    /// Fields that a page may send: those of the API, and those that monitoring in browsers adds to a page's calls, which would
    /// fail otherwise. None of the latter says anything to the service but a trace's id.
    private static let allowed = (service + tracing).joined(separator: ", ")
    private static let service = [
        "Authorization", "Cache-Control", "Content-Type", "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match",
        "If-Unmodified-Since", "Last-Event-ID", "Pragma", "X-Cart-Token", "X-Order-Token", "X-Request-Id", "X-Requested-With",
    ]
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
    private static let exposed =
        "ETag, Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
}
