import CoreMetrics
import EventLoop
import HTTPServer
import HTTPTypes
import Testing
import WebTestSupport

@testable import Web

@Suite struct RateLimiterTests {
    /// Shared buckets under the control of the test.
    private final class Shared: SharedRates {
        struct Away: Error {}
        var isAway = false
        var buckets: [String: RateBucket] = [:]
        var asked = 0
        var reported = 0

        func take(_ policy: RatePolicy, of client: String) async throws -> (isAllowed: Bool, level: UInt64) {
            asked += 1
            if isAway { throw Away() }
            let decision = buckets[client, default: RateBucket()].take(policy, at: 1)
            return (decision.isAllowed, decision.reset)
        }

        func report(_ count: Int, _ policy: RatePolicy, of client: String) async throws -> UInt64 {
            reported += count
            if isAway { throw Away() }
            for _ in 0..<count { _ = buckets[client, default: RateBucket()].take(policy, at: 1) }
            return buckets[client, default: RateBucket()].level(at: 1)
        }
    }

    private static func application(_ loop: EventLoop, shared: Shared?, reads: Int = 40, writes: Int = 5) -> Application {
        let router = Router(metrics: NOOPMetricsHandler.instance)
        router.get("/health", .quiet) { _ in .noContent }
        router.get("/thing") { _ in .noContent }
        router.post("/thing") { _ in .noContent }
        router.get("/public") { _ in Response.noContent.with(.cacheControl, "max-age=1") }
        router.get("/private") { _ in Response.noContent.with(.cacheControl, "private, no-cache") }
        let limiter = RateLimitMiddleware(
            loop: loop, reads: RatePolicy("reads", quota: reads, window: 3_600),
            writes: RatePolicy("writes", quota: writes, window: 3_600),
            clients: 100, shared: shared, metrics: NOOPMetricsHandler.instance)
        return Application(
            router: router, middlewares: [limiter], logger: LogJournal().logger, metrics: NOOPMetricsHandler.instance)
    }

    private static func ask(
        _ application: Application, _ loop: EventLoop, _ method: HTTPRequest.Method, _ count: Int, _ path: String = "/thing",
        peer: String = "192.0.2.1"
    ) async -> [Response] {
        var answers: [Response] = []
        for _ in 0..<count { answers.append(await application.respond(to: Request(method, path, peer: peer, on: loop))) }
        return answers
    }

    @Test func showsTheLimitAndRefusesBeyondTheQuota() async throws {
        let answers = try await onLoop { loop in
            await Self.ask(Self.application(loop, shared: nil), loop, .post, 7)
        }
        #expect(answers.map(\.status.code) == [204, 204, 204, 204, 204, 429, 429])
        #expect(answers[0].headers[.rateLimitPolicy] == #""writes";q=5;w=3600"#)
        #expect(answers[0].headers[.rateLimit] == #""writes";r=4;t=720"#)
        let refused = answers[5]
        #expect(refused.headers[.rateLimit] == #""writes";r=0;t=3600"#)
        #expect(refused.headers[.retryAfter] == "720")
        #expect(refused.headers[.contentType] == "application/problem+json")
        #expect(refused.text.contains(#""code":"rate_limited""#))
        #expect(answers[0].headers[.retryAfter] == nil)
    }

