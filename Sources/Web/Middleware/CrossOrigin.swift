import HTTPServer
import HTTPTypes

/// Lets pages of other origins call the API from a browser (WHATWG Fetch §3.2). Without it none can.
///
/// Credentials are never allowed: the API's own are in fields that a page sets itself, not in cookies.
package struct CrossOrigin: Middleware {
    private let origins: [String]
    private let allowsAll: Bool

    /// - Parameter origins: such as `https://shop.example`, compared exactly; `*` for any.
    package init(origins: [String]) {
        self.origins = origins
        allowsAll = origins.contains("*")
    }

    package func respond(to context: RequestContext, next: Next) async throws -> Response {
        // A cache must not give one origin's answer to another.
        if !allowsAll { context.headers.append(.vary, "Origin") }
        guard let origin = context.request[.origin], allowsAll || origins.contains(origin) else {
            return try await next(context)
        }
        context.headers.append(.accessControlAllowOrigin, allowsAll ? "*" : origin)
        let isPreflight = context.request.method == .options && context.request[.accessControlRequestMethod] != nil
        guard isPreflight else {
            context.headers.append(.accessControlExposeHeaders, CrossOrigin.exposed)
            return try await next(context)
        }
        return Response.noContent
            .with(.accessControlAllowMethods, "GET, HEAD, POST, PUT, PATCH, DELETE")
            .with(.accessControlAllowHeaders, CrossOrigin.allowed)
            .with(.accessControlMaxAge, "600")
    }

    private static let allowed =
        "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Cart-Token, X-Order-Token, "
        + "X-Request-Id, Traceparent"
    private static let exposed =
        "ETag, Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
}
