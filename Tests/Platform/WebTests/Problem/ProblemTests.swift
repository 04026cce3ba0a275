import Formats
import HTTPServer
import Testing
import WebTestSupport

@testable import Web

@Suite struct ProblemTests {
    @Test func aProblemHasTheFormOfRFC9457() throws {
        let problem = Problem.invalid([
            InputError(.pointer("/items/0/quantity"), "must be \"whole\""), InputError(.parameter("limit"), "too large"),
        ])
        let response = problem.response(requestID: "abc")
        #expect(response.status == .unprocessableContent)
        #expect(response.headers[.contentType] == "application/problem+json")
        #expect(response.headers[.cacheControl] == "no-store")
        #expect(
            response.text == """
                {"type":"/docs#invalid","title":"Invalid input","status":422,"code":"invalid","request_id":"abc",\
                "errors":[{"pointer":"/items/0/quantity","detail":"must be \\"whole\\""},\
                {"parameter":"limit","detail":"too large"}]}
                """)
    }

    @Test func furtherMembersFollowTheCommonOnes() throws {
        let problem = Problem(
            ProblemKind(.conflict, "out_of_paper", "Out of paper", "Refill the printer."), "only 2 left"
        )
        .with("lines", .array([.object(JSONObject())])).with("allowed", .array([.string("x")]))
        let value = try JSONValue.parse(problem.response(requestID: "r").body)
        #expect(value["title"]?.stringValue == "Out of paper")
        #expect(value["code"]?.stringValue == "out_of_paper")
        #expect(value["type"]?.stringValue == "/docs#out_of_paper")
        #expect(value["detail"]?.stringValue == "only 2 left")
        #expect(value["lines"]?.arrayValue?.count == 1)
        #expect(value["allowed"]?.arrayValue == [.string("x")])
        #expect(value["errors"] == nil)
    }

    @Test func retryAfterAllowAndChallengesAreHeaders() {
        #expect(Problem.unavailable(retryAfter: 7).response(requestID: "r").headers[.retryAfter] == "7")
        #expect(Problem.tooManyRequests(retryAfter: -3).response(requestID: "r").headers[.retryAfter] == "1")
        #expect(Problem.methodNotAllowed(allow: "GET").response(requestID: "r").headers[.allow] == "GET")
        #expect(Problem.unauthorized().response(requestID: "r").headers[.wwwAuthenticate] == "Bearer")
        #expect(Problem.notFound.response(requestID: "r").headers[.retryAfter] == nil)
    }

    @Test func theCauseIsNotShown() {
        struct Leak: Error {}
        let text = Problem.internalError(Leak()).response(requestID: "r").text
        #expect(!text.contains("Leak"))
        #expect(text.contains("internal_error"))
    }

    @Test func noTwoKindsShareACode() {
        let kinds = ProblemKind.service + ProblemKind.refusals
        #expect(Set(kinds.map(\.code)).count == kinds.count)
        #expect(kinds.allSatisfy { !$0.meaning.isEmpty && $0.status.code >= 400 })
    }
}