    @Test func responsesForSharedCachesShowNoRateLimit() async throws {
        let answers = try await onLoop { loop in
            let application = Self.application(loop, shared: nil, reads: 3)
            var answers: [Response] = []
            for path in ["/public", "/private", "/nowhere", "/public"] {
                answers += await Self.ask(application, loop, .get, 1, path)
            }
            return answers
        }
        #expect(answers.map(\.status.code) == [204, 204, 404, 429])
        #expect(
            answers.map { $0.headers[.rateLimit] } == [
                nil, #""reads";r=1;t=2400"#, #""reads";r=0;t=3600"#, #""reads";r=0;t=3600"#,
            ])
        #expect(answers.map { $0.headers[.rateLimitPolicy] != nil } == [false, true, true, true])
        #expect(answers.map { $0.headers[.cacheControl] } == ["max-age=1", "private, no-cache", "no-store", "no-store"])
    }

    @Test func lostSharedBucketsAllowNoMoreThanTheLoopByItself() async throws {
        let codes = try await onLoop { loop in
            let shared = Shared()
            let application = Self.application(loop, shared: shared, writes: 5)
            var codes: [Int] = []
            for _ in 0..<8 {
                // As an attacker with access to the shared buckets would.
                shared.buckets = [:]
                codes += await Self.ask(application, loop, .post, 1).map(\.status.code)
            }
            return codes
        }
        #expect(codes == [204, 204, 204, 204, 204, 429, 429, 429])
    }

    @Test func aRouteHasLimitsOfItsOwnAndShowsTheTightest() async throws {
        for isShared in [false, true] {
            let answers = try await onLoop { loop in
                let router = Router(metrics: NOOPMetricsHandler.instance)
                router.post("/thing") { _ in .noContent }
                router.get("/thing") { _ in .noContent }
                router.post("/other") { _ in .noContent }
                let kind = ProblemKind(.tooManyRequests, "too_many_things", "Too many things", "Wait.")
                let limiter = RateLimitMiddleware(
                    loop: loop, reads: RatePolicy("reads", quota: 40), writes: RatePolicy("writes", quota: 9, window: 3_600),
                    routes: [
                        RouteLimit(
                            .post, "/thing",
                            policies: [
                                RatePolicy("things", quota: 4, window: 3_600),
                                RatePolicy("things_daily", quota: 3, window: 86_400),
                            ],
                            refusal: kind
                        ) { "at most \($0.quota) things" }
                    ],
                    clients: 100, shared: isShared ? PolicyRates() : nil, metrics: NOOPMetricsHandler.instance)
                let application = Application(
                    router: router, middlewares: [limiter], logger: LogJournal().logger, metrics: NOOPMetricsHandler.instance)
                return await Self.ask(application, loop, .post, 4) + Self.ask(application, loop, .get, 1)
                    + Self.ask(application, loop, .post, 1, "/other") + Self.ask(application, loop, .post, 1, peer: "192.0.2.7")
            }
            #expect(answers.map(\.status.code) == [204, 204, 204, 429, 204, 204, 204])
            #expect(answers[0].headers[.rateLimitPolicy] == #""things_daily";q=3;w=86400"#)
            #expect(answers[3].headers[.rateLimit] == #""things_daily";r=0;t=86400"#)
            #expect(answers[3].headers[.retryAfter] == "28800")
            #expect(answers[3].text.contains(#""code":"too_many_things""#) && answers[3].text.contains("at most 3 things"))
            #expect(answers[4].headers[.rateLimitPolicy] == #""reads";q=40;w=60"#)
            // All five of the client's requests count as writes.
            #expect(answers[5].headers[.rateLimit] == #""writes";r=4;t=2000"#)
        }
    }

    /// Shared buckets by policy and client.
    private final class PolicyRates: SharedRates {
        private var buckets: [String: RateBucket] = [:]

        func take(_ policy: RatePolicy, of client: String) async throws -> (isAllowed: Bool, level: UInt64) {
            let decision = buckets[policy.name + client, default: RateBucket()].take(policy, at: 1)
            return (decision.isAllowed, decision.reset)
        }

        func report(_ count: Int, _ policy: RatePolicy, of client: String) async throws -> UInt64 { 0 }
    }

    @Test func readsWritesAndClientsCountSeparatelyAndHealthChecksNever() async throws {
        let codes = try await onLoop { loop in
            let application = Self.application(loop, shared: nil, reads: 10)
            var codes: [[Int]] = []
            for (method, count, path, peer) in [
                (HTTPRequest.Method.post, 6, "/thing", "192.0.2.1"), (.get, 11, "/thing", "192.0.2.1"),
                (.head, 1, "/thing", "192.0.2.1"),
                (.get, 1, "/nowhere", "192.0.2.1"), (.get, 50, "/health", "192.0.2.1"), (.post, 1, "/thing", "192.0.2.2"),
                (.post, 5, "/thing", "2001:db8::1"), (.post, 1, "/thing", "2001:db8::2"), (.post, 1, "/thing", "2001:db8:0:1::2"),
            ] {
                codes.append(await Self.ask(application, loop, method, count, path, peer: peer).map(\.status.code))
            }
            return codes
        }
        #expect(codes[0] == [204, 204, 204, 204, 204, 429])
        #expect(codes[1] == Array(repeating: 204, count: 10) + [429])
        #expect(codes[2] == [429] && codes[3] == [429], "HEAD is a read, and what is not there too")
        #expect(codes[4].allSatisfy { $0 == 204 } && codes[5] == [204])
        #expect(codes[7] == [429], "another address of the same /64")
        #expect(codes[8] == [204], "another /64")
    }

    @Test func writesUseTheSharedBucketUntilItIsKnownToBeEmpty() async throws {
        let (first, second, asked) = try await onLoop { loop in
            let shared = Shared()
            let first = await Self.ask(Self.application(loop, shared: shared), loop, .post, 3)
            let other = Self.application(loop, shared: shared)
            let second = await Self.ask(other, loop, .post, 6)
            return (first, second, shared.asked)
        }
        #expect(first.allSatisfy { $0.status.code == 204 })
        #expect(second.map(\.status.code) == [204, 204, 429, 429, 429, 429])
        #expect(asked == 5, "once it is empty, Redis gets no more requests")
    }

    @Test func readsUseTheLoopsBucketsAndAreReportedInBatches() async throws {
        let (answers, others, asked, reported) = try await onLoop { loop in
            let shared = Shared()
            let answers = await Self.ask(Self.application(loop, shared: shared), loop, .get, 30)
            let asked = shared.asked
            // The limiter of another loop learns from its first report what was already allowed.
            let others = await Self.ask(Self.application(loop, shared: shared), loop, .get, 30)
            return (answers, others, asked, shared.reported)
        }
        #expect(answers.allSatisfy { $0.status.code == 204 } && asked == 0)
        #expect(others.filter { $0.status.code == 204 }.count <= 14)
        #expect(reported >= 40)
    }

    @Test func withoutSharedBucketsTheLoopsOwnDecide() async throws {
        let codes = try await onLoop { loop in
            let shared = Shared()
            shared.isAway = true
            let application = Self.application(loop, shared: shared)
            return await Self.ask(application, loop, .post, 7).map(\.status.code)
                + Self.ask(application, loop, .get, 41).map(\.status.code)
        }
        #expect(codes.prefix(7) == [204, 204, 204, 204, 204, 429, 429])
        #expect(codes.suffix(41) == Array(repeating: 204, count: 40) + [429])
    }
}
