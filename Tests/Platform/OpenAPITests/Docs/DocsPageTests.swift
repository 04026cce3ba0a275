@testable import OpenAPI
import Formats
import HTTPServer
import Testing
import WebTestSupport

@testable import Web

@Suite struct DocsPageTests {
    private let document: OpenAPIDocument
    private let html: String

    init() throws {
        document = try SampleAPI.document()
        html = DocsPage(document).html.text
    }

    @Test func everyCallSchemaAndProblemHasItsPlace() {
        for operation in document.operations {
            #expect(html.components("<article id=\"\(operation.id)\">") == 1)
            #expect(html.contains("href=\"#\(operation.id)\""))
        }
        for name in ["Money", "NewProduct", "Product", "Problem", "InputFault"] {
            #expect(html.components("<article id=\"schema-\(name)\">") == 1)
        }
        for kind in document.problems { #expect(html.components("<tr id=\"\(kind.code)\">") == 1) }
    }

    @Test func everyLinkWithinThePageHasItsTarget() {
        let ids = Set(html.split(separator: " id=\"").dropFirst().compactMap { $0.split(separator: "\"").first })
        let links = Set(html.split(separator: "href=\"#").dropFirst().compactMap { $0.split(separator: "\"").first })
        #expect(links.subtracting(ids).isEmpty)
        #expect(links.count > 15)
    }

    @Test func nothingIsLoadedFromOutsideAndNothingRuns() {
        for odd in ["<script", "<img", "<link", "<iframe", "src=", "style=\"", "onclick", "http-equiv", "@import", "url("] {
            #expect(!html.contains(odd), "\(odd)")
        }
    }

    @Test func onAPhoneTheTextComesFirstAndTheMenuOpensOnDemand() throws {
        let narrow = try #require(html.split(separator: "@media(max-width:820px){").last?.split(separator: "@media print").first)
        #expect(narrow.contains("nav{display:none}") && narrow.contains("nav:target{display:block"))
        #expect(
            html.contains("<a class=\"open\" href=\"#menu\">Menu</a>")
                && html.contains("<nav id=\"menu\"><a class=\"close\" href=\"#top\">"))
        // What is wide wraps instead of making the page wider than the screen.
        #expect(
            narrow.contains("table,tbody,tr,td{display:block")
                && narrow.contains("pre{white-space:pre-wrap;overflow-wrap:anywhere}"))
    }

    @Test func tagsAreBalanced() {
        var open: [Substring] = []
        for piece in html.split(separator: "<").dropFirst() {
            guard let tag = piece.split(whereSeparator: { " >\n".contains($0) }).first else { continue }
            if ["meta", "br", "!DOCTYPE"].contains(tag) { continue }
            if tag.hasPrefix("/") {
                #expect(open.popLast() == tag.dropFirst(), "at \(piece.prefix(60))")
            } else {
                open.append(tag)
            }
        }
        #expect(open.isEmpty)
    }

    @Test func textOfTheDocumentIsNotMarkup() {
        #expect(html.contains("Ids are UUIDv7 &lt;strings&gt;."))
        #expect(html.contains("Products &amp; categories, <code>cacheable</code>."))
    }

    @Test func parametersAndBodiesAreShownWithTheirRules() {
        #expect(html.contains("1–100; default <code>20</code>"))
        #expect(html.contains("one of <code>name</code>, <code>price</code>, <code>-price</code>, <code>newest</code>"))
        #expect(html.contains("1–200 characters"))
        #expect(html.contains("array of <a href=\"#schema-Product\">Product</a>"))
        #expect(html.contains("matches <code>^[A-Z]{3}$</code>"))
        #expect(html.contains("<summary>fields</summary>"))
        #expect(html.contains("<code>data</code><em>required</em>"))
        #expect(html.contains("Replace a product <mark>token</mark>"))
        #expect(html.contains("with <code>ETag</code>, <code>Link</code>"))
    }

    @Test func theStyleIsTheOneThatThePolicyAllows() throws {
        let resource = DocsPage(document).resource(gzip: nil)
        #expect(resource.body.elementsEqual(html.utf8))
        let style = try #require(html.split(separator: "<style>").last?.split(separator: "</style>").first)
        let hash = Base64URL.encode(SHA256.hash(style.utf8)).replacing("-", with: "+").replacing("_", with: "/")
        let context = "style-src 'sha256-\(hash)='"
        #expect(resource.headers[.contentSecurityPolicy]?.contains(context) == true)
        #expect(resource.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
    }

    @Test func aCallIsACommandForTheShell() {
        let curl = CurlExample(reader: SchemaReader(document: document), server: "http://localhost:8080")
        let commands = Dictionary(uniqueKeysWithValues: document.operations.map { ($0.id, curl.command($0)) })
        #expect(commands["listProducts"] == "curl -s 'http://localhost:8080/v1/products?q=trail%20boots'")
        #expect(commands["getProduct"] == "curl -s 'http://localhost:8080/v1/products/trail%20boot%27s'")
        #expect(commands["deleteProduct"] == "curl -s -X DELETE 'http://localhost:8080/v1/products/string'")
        #expect(
            commands["replaceProduct"] == """
                curl -s -X PUT 'http://localhost:8080/v1/products/01980a3c-5d1e-7b60-9c1d-3f2a7c9e5b10' \\
                  -H 'If-Match: "7.abc"' \\
                  -H "Authorization: Bearer $TOKEN" \\
                  -H 'Content-Type: application/json' \\
                  -d '{
                  "name": "Trail boot",
                  "price": { "amount": 1299, "currency": "USD" },
                  "tags": ["string"],
                  "category": { "slug": "string", "name": "string" }
                }'
                """)
    }

    @Test func aSchemaThatContainsItselfHasAnExampleThatEnds() {
        let reader = SchemaReader(document: document)
        let product = document.resolve("#/components/schemas/Product") ?? .null
        let example = reader.example(of: product)
        #expect(example["id"] == .string("01980a3c-5d1e-7b60-9c1d-3f2a7c9e5b10"))
        #expect(example["name"] == .string("Trail boot"))
        #expect(example["price"]?["amount"] == .number(JSONNumber(1299)))
        #expect(example["related"]?.arrayValue?.first?["related"] == .array([]))
    }
}
