import Foundation
import Testing
import TestSupport

/// What every answer has, and what the log says of it.
@Suite(.shop([Goods("SEEN", stock: 100)]))
struct ResponseAPITests {
    private func client() throws -> ShopClient { ShopClient(try Shop.current) }

    /// The access lines of one request, once they are written.
    private func lines(of requestID: String) async throws -> [JSON] {
        let service = try Shop.current.services[0]
        try await onOwnThread { try service.waitForLog("\"\(requestID)\"", seconds: 10) }
        return service.standardOutput.split(separator: "\n").filter { $0.contains("\"\(requestID)\"") }
            .map { JSON(parsing: Array($0.utf8)) }
    }

    @Test("a sane X-Request-Id comes back, any other is replaced")
    func requestIDs() async throws {
        let client = try client()
        for id in ["abc", "A.b-c_9", String(repeating: "r", count: 128), UUID().uuidString] {
            for path in ["/v1/products", "/v1/products/nothing", "/v1/nowhere", "/v1/products?limit=x"] {
                #expect(try await client.get(path, [("X-Request-Id", id)]).header("X-Request-Id") == id, "\(id) \(path)")
            }
        }
        var made: Set<String> = []
        for id in [nil, "", "a b", "a\"b", "<script>", "a;b", "ü", String(repeating: "r", count: 129), "{}", "a,b"] {
            let got = try await client.get("/v1/products", id.map { [("X-Request-Id", $0)] } ?? []).header("X-Request-Id") ?? ""
            #expect(got != id && UUID(uuidString: got) != nil, "\(id ?? "none")")
            made.insert(got)
        }
        #expect(made.count == 10)
    }

    @Test("each request has one line of JSON with what an operator asks for")
    func accessLog() async throws {
        let client = try client()
        let id = "line-" + UUID().uuidString
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        let answer = try await client.get(
            "/v1/products/s%65en?secret=value", [("X-Request-Id", id), ("traceparent", "00-\(trace)-00f067aa0ba902b7-01")])
        #expect(answer.status == 200)
        let lines = try await lines(of: id)
        try #require(lines.count == 1)
        let line = lines[0]
        #expect(line["level"] == "info" && line["message"] == "request")
        #expect(line["method"] == "GET" && line["route"] == "/v1/products/{product}" && line["path"] == "/v1/products/s%65en")
        #expect(line["status"] == 200 && line["bytes"].number == Int64(answer.response.body.count))
        #expect(line["client_ip"] == "127.0.0.1" && line["trace_id"] == .string(trace))
        #expect(line["time"].text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/) != nil, "\(line["time"])")
        switch line["duration_ms"] {
        case .fraction(let milliseconds): #expect(milliseconds >= 0 && milliseconds < 60_000)
        case .integer(let milliseconds): #expect(milliseconds >= 0 && milliseconds < 60_000)
        default: Issue.record("duration_ms is \(line["duration_ms"])")
        }
        #expect(try await !Shop.logText(Shop.current).contains("secret=value"))
    }

    @Test("what was refused has its line too, also before a route was found")
    func refusals() async throws {
        let client = try client()
        for (path, status) in [("/v1/nowhere", 404), ("/v1/products?limit=0", 400), ("/v1/products/%zz", 400)] {
            let answer = try await client.get(path)
            #expect(answer.status == status)
            let lines = try await lines(of: answer.header("X-Request-Id") ?? "")
            #expect(lines.count == 1 && lines.first?["status"].number == Int64(status), "\(path)")
        }
        let refused = try await client.get("/v1/products", [("X-Big", String(repeating: "a", count: 20_000))])
        #expect(refused.status == 431)
        #expect(try await lines(of: refused.header("X-Request-Id") ?? "").map { $0["status"] } == [431])
    }

    @Test("load balancers can read the health, and their checks fill no log")
    func health() async throws {
        let client = try client()
        let health = try await client.get("/health", [("X-Request-Id", "health-is-quiet")])
        #expect(health.status == 200 && health["status"] == "ok")
        #expect(health.json.names == ["status", "version", "uptime_seconds", "checks"])
        #expect(health["checks"].names == ["postgres", "redis", "worker"])
        for name in ["postgres", "redis"] { #expect(health["checks"][name]["status"] == "ok") }
        #expect(try await client.get("/health/live").json == ["status": "ok"])
        let after = try await client.get("/v1/products")
        _ = try await lines(of: after.header("X-Request-Id") ?? "")
        #expect(try await !Shop.logText(Shop.current).contains("health-is-quiet"))
    }

    @Test("a cart, an order and their secrets leave no secret in the log")
    func secrets() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        try await client.add("SEEN", 1, to: cart)
        let key = Shop.newKey()
        let order = TestOrder(try await client.order(cart, key: key))
        _ = try await client.get(cart.path + "?token=" + cart.token, [cart.header])
        let last = try await client.cancel(order)
        _ = try await lines(of: last.header("X-Request-Id") ?? "")
        let log = try await Shop.logText(Shop.current)
        #expect(log.contains(order.id) && log.contains(cart.id))
        for secret in [cart.token, order.token, key, "ada@example.com", "Fern Row"] { #expect(!log.contains(secret)) }
    }
}

extension Shop {
    /// All that its services have logged for the requests answered so far. Lines are written some time after the answer, so
    /// each service gets one more request, until its line is in the log.
    static func logText(_ shop: Shop) async throws -> String {
        for service in shop.services {
            let id = UUID().uuidString
            try await onOwnThread {
                let answer = try service.client().request("GET", "/v1/categories", headers: [("X-Request-Id", id)])
                guard answer.status == 200 else { throw TestFailure("the categories are \(answer.status)") }
                try service.waitForLog("\"\(id)\"", seconds: 30)
            }
        }
        return shop.services.map { $0.standardOutput + $0.standardError }.joined()
    }
}
