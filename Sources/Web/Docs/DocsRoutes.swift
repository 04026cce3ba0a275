/// GET /openapi.json and GET /docs, made once for all loops.
package struct DocsRoutes: Sendable {
    private let document: FixedResource
    private let page: FixedResource

    package init(_ document: OpenAPIDocument) {
        self.document = document.resource
        page = DocsPage(document).resource
    }

    package func addRoutes(to router: Router) {
        router.get("/openapi.json", .memory) { context in try document.answer(to: context) }
        router.get("/docs", .memory) { context in try page.answer(to: context) }
    }
}
