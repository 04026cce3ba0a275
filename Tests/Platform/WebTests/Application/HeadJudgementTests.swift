import EventLoop
import HTTPServer
import HTTPTypes
import Testing
import WebTestSupport

@testable import Web

/// Refusals by the head of a request.
@Suite struct HeadJudgementTests {
    private struct Refusing: Middleware {
        func before(_ context: RequestContext) throws -> MiddlewareResult { .next }
        func refusal(of context: RequestContext) -> Problem? { .tooManyRequests(retryAfter: 7) }
    }

    private static func plan(
        _ method: HTTPRequest.Method, _ target: String, fields: [(String, String)] = [], refuses: Bool = false
    ) async throws -> (plan: BodyPolicy, status: Int) {
        try await onLoop { loop in
            let router = Router()
            router.post("/json", .json(upTo: 4_096).open(to: .everyone)) { _ in .noContent }
            router.post("/none") { _ in .noContent }
            let journal = LogJournal()
            let application = Application(router: router, middlewares: refuses ? [Refusing()] : [], logger: journal.logger)
            let request = Request(method, target, fields: fields, on: loop)
            let plan = application.bodyPolicy(for: request)
            return (plan, await application.respond(to: request).status.code)
        }
    }

    private static let expects = ("Expect", "100-continue")

    @Test func theBodyOfARequestWithoutARouteIsNotRead() async throws {
        for (method, target, status) in [
            (.post, "/nothing/here", 404), (.put, "/json", 405), (.post, "/%zz", 400), (.init("BREW") ?? .get, "/json", 501),
        ] as [(HTTPRequest.Method, String, Int)] {
            let (plan, answer) = try await Self.plan(method, target, fields: [("Content-Length", "1000")])
            #expect(plan.isUnread)
            #expect(answer == status)
        }
    }

    @Test func aRouteDefinesHowLargeABodyMayBe() async throws {
        #expect(try await Self.plan(.post, "/json").plan == BodyPolicy(limit: 4_096))
        #expect(try await Self.plan(.post, "/none").plan == BodyPolicy(limit: 1_024))
    }

    @Test func aRefusedRequestIsNotAskedForItsBody() async throws {
        let length = ("Content-Length", "9")
        let json = ("Content-Type", "application/json")
        let text = ("Content-Type", "text/plain")
        for (target, fields, refuses, status) in [
            ("/json", [Self.expects, length, text], false, 415), ("/json", [Self.expects, length], false, 415),
            ("/json", [Self.expects, length, json, ("Content-Encoding", "gzip")], false, 415),
            ("/json", [Self.expects, length, json], true, 429), ("/json", [Self.expects, length, json], false, nil),
            ("/none", [Self.expects, length, text], false, nil), ("/json", [length, text], true, nil),
        ] as [(String, [(String, String)], Bool, Int?)] {
            let (plan, answer) = try await Self.plan(.post, target, fields: fields, refuses: refuses)
            #expect(plan.isUnread == (status != nil))
            #expect(answer == status ?? 204)
        }
    }
}
