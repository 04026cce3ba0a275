import HTTPServer
import Testing

@testable import Web

@Suite struct DocsRoutesTests {
    @Test func documentAndPageAreServedAndDescribed() async throws {
        let document = try SampleAPI.document()
        let routes = DocsRoutes(document)
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
            return (answers, document.differences(to: router.routes).filter { $0.hasSuffix("is served and not described") })
        }
        #expect(answers.map(\.status.code) == [200, 304, 200, 304])
        #expect(answers[0].body == document.json)
        #expect(answers[2].headers[.contentType] == "text/html; charset=utf-8")
        #expect(answers[2].headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'; style-src 'sha256-") == true)
        #expect(answers[2].headers[.cacheControl] == "no-cache")
        #expect(surplus.isEmpty)
    }
}
