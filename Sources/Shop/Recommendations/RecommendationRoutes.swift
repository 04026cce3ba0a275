import Catalog
import Formats
import FoundationEssentials
import HTTPServer
import Web

/// Recommendations over HTTP: for a product, in the catalogue's cache, and for a cart.
package struct RecommendationRoutes {
    private let store: RecommendationStore
    private let catalog: CatalogRoutes

    /// - Parameter catalog: shows the products, as it shows those of a list
    package init(store: RecommendationStore, catalog: CatalogRoutes) {
        self.store = store
        self.catalog = catalog
    }

    private static let path = "/v1/products/{product}/recommendations"
    /// A hundred SKUs of a hundred characters each take at most this.
    private static let largestBody = 64 << 10
    /// How many plain requests one counts as under the rate limit: about as a search.
    private static let cost = 5

    package func register(on router: Router) {
        catalog.addSelection(
            Self.path, to: router, cost: { _ in Self.cost }, read: { try ProductQuestion($0) },
            choose: { question in try await choose(question) })
        var options = RouteOptions.json(upTo: Self.largestBody).open(to: .everyone)
        options.cost = { _ in Self.cost }
        router.post("/v1/recommendations", options) { context in try await recommend(context) }
    }

    private func choose(_ question: ProductQuestion) async throws -> ProductSelection? {
        guard let (id, slug) = try await store.product(question.product) else { return nil }
        guard slug == question.product || UUID(utf8: question.product.utf8) != nil else {
            return .redirect("/v1/products/\(PercentEncoding.encode(slug))/recommendations\(question.query)")
        }
        return .products(try await selected(for: [id], question.request))
    }

    private func recommend(_ context: RequestContext) async throws -> Response {
        let request = try RecommendationRequest(context.query)
        let skus = try RecommendationRequest.skus(try context.json())
        return try await catalog.response(
            showing: try await selected(for: try await store.products(skus: skus), request))
    }

    private func selected(for products: [UUID], _ request: RecommendationRequest) async throws -> [SelectedProduct] {
        try await store.recommendations(for: products, request).items.map {
            SelectedProduct(id: $0.product, reason: $0.reason.rawValue)
        }
    }
}

/// A request for the recommendations of a product.
struct ProductQuestion: CatalogQuestion {
    /// The id or slug.
    let product: String
    let request: RecommendationRequest

    init(_ context: RequestContext) throws(Problem) {
        product = context.parameters["product"]
        request = try RecommendationRequest(context.query)
    }

    var key: String { "\(request.limit):\(request.includesSoldOut ? 1 : 0):\(product.asExactKey)" }

    /// Names longer than any slug are not looked up, and not remembered.
    var isPossible: Bool { product.utf8.count <= 200 }

    /// The query that means the same.
    var query: String { "?limit=\(request.limit)" + (request.includesSoldOut ? "&in_stock=any" : "") }
}
