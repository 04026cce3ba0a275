import Foundation
import TestSupport
import Testing

/// So much for each client, over all loops and tasks; and never an error for want of Redis.
@Suite("Rate limits", .serialized)
struct RateLimitTests {
    private static let settings = [
        "RATE_LIMIT": "on", "RATE_LIMIT_WRITES": "60", "RATE_LIMIT_READS": "200", "TRUSTED_PROXIES": "127.0.0.1",
    ]

    /// So many of a client's requests one after another, over the services in turn, each time on a new connection.
    private static func ask(
        _ count: Int, _ services: [ServiceProcess], _ method: String, _ path: String, as address: String
    ) async throws -> [Answer] {
        try await onOwnThread {
            try (0..<count).map { number in
                let client = services[number % services.count].client()
                let headers = [("X-Forwarded-For", address)]
                return Answer(try client.request(method, path, headers: headers))
            }
        }
    }

    @Test("two services share the limit on writes, and tell where one stands") func shared() async throws {
        let stage = try Stage(redisPassword: "secret")
        let services = [try await stage.serve(Self.settings), try await stage.serve(Self.settings)]
        for service in services { try await service.waitUntilWell() }
        let began = ContinuousClock.now
        let answers = try await Self.ask(90, services, "POST", "/v1/carts", as: "203.0.113.9")
        // One a second flows in.
        let seconds = Int((ContinuousClock.now - began).components.seconds) + 1
        let given = answers.count { $0.status == 201 }
        #expect((60...60 + seconds).contains(given), "\(given) in \(seconds) s")
        #expect(answers.allSatisfy { $0.status == 201 || $0.status == 429 })
        for answer in answers {
            #expect(answer.header("RateLimit-Policy") == #""writes";q=60;w=60"#)
            #expect(answer.header("RateLimit")?.wholeMatch(of: /"writes";r=[0-9]+;t=[0-9]+/) != nil)
        }
        let refused = try #require(answers.last { $0.status == 429 })
        #expect(refused.code == "rate_limited" && refused.header("Content-Type") == "application/problem+json")
        #expect(refused.header("Retry-After") == "1" && refused.header("RateLimit")?.contains("r=0") == true)
        // Another client, and this one's reads, have their own.
        #expect(try await Self.ask(1, services, "POST", "/v1/carts", as: "203.0.113.10")[0].status == 201)
        #expect(try await Self.ask(1, services, "GET", "/v1/categories", as: "203.0.113.9")[0].status == 200)
    }

    @Test("a search counts as five requests, a total and what is sold out as ten") func costs() async throws {
        let stage = try Stage()
        let service = try await stage.serve(Self.settings.merging(["LOOPS": "1", "RATE_LIMIT_READS": "60"]) { $1 })
        try await service.waitUntilWell()
        /// The remaining quota. Responses that caches may share do not have it, so another request reads it, which counts as one.
        func left(_ path: String) async throws -> (status: Int, left: Int) {
            let answers = try await [
                Self.ask(1, [service], "GET", path, as: "203.0.113.77")[0],
                Self.ask(1, [service], "GET", "/v1/carts/00000000-0000-7000-8000-000000000000", as: "203.0.113.77")[0],
            ]
            #expect(answers[0].header("RateLimit") == nil)
            return (answers[0].status, Int(answers[1].header("RateLimit")?.firstMatch(of: /r=([0-9]+)/)?.1 ?? "") ?? -1)
        }
        let began = ContinuousClock.now
        var used = 0
        for (path, cost) in [
            ("/v1/products", 1), ("/v1/products?q=mug", 5), ("/v1/products?include=total", 10),
            ("/v1/products?q=mug&include=total", 14),
            ("/v1/products?in_stock=true", 1), ("/v1/products?in_stock=false", 10), ("/v1/categories", 1),
        ] {
            let answer = try await left(path)
            used += cost + 1
            // At least so much, and at most what flows in meanwhile above that.
            let flown = Int((ContinuousClock.now - began).components.seconds) + 1
            #expect(answer.status == 200 && (60 - used...60 - used + flown).contains(answer.left), "\(path): \(answer.left)")
        }
    }

    @Test("reads are counted over loops and services, and health is not") func reads() async throws {
        let stage = try Stage()
        let services = [try await stage.serve(Self.settings), try await stage.serve(Self.settings)]
        for service in services { try await service.waitUntilWell() }
        let began = ContinuousClock.now
        let answers = try await Self.ask(600, services, "GET", "/v1/products", as: "203.0.113.9")
        let given = answers.count { $0.status == 200 }
        // Four loops, each of which learns of the others a batch of ten late; and 200 a minute flow in. By themselves they
        // would have given all 600.
        let flown = Int((ContinuousClock.now - began).components.seconds + 1) * 200 / 60
        #expect((200...340 + flown).contains(given), "\(given), \(flown) of them flown in")
        let health = try await Self.ask(300, services, "GET", "/health", as: "203.0.113.9")
        #expect(health.allSatisfy { $0.status == 200 && $0.header("RateLimit") == nil })
    }

    @Test("Redis killed amid requests: none fails, and every loop counts by itself") func redisKilled() async throws {
        let stage = try Stage()
        let service = try await stage.serve(Self.settings.merging(["RATE_LIMIT_WRITES": "40"]) { $1 })
        try await service.waitUntilWell()
        var answers = try await Self.ask(10, [service], "POST", "/v1/carts", as: "203.0.113.9")
        try await stage.act { $0.redis.kill() }
        let began = ContinuousClock.now
        answers += try await Self.ask(120, [service], "POST", "/v1/carts", as: "203.0.113.9")
        let flown = Int((ContinuousClock.now - began).components.seconds + 1) * 40 / 60
        let faults = answers.filter { $0.status != 201 && $0.status != 429 }
        #expect(faults.isEmpty, "\(faults.prefix(3))")
        let given = answers.count { $0.status == 201 }
        // Two loops with 40 each at most, and what flows in to both.
        #expect((40...90 + 2 * flown).contains(given), "\(given), \(flown) of them flown in")
        #expect(answers.contains { $0.status == 429 })
        try await stage.act { try $0.redis.start() }
        try await service.waitUntilWell()
        let others = try await Self.ask(5, [service], "POST", "/v1/carts", as: "203.0.113.20")
        #expect(others.allSatisfy { $0.status == 201 })
    }

    @Test("Redis frozen: no request fails, and none waits for long") func redisFrozen() async throws {
        let stage = try Stage()
        let service = try await stage.serve(Self.settings)
        try await service.waitUntilWell()
        _ = try await Self.ask(2, [service], "POST", "/v1/carts", as: "203.0.113.9")
        try await stage.act { $0.redis.freeze() }
        let began = ContinuousClock.now
        let answers = try await Self.ask(40, [service], "POST", "/v1/carts", as: "203.0.113.9")
        #expect(answers.allSatisfy { $0.status == 201 })
        #expect(ContinuousClock.now - began < .seconds(15))
        try await stage.act { $0.redis.resume() }
    }
}
