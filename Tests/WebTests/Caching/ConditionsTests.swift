import HTTPServer
import HTTPTypes
import Testing

@testable import Web

@Suite struct ConditionsTests {
    private static let tag = EntityTag(opaque: Array("v1".utf8))

    private func answer(
        _ method: HTTPRequest.Method = .get, ifNoneMatch: String?, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        try await onLoop { loop in
            let fields = ifNoneMatch.map { [("If-None-Match", $0)] } ?? []
            let context = RequestContext(Request(method, "/v1/products", fields: fields, on: loop))
            let response = Response.json(status) { $0.int(1) }
                .with(.cacheControl, "public, max-age=5").with(.vary, "Origin").with(.link, "<x>; rel=\"next\"")
            return context.conditional(response, tag: Self.tag)
        }
    }

    @Test func whoHasTheVersionGetsNoBody() async throws {
        for field in ["\"v1\"", "W/\"v1\"", "\"v0\", \"v1\"", "*"] {
            for method in [HTTPRequest.Method.get, .head] {
                let response = try await answer(method, ifNoneMatch: field)
                #expect(response.status == .notModified)
                #expect(response.body.isEmpty)
                #expect(response.headers[.eTag] == "\"v1\"")
                #expect(response.headers[.cacheControl] == "public, max-age=5")
                #expect(response.headers[.vary] == "Origin")
                #expect(response.headers[.contentType] == nil)
                #expect(response.headers[.link] == nil)
            }
        }
    }

    @Test func whoHasAnotherGetsItWhole() async throws {
        for field in [nil, "\"v0\"", "v1", "\"v1", ""] {
            let response = try await answer(ifNoneMatch: field)
            #expect(response.status == .ok)
            #expect(response.text == "1")
            #expect(response.headers[.eTag] == "\"v1\"")
        }
        #expect(try await answer(.put, ifNoneMatch: "*").status == .ok)
        #expect(try await answer(ifNoneMatch: "*", status: .created).status == .created)
    }

    @Test func aWriteMayAskForAVersion() async throws {
        try await onLoop { loop in
            let none = RequestContext(Request(.put, "/x", on: loop))
            let nothing = try none.ifMatch()
            #expect(nothing == nil)
            #expect { try none.requiredIfMatch() } throws: { ($0 as? Problem)?.kind == .preconditionRequired }
            let one = RequestContext(Request(.put, "/x", fields: [("If-Match", "\"v1\"")], on: loop))
            let asked = try one.requiredIfMatch()
            #expect(asked == .tags([Self.tag]))
            let odd = RequestContext(Request(.put, "/x", fields: [("If-Match", "v1")], on: loop))
            #expect { try odd.ifMatch() } throws: { ($0 as? Problem)?.kind == .badRequest }
        }
    }
}
