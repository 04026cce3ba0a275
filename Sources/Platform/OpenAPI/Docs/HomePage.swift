import COpenAPI
import Compression
import Formats
import HTTPServer
import Web

/// GET /: what the service is, with links, as a page for people and as JSON for programs.
package struct HomePage: Sendable {
    package struct Link: Sendable {
        /// Its name in the JSON.
        let name: String
        let path: String
        let title: String
        let description: String

        package init(name: String, path: String, title: String, description: String) {
            self.name = name
            self.path = path
            self.title = title
            self.description = description
        }
    }

    private static let links = [
        Link(
            name: "docs", path: "/docs", title: "Documentation", description: "Every operation, with examples to copy."),
        Link(
            name: "openapi", path: "/openapi.json", title: "OpenAPI document",
            description: "The same for tools and client generators."),
    ]

    private let page: FixedResource
    private let data: FixedResource

    /// - Parameters:
    ///   - introduction: what the service is, as paragraphs separated by empty lines
    ///   - links: to show after those to the documentation
    package init(_ info: OpenAPIDocument.Info, introduction: String, links: [Link], gzip: Gzip? = nil) {
        let links = HomePage.links + links
        let style = String(embedded: home_css)
        page = FixedResource(
            Array(HomePage.html(info, introduction, links, style: style).text.utf8), type: "text/html; charset=utf-8",
            kind: .page(policy: DocsPage.policy(style: style)), cacheControl: CachePolicy.revalidated, variation: "Accept",
            gzip: gzip)
        data = FixedResource(
            HomePage.json(info, links), type: "application/json", kind: .data, cacheControl: CachePolicy.revalidated,
            variation: "Accept", gzip: gzip)
    }

    /// The format that the client prefers; the page if it has no preference.
    func answer(to context: RequestContext) throws(Problem) -> Response {
        let isData = Accept(context.request.head).preferred(of: ["text/html", "application/json"]) == "application/json"
        return try (isData ? data : page).answer(to: context)
    }

    private static func json(_ info: OpenAPIDocument.Info, _ links: [Link]) -> [UInt8] {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.field("name", info.title)
        json.field("version", info.version)
        json.key("links")
        json.beginObject()
        for link in links {
            json.key(dynamic: link.name)
            json.value(.string(link.path))
        }
        json.endObject()
        json.endObject()
        return json.finish()
    }

    private static func html(
        _ info: OpenAPIDocument.Info, _ introduction: String, _ links: [Link], style: String
    ) -> HTML {
        let items = links.map { link -> HTML in
            "<li><a href=\"\(link.path)\">\(link.title)</a><span>\(link.description)</span></li>\n"
        }
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(info.title) API</title>
            <style>\(HTML(stringLiteral: style))</style></head>
            <body><main>
            <h1>\(info.title) API</h1>
            \(HTML.paragraphs(introduction))
            <ul>
            \(HTML.joined(items))</ul>
            <p class="version">Version \(info.version)</p>
            </main></body></html>

            """
    }
}
