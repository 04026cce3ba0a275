import COpenAPI
import Compression
import Formats
import Web

/// GET /docs: the API document as one page for people, without scripts and without files from other servers.
package struct DocsPage: Sendable {
    private let document: OpenAPIDocument
    private let style = String(embedded: docs_css)

    package init(_ document: OpenAPIDocument) { self.document = document }

    /// The page as it is served.
    package func resource(gzip: Gzip?) -> FixedResource {
        FixedResource(
            Array(html.text.utf8), type: "text/html; charset=utf-8",
            kind: .page(policy: DocsPage.policy(style: style)), cacheControl: CachePolicy.revalidated, gzip: gzip)
    }

    /// The Content-Security-Policy of a page with one style sheet and nothing else. The policy allows only the style sheet with
    /// this hash (in standard base64, CSP3 §2.3.1), so an injected one has no effect.
    static func policy(style: String) -> String {
        let hash = Base64URL.encode(SHA256.hash(style.utf8)).replacing("-", with: "+").replacing("_", with: "/") + "="
        return "default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }

    var html: HTML {
        let server = document.info.server.hasPrefix("http") ? document.info.server : "http://localhost:8080"
        let address = server.hasSuffix("/") ? String(server.dropLast()) : server
        let section = OperationSection(document, server: address)
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(document.info.title) \(document.info.version)</title>
            <style>\(HTML(stringLiteral: style))</style></head>
            <body>
            <p class="bar"><a href="#top">\(document.info.title) \(document.info.version)</a>\
            <a class="open" href="#menu">Menu</a></p>
            <nav id="menu"><a class="close" href="#top">Close menu</a><p class="brand"><a href="#top">\(document.info.title)</a><span>\(document.info.version)</span></p>
            \(navigation)</nav>
            <main id="top">
            <header><h1>\(document.info.title)</h1>
            \(HTML.paragraphs(document.info.description))
            <p class="facts"><a href="/openapi.json">openapi.json</a> · OpenAPI 3.1 · \(document.operations.count) operations · \
            version \(document.info.version)</p>
            <p class="facts">The examples use \(address). Replace it with the address of your service.</p></header>
            \(HTML.joined(document.tags.map { tag in group(tag.name, tag.description, section) }))
            \(problems)\(schemas)
            </main></body></html>

            """
    }

    private func operations(of tag: String) -> [OpenAPIOperation] { document.operations.filter { $0.tag == tag } }

    private var navigation: HTML {
        let groups = document.tags.map { tag -> HTML in
            let links = operations(of: tag.name).map { operation -> HTML in
                """
                <li><a href="#\(operation.id)"><span class="method \(operation.method.lowercased())">\
                \(operation.method)</span><span>\(operation.value["summary"]?.stringValue ?? operation.path)</span></a></li>

                """
            }
            return "<h2><a href=\"#tag-\(anchor(tag.name))\">\(tag.name)</a></h2><ul>\(HTML.joined(links))</ul>"
        }
        return HTML.joined(groups) + """
            <h2>Reference</h2><ul><li><a href="#problems">Problem codes</a></li>\
            <li><a href="#schemas">Schemas</a></li></ul>
            """
    }

    private func group(_ tag: String, _ description: String, _ section: OperationSection) -> HTML {
        let operations = operations(of: tag)
        guard !operations.isEmpty else { return "" }
        let rows = operations.map { operation -> HTML in
            """
            <tr><td><span class="method \(operation.method.lowercased())">\(operation.method)</span></td>
            <td><a href="#\(operation.id)"><code>\(section.path(operation.path))</code></a></td>
            <td>\(HTML.inline(operation.value["summary"]?.stringValue ?? ""))</td></tr>

            """
        }
        return """
            <section><h2 id="tag-\(anchor(tag))">\(tag)</h2>\(HTML.paragraphs(description))
            <div class="scroll"><table class="routes"><tbody>\(HTML.joined(rows))</tbody></table></div>
            \(HTML.joined(operations.map(section.render)))</section>

            """
    }

    private var problems: HTML {
        let rows = document.problems.map { kind -> HTML in
            let tone = kind.status.code >= 500 ? "bad" : "same"
            return """
                <tr id="\(kind.code)"><td><span class="status \(tone)">\(kind.status.code)</span></td>
                <td><code>\(kind.code)</code></td><td><strong>\(kind.title)</strong><br>\(HTML.inline(kind.meaning))</td></tr>

                """
        }
        return """
            <section><h2 id="problems">Problem codes</h2>
            <p>The body of an error is <code>application/problem+json</code> (<a href="#schema-Problem">Problem</a>).
            Programs should decide by <code>code</code>: the meaning of a code never changes.</p>
            <div class="scroll"><table class="problems"><tbody>\(HTML.joined(rows))</tbody></table></div></section>

            """
    }

    private var schemas: HTML {
        let table = SchemaTable(reader: SchemaReader(document: document))
        let members = (document.value["components"]?["schemas"]?.objectValue?.members ?? []).sorted { $0.name < $1.name }
        let articles = members.map { member -> HTML in
            let fields = table.properties(member.value)
            let rules = table.rules(member.value)
            let note: HTML = rules.text.isEmpty ? "" : "<p><small>\(rules)</small></p>"
            return """
                <article id="schema-\(member.name)"><h3>\(member.name)<a class="anchor" href="#schema-\(member.name)">#</a></h3>
                <div class="sides"><div>\(HTML.paragraphs(member.value["description"]?.stringValue ?? ""))\(note)\(fields)</div>
                <div class="examples"><figure><figcaption>Example</figcaption>\
                <pre>\(HTML.json(table.reader.example(of: member.value)))</pre></figure></div></div></article>

                """
        }
        return "<section><h2 id=\"schemas\">Schemas</h2>\(HTML.joined(articles))</section>"
    }

    private func anchor(_ name: String) -> String {
        String(name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    }
}

/// GET /, GET /openapi.json and GET /docs, whose responses are made once for all loops.
package struct DocsRoutes: Sendable {
    private let document: FixedResource
    private let page: FixedResource
    private let home: HomePage

    /// - Parameter gzip: compresses the responses; nil leaves them uncompressed
    package init(_ document: OpenAPIDocument, home: HomePage, gzip: Gzip? = nil) {
        self.document = document.resource(gzip: gzip)
        page = DocsPage(document).resource(gzip: gzip)
        self.home = home
    }

    package func addRoutes(to router: Router) {
        router.cached("/") { context in .immediate(try home.answer(to: context)) }
        router.cached("/openapi.json") { context in .immediate(try document.answer(to: context)) }
        router.cached("/docs") { context in .immediate(try page.answer(to: context)) }
    }
}
