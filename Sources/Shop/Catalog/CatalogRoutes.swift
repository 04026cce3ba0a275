import Compression
import EventLoop
import Formats
import HTTPServer
import Inventory
import Money
import Web

/// The catalogue over HTTP: public, and the same for every client. Confined to its loop.
package final class CatalogRoutes {
    let loader: CatalogLoader
    /// Nil: every response comes from PostgreSQL.
    private let cache: CatalogCache?
    /// The value of Cache-Control.
    private let policy: String
    private let compressor: Gzip?
    private let listRequests: ProductListRequestMemory
    private let storeCurrency: CurrencyCode
    /// The categories as last read out of the cache.
    private var categories: (entry: CatalogEntry, document: CategoryDocument)?
    /// The former slugs of categories as last read out of the cache.
    private var categorySlugs: (entry: CatalogEntry, slugs: CategorySlugs)?

    /// - Parameters:
    ///   - storeCurrency: the currency of prices in a query that names none
    ///   - key: signs cursors
    ///   - compressor: the loop's; nil: responses are sent as they are
    ///   - gate: bounds how much is read from PostgreSQL at a time
    package init(
        loop: EventLoop, store: CatalogStore, stock: StockStore, cache: CatalogCache?, storeCurrency: CurrencyCode,
        key: AuthenticationKey, policy: String, compressor: Gzip?, gate: AdmissionGate
    ) {
        loader = CatalogLoader(loop: loop, store: store, stock: stock, gate: gate)
        listRequests = ProductListRequestMemory(storeCurrency: storeCurrency, key: key)
        self.storeCurrency = storeCurrency
        self.cache = cache
        self.policy = policy
        self.compressor = compressor
    }

    package func register(on router: Router) {
        add(
            "/v1/products", to: router, cost: ProductListRequest.cost,
            read: { [self] in try listRequests.request($0) }, load: { [self] in try await list($0, $1) },
            ifMissing: { [self] in try await emptyList($0, $1) })
        add(
            "/v1/products/suggestions", to: router, read: { try SuggestionRequest($0.query) },
            load: { [loader] in try await loader.suggestions($0, $1) })
        add(
            "/v1/products/{product}", to: router,
            read: { ResourceName("p:", try Self.name($0, "product")) },
            load: { [loader] in try await loader.product($0.name, $1) })
        add(
            "/v1/categories", to: router, read: { _ in ResourceName.categories },
            load: { [self] in try await categoryTree($1) })
        add(
            "/v1/categories/{slug}", to: router,
            read: { ResourceName("c:", try Self.name($0, "slug")) },
            load: { [self] in try await category($0.name, $1) },
            ifMissing: { [self] in try await checkCategory($0.name, $1) })
    }

    /// Adds a route whose responses the cache holds.
    /// - Parameters:
    ///   - read: finds out which resource a request wants, without a wait
    ///   - load: reads it from PostgreSQL; nil where it does not exist
    ///   - ifMissing: comes before that where the process does not hold the resource: a response that needs no look-up elsewhere
    func add<Resource: CachedResource>(
        _ template: String, to router: Router, cost: (@Sendable (ArraySlice<UInt8>?) -> Int)? = nil,
        read: @escaping (RequestContext) throws -> Resource,
        load: @escaping (Resource, RequestContext) async throws -> CatalogCache.Loaded?,
        ifMissing: @escaping (Resource, RequestContext) async throws -> Response? = { _, _ in nil }
    ) {
        router.cached(template, cost: cost) { [self] context in
            let resource = try read(context)
            guard let cache else {
                return .deferred { [self] context in
                    if let response = try await ifMissing(resource, context) { return response }
                    return try response(to: context, try await load(resource, context))
                }
            }
            let found = cache.lookUp(resource.key) { { try await load(resource, context) } }
            if case .usable(let entry) = found { return .immediate(try response(to: context, entry, resource.key, cache)) }
            return .deferred { [self] context in
                if case .missing = found, let response = try await ifMissing(resource, context) { return response }
                let entry = try await cache.entry(resource.key, after: found) { try await load(resource, context) }
                return try response(to: context, entry, resource.key, cache)
            }
        }
    }

    private func response(
        to context: RequestContext, _ entry: CatalogEntry, _ key: String, _ cache: CatalogCache
    ) throws -> Response {
        guard let response = try cache.response(entry, key, to: context) else { throw Self.notFound }
        return response
    }

    /// A response that is not cached.
    private func response(to context: RequestContext, _ loaded: CatalogCache.Loaded?) throws -> Response {
        let entry = CatalogEntry(
            document: loaded?.document, available: loaded?.available ?? [], version: 0, at: 0, policy: policy,
            compressor: compressor)
        guard let response = try entry.response(to: context) else { throw Self.notFound }
        return response
    }

    /// The name in a path. One that is longer than any slug is not looked up, and not remembered.
    private static func name(_ context: RequestContext, _ parameter: String) throws(Problem) -> String {
        let name = context.parameters[parameter]
        guard name.utf8.count <= 200 else { throw notFound }
        return name
    }

    private static var notFound: Problem { .notFound("Product or category not found.") }

    // MARK: Lists

    private func list(_ request: ProductListRequest, _ context: RequestContext) async throws -> CatalogCache.Loaded? {
        let total = request.page.includesTotal ? try await total(request.filter, context) : nil
        let facets = request.facets.isEmpty ? nil : try await facets(request, context)
        return try await loader.list(request, total: total, facets: facets, context)
    }

    /// Counted once for all pages, page sizes and orders of a list.
    private func facets(_ request: ProductListRequest, _ context: RequestContext) async throws -> [UInt8] {
        let load: CatalogCache.Load = { [loader, storeCurrency] in
            try await loader.facets(request, currency: storeCurrency, context)
        }
        guard let cache else { return try await load()?.document.template ?? [] }
        let key = "f:\(request.facets.query):\(request.filter.conditions)"
        return try await cache.entry(key, load: load).document?.template ?? []
    }

    /// Counted once for all pages, page sizes and orders of a list.
    private func total(_ filter: ProductFilter, _ context: RequestContext) async throws -> ProductTotal {
        let load: CatalogCache.Load = { [loader] in try await loader.total(filter, context) }
        let document =
            if let cache { try await cache.entry("t:" + filter.conditions, load: load).document } else {
                try await load()?.document
            }
        return ProductTotal(counted: document.flatMap { Int64(String(decoding: $0.template, as: UTF8.self)) } ?? 0)
    }

    /// The empty list, where it is known to be empty without a look for its products: the search has no word, or the category does
    /// not exist.
    private func emptyList(_ request: ProductListRequest, _ context: RequestContext) async throws -> Response? {
        var isEmpty = request.filter.isEmpty
        // The facet of categories is counted whatever the list's own category is.
        if !isEmpty, request.facets.isEmpty, let category = request.filter.category, let cache,
            let known = try? await categories(cache, context)
        {
            // By its present slug or a former one, as in the statement that finds the products.
            if !known.contains(category), let former = try? await formerSlugs(cache, context) {
                isEmpty = former[category] == nil
            }
        }
        guard isEmpty else { return nil }
        let total = request.page.includesTotal ? ProductTotal(counted: 0) : nil
        var list = ProductList(variants: [], available: [], next: nil, link: nil, total: total)
        if !request.facets.isEmpty { list.facets = FacetCounts().members(request.facets) }
        return try response(to: context, list.loaded { _ in })
    }

    // MARK: Categories

    private func categoryTree(_ context: RequestContext) async throws -> CatalogCache.Loaded? {
        let tree = try await loader.categories(context)
        // With the tree, so that unknown categories are told without PostgreSQL from then on.
        if let cache { _ = try? await formerSlugs(cache, context) }
        return (StockTemplate(variants: [], template: tree.json()), [])
    }

    private func category(_ slug: String, _ context: RequestContext) async throws -> CatalogCache.Loaded? {
        let json: [UInt8]?
        if let cache {
            json = try await categories(cache, context)[slug]
        } else {
            let tree = try await loader.categories(context)
            json = tree[slug].map(tree.json)
        }
        if let json { return (StockTemplate(variants: [], template: json), []) }
        guard let present = try await formerSlugs(cache, context)[slug] else { return nil }
        return (StockTemplate(redirectTo: "/v1/categories/" + PercentEncoding.encode(present)), [])
    }

    /// Names that do not exist leave no trace in the cache, nor in Redis.
    private func checkCategory(_ slug: String, _ context: RequestContext) async throws -> Response? {
        guard let cache, try await !categories(cache, context).contains(slug) else { return nil }
        guard try await formerSlugs(cache, context)[slug] != nil else { throw Self.notFound }
        return nil
    }

    /// The slugs that categories had before.
    private func formerSlugs(_ cache: CatalogCache?, _ context: RequestContext) async throws -> CategorySlugs {
        guard let cache else { return CategorySlugs(try await loader.formerCategorySlugs(context)) }
        let load: CatalogCache.Load = { [loader] in
            (StockTemplate(variants: [], template: try await loader.formerCategorySlugs(context)), [])
        }
        let entry = try await cache.entry(ResourceName.categorySlugs.key, load: load)
        if let categorySlugs, categorySlugs.entry === entry { return categorySlugs.slugs }
        let slugs = CategorySlugs(entry.document?.template ?? [])
        categorySlugs = (entry, slugs)
        return slugs
    }

    /// The categories out of the one document that the cache has of them all.
    private func categories(_ cache: CatalogCache, _ context: RequestContext) async throws -> CategoryDocument {
        let entry = try await cache.entry(ResourceName.categories.key) { [self] in try await categoryTree(context) }
        if let categories, categories.entry === entry { return categories.document }
        let document = CategoryDocument(entry.document?.template ?? [])
        categories = (entry, document)
        return document
    }
}

/// A resource that the cache holds under a key.
protocol CachedResource {
    var key: String { get }
}

extension ProductListRequest: CachedResource {}
extension SuggestionRequest: CachedResource {}

/// The name of a product or a category, and its key.
private struct ResourceName: CachedResource {
    let name: String
    let key: String

    init(_ prefix: String, _ name: String) {
        self.name = name
        key = prefix + name.asExactKey
    }

    private init(key: String) {
        name = ""
        self.key = key
    }

    /// The tree of all categories.
    static let categories = ResourceName(key: "c")
    /// The former slugs of categories.
    static let categorySlugs = ResourceName(key: "s")
}
