import HTTPServer
import HTTPTypes
import Prometheus
import TestSupport
import Testing
import WebTestSupport

@testable import Web

@Suite struct RequestMetricsTests {
    /// The metrics after these requests.
    private func scrape(_ requests: [(HTTPRequest.Method, String)]) async throws -> MetricsScrape {
        try await onLoop { loop in
            let registry = PrometheusRegistry()
            let router = Router(metrics: registry)
            router.get("/v1/things/{id}") { context in
                guard context.parameters["id"] != "bad" else {
                    throw Problem(ProblemKind(.conflict, "bad_thing", "Bad thing", "Choose another one."))
                }
                return .json { $0.int(1) }
            }
            router.post("/v1/things") { _ in Response(.internalServerError) }
            let application = Application(router: router, logger: LogJournal().logger, metrics: registry)
            for (method, target) in requests {
                _ = await application.respond(to: Request(method, target, on: loop))
            }
            _ = application.reject(RejectedRequest(status: .contentTooLarge, reason: "big", received: 0, peer: ""))
            return try MetricsScrape(registry.text())
        }
    }

    @Test func requestsAreCountedByMethodRouteAndClassOfStatus() async throws {
        let scrape = try await scrape([
            (.get, "/v1/things/1"), (.get, "/v1/things/2"), (.head, "/v1/things/3"), (.get, "/v1/things/bad"),
            (.post, "/v1/things"), (.get, "/nowhere"), (.delete, "/v1/things"), (.options, "/v1/things"),
        ])
        let count = { (method: String, route: String, status: String) in
            scrape["http_server_requests_total{method=\"\(method)\",route=\"\(route)\",status=\"\(status)\"}"]
        }
        #expect(count("GET", "/v1/things/{id}", "2xx") == 2)
        #expect(count("GET", "/v1/things/{id}", "4xx") == 1)
        // The series exists before the first failure, so that the failure is an increase.
        #expect(count("GET", "/v1/things/{id}", "5xx") == 0)
        #expect(count("HEAD", "/v1/things/{id}", "2xx") == 1)
        #expect(count("POST", "/v1/things", "5xx") == 1)
        #expect(count("GET", "none", "4xx") == 1)
        #expect(count("DELETE", "none", "4xx") == 1)
        #expect(count("OPTIONS", "none", "2xx") == 1)
        #expect(scrape.sum("http_server_requests_total") == 8)
        #expect(scrape["http_server_request_duration_seconds_count{method=\"GET\",route=\"/v1/things/{id}\"}"] == 3)
        #expect(scrape["http_server_problems_total{code=\"bad_thing\"}"] == 1)
        #expect(scrape["http_server_problems_total{code=\"not_found\"}"] == 1)
        #expect(scrape["http_server_problems_total{code=\"body_too_large\"}"] == 1)
    }

    @Test func inventedPathsAndMethodsMakeNoSeries() async throws {
        let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .connect, .trace]
        let words = try (0..<300).map { try #require(HTTPRequest.Method(rawValue: "INVENT\($0)")) }
        let few = try await scrape(methods.map { ($0, "/none") } + [(words[0], "/none")])
        let many = try await scrape(
            methods.map { ($0, "/none") } + words.map { ($0, "/v1/things/1") }
                + (0..<300).map { (.get, "/none/\($0)") })
        #expect(Set(many.values.keys) == Set(few.values.keys))
        #expect(many["http_server_requests_total{method=\"other\",route=\"none\",status=\"5xx\"}"] == 300)
        #expect(many["http_server_requests_total{method=\"GET\",route=\"none\",status=\"4xx\"}"] == 301)
        #expect(!many.values.keys.contains { $0.contains("INVENT") || $0.contains("/none") })
    }
}
