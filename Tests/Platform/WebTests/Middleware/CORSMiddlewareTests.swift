import HTTPServer
import HTTPTypes
import Testing
import WebTestSupport

@testable import Web

@Suite struct CORSMiddlewareTests {
    private func answer(
        _ method: HTTPRequest.Method, _ target: String = "/health", origins: [String], fields: [(String, String)]
    ) async throws -> Response {
        try await onLoop { loop in
            let application = ApplicationTests.application(
                LogJournal(),
                middlewares: [
                    CORSMiddleware(
                        origins: AllowedOrigins(origins), requestHeaders: [.constant("X-Own-Request")],
                        responseHeaders: [.constant("X-Own-Response")])
                ])
            return await application.respond(to: Request(method, target, fields: fields, on: loop))
        }
    }

    private static let shop = "https://shop.example"

    @Test func aListedOriginMayReadResponsesAndErrors() async throws {
        for target in ["/health", "/nowhere", "/v1/fail/x"] {
            let response = try await answer(.get, target, origins: [Self.shop], fields: [("Origin", Self.shop)])
            #expect(response.headers[.accessControlAllowOrigin] == Self.shop)
            #expect(response.headers[.accessControlExposeHeaders]?.contains("ETag") == true)
            #expect(response.headers[.accessControlExposeHeaders]?.contains("X-Own-Response") == true)
            #expect(response.headers[.vary] == "Origin")
            #expect(response.headers[.accessControlAllowCredentials] == nil)
        }
    }

    @Test(arguments: ["https://evil.example", "https://shop.example.evil", "http://shop.example", "null", "HTTPS://shop.example"])
    func anotherOriginMayNot(origin: String) async throws {
        let response = try await answer(.get, origins: [Self.shop], fields: [("Origin", origin)])
        #expect(response.status == .ok)
        #expect(response.headers[.accessControlAllowOrigin] == nil)
        #expect(response.headers[.vary] == "Origin")
    }

    @Test func aPreflightIsAnsweredForListedOrigins() async throws {
        let asked = [("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "if-match")]
        let yes = try await answer(.options, origins: [Self.shop], fields: asked + [("Origin", Self.shop)])
        #expect(yes.status == .noContent)
        #expect(yes.headers[.accessControlAllowOrigin] == Self.shop)
        #expect(yes.headers[.accessControlAllowMethods]?.contains("DELETE") == true)
        #expect(yes.headers[.accessControlAllowHeaders]?.contains("If-Match") == true)
        #expect(yes.headers[.accessControlMaxAge] == "7200")
        let no = try await answer(.options, origins: [Self.shop], fields: asked + [("Origin", "https://evil.example")])
        #expect(no.status == .noContent)
        #expect(no.headers[.accessControlAllowOrigin] == nil)
        #expect(no.headers[.accessControlAllowMethods] == nil)
    }

    /// Headers of HTTP and of the API, and those that monitoring in browsers adds to a page's calls.
    @Test(arguments: [
        "authorization", "content-type", "idempotency-key", "if-match", "last-event-id", "x-own-request",
        "x-request-id",
        "traceparent", "tracestate", "baggage", "sentry-trace", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid",
        "x-b3-sampled",
        "uber-trace-id", "x-datadog-trace-id", "x-datadog-parent-id", "x-datadog-origin", "x-datadog-sampling-priority",
        "newrelic",
        "elastic-apm-traceparent", "x-dtpc", "request-id", "request-context", "x-amzn-trace-id", "x-cloud-trace-context",
        "x-correlation-id", "x-requested-with",
    ])
    func aPageMaySend(field: String) async throws {
        for origins in [[Self.shop], ["*"]] {
            let response = try await answer(
                .options, "/v1/echo", origins: origins,
                fields: [
                    ("Origin", Self.shop), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", field),
                ])
            let allowed = response.headers[.accessControlAllowHeaders]?.split(separator: ",").map { name in
                name.lowercased().filter { $0 != " " }
            }
            #expect(allowed?.contains(field) == true)
            // A page must not set the headers of proxies.
            for proxy in ["x-forwarded-for", "x-forwarded-proto", "x-origin-verify", "cloudfront-viewer-address"] {
                #expect(allowed?.contains(proxy) == false)
            }
        }
    }

    @Test func anyOriginIsAllowedByAStar() async throws {
        let response = try await answer(.get, origins: ["*"], fields: [("Origin", "https://anyone.example")])
        #expect(response.headers[.accessControlAllowOrigin] == "*")
        #expect(response.headers[.vary] == nil)
    }
}
