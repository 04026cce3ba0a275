@testable import OpenAPI
import Compression
import Formats
import HTTPServer
import HTTPTypes
import Testing
import WebTestSupport

@testable import Web

@Suite struct DocsRoutesTests {
    @Test func documentAndPageAreServedAndDescribed() async throws {
        let document = try SampleAPI.document()
        let routes = DocsRoutes(document, home: SampleAPI.home(document))
        let (answers, surplus) = try await onLoop { loop in
            let router = Router()
            routes.addRoutes(to: router)
            let application = Application(router: router, logger: LogJournal().logger)
            var answers: [Response] = []
            for path in ["/openapi.json", "/docs"] {
                let whole = await application.respond(to: Request(.get, path, on: loop))
                let tag = [("If-None-Match", whole.headers[.eTag] ?? "")]
                answers.append(whole)
                answers.append(await application.respond(to: Request(.get, path, fields: tag, on: loop)))
            }
            return (answers, document.differences(to: router.routes).filter { $0.hasSuffix("is served but not described") })
        }
        #expect(answers.map(\.status.code) == [200, 304, 200, 304])
        #expect(answers[0].body == document.json)
        #expect(answers[2].headers[.contentType] == "text/html; charset=utf-8")
        #expect(answers[2].headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'; style-src 'sha256-") == true)
        #expect(answers[2].headers[.cacheControl] == "no-cache")
        #expect(surplus.isEmpty)
    }

    @Test func theStartPageIsAPageForPeopleAndJSONForPrograms() async throws {
        let document = try SampleAPI.document()
        let gzip = Gzip(GzipSettings(minimumSize: 100, level: 6))
        let routes = DocsRoutes(document, home: SampleAPI.home(document, gzip: gzip), gzip: gzip)
        let answers = try await onLoop { loop in
            let router = Router()
            routes.addRoutes(to: router)
            let application = Application(router: router, logger: LogJournal().logger)
            var answers: [Response] = []
            let requests: [(HTTPRequest.Method, [(String, String)])] = [
                (.get, [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]), (.get, [("Accept", "application/json")]),
                (.get, []),
                (.get, [("Accept", "image/png")]), (.head, [("Accept", "application/json")]),
                (.get, [("Accept", "application/json"), ("Accept-Encoding", "gzip")]),
            ]
            for (method, fields) in requests {
                let whole = await application.respond(to: Request(method, "/", fields: fields, on: loop))
                answers.append(whole)
                let tag = [("If-None-Match", whole.headers[.eTag] ?? "")]
                answers.append(await application.respond(to: Request(method, "/", fields: fields + tag, on: loop)))
            }
            return answers
        }
        #expect(answers.map(\.status.code) == Array(repeating: [200, 304], count: 6).flatMap { $0 })
        let (page, data) = (answers[0], answers[2])
        #expect(page.headers[.contentType] == "text/html; charset=utf-8" && data.headers[.contentType] == "application/json")
        for answer in answers {
            #expect(answer.headers[.vary] == "Accept, Accept-Encoding")
            #expect(answer.headers[.cacheControl] == "no-cache")
        }
        #expect(page.headers[.eTag] != data.headers[.eTag])
        #expect(answers[4].body == page.body && answers[6].body == page.body)
        #expect(answers[8].headers[.eTag] == data.headers[.eTag])
        #expect(answers[10].headers[.contentEncoding] == "gzip" && answers[10].headers[.eTag] != data.headers[.eTag])
        #expect(page.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'; style-src 'sha256-") == true)
        let html = String(decoding: page.body, as: UTF8.self)
        let json = try JSONValue.parse(data.body)
        for path in ["/docs", "/openapi.json", "/v1/products?limit=10"] {
            #expect(html.contains("<a href=\"\(path)\">"))
            #expect(json["links"]?.objectValue?.members.contains { $0.value == .string(path) } == true)
        }
        #expect(json["name"] == .string(document.info.title) && json["version"] == .string(document.info.version))
        #expect(html.contains("<p>Sells &lt;things&gt;.</p>"))
        for odd in ["<script", "<img", "<link", "src=", "style=\"", "url("] { #expect(!html.contains(odd)) }
    }
}
