import Web
import Compression

/// GET /, GET /openapi.json and GET /docs, made once for all loops.
package struct DocsRoutes: Sendable {
    private let document: FixedResource
    private let page: FixedResource
    private let home: HomePage

    /// - Parameter gzip: what compresses them; nil: nothing does
    package init(_ document: OpenAPIDocument, gzip: Gzip? = nil) {
        self.document = document.resource(gzip: gzip)
        page = DocsPage(document).resource(gzip: gzip)
        home = HomePage(document, gzip: gzip)
    }

    package func addRoutes(to router: Router) {
        router.get("/", .memory) { context in try home.answer(to: context) }
        router.get("/openapi.json", .memory) { context in try document.answer(to: context) }
        router.get("/docs", .memory) { context in try page.answer(to: context) }
    }
}
