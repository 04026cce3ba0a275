import Web
import Compression
import Formats
import HTTPServer

/// What stands at `/` while there is no storefront: what the service is, with links, for people as a page and for programs as
/// JSON.
struct HomePage: Sendable {
    private struct Link {
        let name: String
        let path: String
        let title: String
        let description: String
    }

    private static let links = [
        Link(name: "docs", path: "/docs", title: "Documentation", description: "Every call, with examples to copy."),
        Link(
            name: "openapi", path: "/openapi.json", title: "OpenAPI document",
            description: "The same for tools and client generators."),
        Link(
            name: "products", path: "/v1/products?limit=10", title: "Products",
            description: "The newest products of the catalogue, as JSON."),
        Link(name: "categories", path: "/v1/categories", title: "Categories", description: "The tree of categories, as JSON."),
        Link(name: "health", path: "/health", title: "Health", description: "The state of the service, as JSON."),
    ]

    private let page: FixedResource
    private let data: FixedResource

    init(_ document: OpenAPIDocument, gzip: Gzip?) {
        page = FixedResource(
            Array(Self.html(document.info).text.utf8), type: "text/html; charset=utf-8",
            kind: .page(policy: DocsPage.policy(style: Self.style)), cacheControl: CachePolicy.revalidated, variation: "Accept",
            gzip: gzip)
        data = FixedResource(
            Self.json(document.info), type: "application/json", kind: .data, cacheControl: CachePolicy.revalidated,
            variation: "Accept", gzip: gzip)
    }

    /// Whichever of the two the client prefers; the page where it does not say.
    func answer(to context: RequestContext) throws(Problem) -> Response {
        let isData = Accept(context.request.head).preferred(of: ["text/html", "application/json"]) == "application/json"
        return try (isData ? data : page).answer(to: context)
    }

    private static func json(_ info: OpenAPIDocument.Info) -> [UInt8] {
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

    private static func html(_ info: OpenAPIDocument.Info) -> HTML {
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
            <p>This is the API of an online shop. Storefronts and apps use it to show products, fill carts and place orders. It has
            no pages for shoppers.</p>
            <ul>
            \(HTML.joined(items))</ul>
            <p class="version">Version \(info.version)</p>
            </main></body></html>

            """
    }

    private static let style = """
        :root{--bg:#fff;--text:#1b2430;--dim:#5d6b7e;--line:#e4e7ec;--link:#1a5fd0}
        @media(prefers-color-scheme:dark){:root{--bg:#10151c;--text:#dde4ee;--dim:#93a1b5;--line:#283241;--link:#7db0ff}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--text);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,
        "Helvetica Neue","DejaVu Sans",sans-serif}
        main{max-width:40rem;margin:0 auto;padding:4rem 1.25rem}
        h1{font-size:2rem;line-height:1.2;margin:0 0 1rem;letter-spacing:-.02em}
        ul{list-style:none;margin:2rem 0;padding:0;border-top:1px solid var(--line)}
        li{padding:.8rem 0;border-bottom:1px solid var(--line)}
        a{color:var(--link);font-weight:600;text-decoration:none}
        a:hover{text-decoration:underline}
        span{display:block;color:var(--dim);font-size:.9rem}
        .version{color:var(--dim);font-size:.9rem}
        """
}
