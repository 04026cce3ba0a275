import HTTPServer
import HTTPTypes
import Testing
import WebTestSupport

@testable import Web

@Suite struct RouterTests {
    private static func router(_ routes: [(HTTPRequest.Method, String)]) -> Router {
        let router = Router()
        for (method, template) in routes { router.add(method, template) { _ in .noContent } }
        return router
    }

    private let shop = RouterTests.router([
        (.get, "/"), (.get, "/health"), (.get, "/v1/products"), (.post, "/v1/products"), (.get, "/v1/products/{id}"),
        (.post, "/v1/products/import"), (.get, "/v1/products/featured"), (.get, "/v1/products/{id}/images"),
        (.put, "/v1/carts/{id}/items/{sku}"), (.delete, "/v1/carts/{id}/items/{sku}"), (.get, "/assets/{path...}"),
        (.head, "/probe"), (.get, "/probe"),
    ])

    /// The match as text.
    private func verdict(_ method: HTTPRequest.Method, _ path: String, _ router: Router? = nil) -> String {
        switch (router ?? shop).match(RequestHead(method, path)) {
        case .found(let route, let parameters):
            let values = route.template.parameterNames.map { "\($0)=\(parameters[$0])" }
            return (["\(route.method.rawValue) \(route.template)"] + values).joined(separator: " ")
        case .options(let allow): return "options: \(allow)"
        case .methodNotAllowed(let allow): return "405: \(allow)"
        case .notFound: return "404"
        case .malformed: return "400"
        case .unknownMethod: return "501"
        }
    }

    @Test(arguments: [
        ("/", "GET /"), ("/health", "GET /health"), ("/v1/products", "GET /v1/products"),
        ("/v1/products?q=a/b", "GET /v1/products"),
        ("/v1/products/42", "GET /v1/products/{id} id=42"),
        ("/v1/products/42/images", "GET /v1/products/{id}/images id=42"),
        ("/v1/products/featured", "GET /v1/products/featured"),
        ("/v1/products/featured/images", "GET /v1/products/{id}/images id=featured"),
        ("/v1/products/import", "GET /v1/products/{id} id=import"),
        ("/assets/a.svg", "GET /assets/{path...} path=a.svg"),
        ("/assets/a/b/c.svg", "GET /assets/{path...} path=a/b/c.svg"),
        ("/v1/products/..", "GET /v1/products/{id} id=.."),
    ])
    func aPathFindsItsMostLiteralRoute(path: String, expected: String) {
        #expect(verdict(.get, path) == expected)
    }

    @Test(arguments: [
        ("/v1/products/a%2Fb", "GET /v1/products/{id} id=a/b"),
        ("/v1/products/caf%C3%A9", "GET /v1/products/{id} id=café"),
        ("/v1/products/a%252Fb", "GET /v1/products/{id} id=a%2Fb"),
        ("/v1/products/a+b", "GET /v1/products/{id} id=a+b"),
        ("/v1/pr%6Fducts/x", "GET /v1/products/{id} id=x"),
        ("/v1/products/%7Bid%7D", "GET /v1/products/{id} id={id}"),
        ("/v1%2Fproducts", "404"),
        ("/v1/products/%zz", "400"), ("/v1/products/%", "400"), ("/v1/products/%00", "400"),
        ("/v1/products/%0d%0a", "400"), ("/v1/products/%ff", "400"), ("/%C3/x", "400"),
    ])
    func aPathIsDecodedOnceSegmentBySegment(path: String, expected: String) {
        #expect(verdict(.get, path) == expected)
    }

    @Test(arguments: [
        "/v1", "/v2/products", "/v1/products/", "/v1//products", "//", "/v1/products/1/2", "/assets", "/assets/",
        "/assets//a", "/HEALTH", "/health/", "", "health", "/v1/product", "/v1/productss",
    ])
    func whatHasNoRouteIsNotFound(path: String) {
        #expect(verdict(.get, path) == "404")
        #expect(verdict(.options, path) == "404")
        #expect(verdict(.delete, path) == "404")
    }

