import HTTPServer
import HTTPTypes
import Testing
import WebTestSupport

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
            return try context.conditional(response, tag: Self.tag)
        }
    }

    @Test func aClientWithTheVersionGetsNoBody() async throws {
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

    @Test func aClientWithAnotherVersionGetsTheBody() async throws {
        for field in [nil, "\"v0\"", "v1", "\"v1", ""] {
            let response = try await answer(ifNoneMatch: field)
            #expect(response.status == .ok)
            #expect(response.text == "1")
            #expect(response.headers[.eTag] == "\"v1\"")
        }
        #expect(try await answer(.put, ifNoneMatch: "*").status == .ok)
        #expect(try await answer(ifNoneMatch: "*", status: .created).status == .created)
    }

    @Test func aWriteMayDemandAVersion() async throws {
        try await onLoop { loop in
            let none = RequestContext(Request(.put, "/x", on: loop))
            let nothing = try none.ifMatch()
            #expect(nothing == nil)
            let one = RequestContext(Request(.put, "/x", fields: [("If-Match", "\"v1\"")], on: loop))
            let asked = try one.ifMatch()
            #expect(asked == .tags([Self.tag]))
            let odd = RequestContext(Request(.put, "/x", fields: [("If-Match", "v1")], on: loop))
            #expect { try odd.ifMatch() } throws: { ($0 as? Problem)?.kind == .badRequest }
        }
    }
}

extension ConditionsTests {
    private static let modified: Int64 = 784_111_777

    private func verdict(_ fields: [(String, String)], modified: Int64? = modified) async throws -> Int {
        try await onLoop { loop in
            let context = RequestContext(Request(.get, "/v1/products", fields: fields, on: loop))
            do {
                return try context.isFresh(Validators(tag: EntityTag(opaque: Array("v1".utf8)), modified: modified)) ? 304 : 200
            } catch {
                return (error as? Problem)?.kind.status.code ?? 0
            }
        }
    }

    @Test("conditions are judged in the order of RFC 9110 §13.2.2")
    func order() async throws {
        let same = "Sun, 06 Nov 1994 08:49:37 GMT", before = "Sun, 06 Nov 1994 08:49:36 GMT"
        let cases: [([(String, String)], Int)] = [
            ([], 200), ([("If-Modified-Since", same)], 304), ([("If-Modified-Since", before)], 200),
            ([("if-modified-since", "Sunday, 06-Nov-94 08:49:37 GMT")], 304),
            ([("If-Modified-Since", "Sun Nov  6 08:49:37 1994")], 304),
            ([("If-Modified-Since", "x")], 200), ([("If-Modified-Since", same), ("If-Modified-Since", same)], 200),
            ([("If-Modified-Since", same), ("If-None-Match", "\"v0\"")], 200),
            ([("If-Modified-Since", before), ("If-None-Match", "\"v1\"")], 304),
            ([("If-Modified-Since", same), ("If-None-Match", "x")], 200),
            ([("If-Unmodified-Since", same)], 200), ([("If-Unmodified-Since", before)], 412),
            ([("If-Unmodified-Since", "x")], 200),
            ([("If-Unmodified-Since", before), ("If-Match", "\"v1\"")], 200), ([("If-Match", "\"v0\"")], 412),
            ([("If-Match", "*")], 200), ([("If-Match", "W/\"v1\"")], 412), ([("If-Match", "x")], 200),
            ([("If-Match", "\"v1\""), ("If-None-Match", "\"v1\"")], 304),
            ([("If-Match", "\"v0\""), ("If-None-Match", "\"v1\"")], 412),
            ([("If-Range", "\"v0\"")], 200), ([("Iffy-Thing", "\"v0\"")], 200),
        ]
        for (fields, status) in cases { #expect(try await verdict(fields) == status, "\(fields)") }
        #expect(try await verdict([("If-Modified-Since", same)], modified: nil) == 200)
        #expect(try await verdict([("If-Unmodified-Since", before)], modified: nil) == 200)
    }
}