    @Test func aPathDeeperThanEveryTemplateIsNotFollowed() {
        #expect(verdict(.get, "/assets" + String(repeating: "/a", count: 63)).hasPrefix("GET /assets"))
        #expect(verdict(.get, "/assets" + String(repeating: "/a", count: 64)) == "404")
        #expect(verdict(.get, String(repeating: "/a", count: 5_000)) == "404")
    }

    @Test func aWrongMethodGetsTheAllowedOnes() {
        #expect(verdict(.delete, "/v1/products") == "405: GET, HEAD, POST, OPTIONS")
        #expect(verdict(.get, "/v1/carts/1/items/2") == "405: PUT, DELETE, OPTIONS")
        #expect(verdict(.put, "/v1/products/import") == "405: POST, GET, HEAD, OPTIONS")
        #expect(verdict(.trace, "/health") == "405: GET, HEAD, OPTIONS")
        #expect(verdict(.query, "/health") == "405: GET, HEAD, OPTIONS")
        #expect(verdict(.connect, "/health") == "405: GET, HEAD, OPTIONS")
        #expect(verdict(.options, "/v1/products") == "options: GET, HEAD, POST, OPTIONS")
        #expect(verdict(.options, "*").hasPrefix("options: GET"))
        #expect(verdict(.get, "*") == "404")
    }

    @Test func anUnknownMethodIsNotImplemented() throws {
        for name in ["PURGE", "get", "BREW", "PROPFIND"] {
            let method = try #require(HTTPRequest.Method(name))
            #expect(verdict(method, "/health") == "501")
            #expect(verdict(method, "/nowhere") == "501")
        }
    }

    @Test func getServesHeadUnlessARouteForHeadExists() {
        #expect(verdict(.head, "/health") == "GET /health")
        #expect(verdict(.head, "/probe") == "HEAD /probe")
        #expect(verdict(.get, "/probe") == "GET /probe")
    }

    @Test func routesAreListedInOrder() {
        let routes = shop.routes.map { "\($0.method.rawValue) \($0.template)" }
        #expect(routes.first == "GET /")
        #expect(routes.contains("PUT /v1/carts/{id}/items/{sku}"))
        #expect(routes.count == 13)
    }

    /// The tree compared with the definition: of all templates that match, the one whose segments are the most literal
    /// from the left.
    @Test func theTreeAgreesWithALinearSearch() throws {
        var random = SystemRandomNumberGenerator()
        let words = ["a", "b", "c", "{x}"]
        for _ in 0..<300 {
            var texts: Set<String> = []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let depth = Int.random(in: 1...4, using: &random)
                var parts = (0..<depth).map { _ in words.randomElement(using: &random) ?? "a" }
                for index in parts.indices where parts[index] == "{x}" { parts[index] = "{x\(index)}" }
                if Int.random(in: 0..<6, using: &random) == 0 { parts.append("{rest...}") }
                texts.insert("/" + parts.joined(separator: "/"))
            }
            let router = Self.router(texts.map { (.get, $0) })
            for _ in 0..<30 {
                let segments = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                    ["a", "b", "c", "d"].randomElement(using: &random) ?? "a"
                }
                let path = "/" + segments.joined(separator: "/")
                #expect(
                    verdict(.get, path, router).split(separator: " ").dropFirst().first.map(String.init)
                        == Self.best(texts, segments), "\(path) among \(texts)")
            }
        }
    }

    private static func best(_ texts: Set<String>, _ path: [String]) -> String? {
        func rank(_ text: String) -> [Int]? {
            let parts = text.split(separator: "/").map(String.init)
            var ranks: [Int] = []
            for (index, part) in parts.enumerated() {
                guard index < path.count else { return nil }
                if part == "{rest...}" { return ranks + [2] }
                if part.hasPrefix("{") { ranks.append(1) } else if part == path[index] { ranks.append(0) } else { return nil }
            }
            return parts.count == path.count ? ranks : nil
        }
        return texts.compactMap { text in rank(text).map { (text, $0) } }
            .min { $0.1.lexicographicallyPrecedes($1.1) }?.0
    }
}
