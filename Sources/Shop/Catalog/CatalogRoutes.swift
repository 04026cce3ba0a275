import Money
import Compression
import EventLoop
import Formats
import HTTPServer
import Web

/// The catalogue over HTTP. Public, and the same for everybody. Confined to its loop.
package final class CatalogRoutes {
    let store: CatalogStore
    /// Nil: every answer comes from PostgreSQL.
    let cache: CatalogCache?
    /// What browsers and content networks are told.
    private let policy: String
    private let compressor: Gzip?
    private let reader: ProductReader
    private let stock: StockReader
    private let memory: ProductListMemory
    private let gate: AdmissionGate
    private let oneWork: AdmissionWork
    private let listWork: AdmissionWork
    private let categoryWork: AdmissionWork
    /// The categories as last read out of the cache.
    private var categories: (entry: CatalogEntry, document: CategoryDocument)?

    /// - Parameters:
    ///   - storeCurrency: what prices are compared in where a query names no currency
    ///   - key: signs cursors
    ///   - compressor: the loop's; nil: answers are sent as they are
    ///   - gate: what is not answered from the cache passes it
    package init(
        loop: EventLoop, store: CatalogStore, cache: CatalogCache?, storeCurrency: CurrencyCode, key: AuthenticationKey,
        policy: String, compressor: Gzip?, gate: AdmissionGate
    ) {
        memory = ProductListMemory(storeCurrency: storeCurrency, key: key)
        self.compressor = compressor
        self.policy = policy
        self.store = store
        self.gate = gate
        oneWork = gate.work()
        listWork = gate.work()
        categoryWork = gate.work()
        reader = ProductReader(loop: loop, store: store)
        stock = StockReader(loop: loop, store: store)
        self.cache = cache
    }

    package func register(on router: Router) {
        var list = RouteOptions.memory
        list.cost = ProductListRequest.cost
        router.get(
            "/v1/products", list,
            shortcut: { [self] context in
                let request = try memory.request(context)
                return try atHand(request.key, context) { load(request, context) }
            }
        ) { [self] context in
            let request = try memory.request(context)
            if await findsNothing(request, context) { return try empty(request, context) }
            return try await answer(request.key, context, load(request, context))
        }
        router.get(
            "/v1/products/{product}", .memory,
            shortcut: { [self] context in
                let name = try name(context, "product")
                return try atHand("p:" + name.asExactKey, context) { loadProduct(name, context) }
            }
        ) { [self] context in
            let name = try name(context, "product")
            return try await answer("p:" + name.asExactKey, context, loadProduct(name, context))
        }
        router.get(
            "/v1/categories", .memory, shortcut: { [self] context in try atHand("c", context) { loadCategories(context) } }
        ) { [self] context in
            try await answer("c", context, loadCategories(context))
        }
        router.get(
            "/v1/categories/{slug}", .memory,
            shortcut: { [self] context in
                let slug = try name(context, "slug")
                return try atHand("c:" + slug.asExactKey, context) { loadCategory(slug, context) }
            }
        ) { [self] context in
            let slug = try name(context, "slug")
            let key = "c:" + slug.asExactKey
            // Names that are none leave no trace, in Redis neither.
            if let cache, !cache.holds(key), try await !categories(cache, context).contains(slug) { throw Self.notFound }
            return try await answer(key, context, loadCategory(slug, context))
        }
    }

    /// Whether a list is known to be empty without looking for its products: it has no word to look for, or its category is none.
    private func findsNothing(_ request: ProductListRequest, _ context: RequestContext) async -> Bool {
        if request.filter.isEmpty { return true }
        guard let category = request.filter.category, let cache, !cache.holds(request.key),
            let known = try? await categories(cache, context)
        else { return false }
        return !known.contains(category)
    }

    private func empty(_ request: ProductListRequest, _ context: RequestContext) throws -> Response {
        let total = request.page.includesTotal ? ProductTotal(counted: 0) : nil
        let document = ProductList(stock: ProductStock(), next: nil, link: nil, total: total).loaded { _ in }.document
        return try CatalogAnswer(body: document.filled(with: []), link: nil, policy: policy, compressor: compressor).answering(
            context)
    }

    /// The categories out of the one document that the cache has of them all.
    private func categories(_ cache: CatalogCache, _ context: RequestContext) async throws -> CategoryDocument {
        let entry = try await cache.entry("c", load: loadCategories(context))
        if let categories, categories.entry === entry { return categories.document }
        let document = CategoryDocument(entry.document?.template ?? [])
        categories = (entry, document)
        return document
    }

    /// What the path names. Longer than any slug: not looked for, and not remembered.
    private func name(_ context: RequestContext, _ parameter: String) throws(Problem) -> String {
        let name = context.parameters[parameter]
        guard name.utf8.count <= 200 else { throw Self.notFound }
        return name
    }

    private static var notFound: Problem { .notFound("Product or category not found.") }

    // MARK: From PostgreSQL

    private func loadProduct(_ name: String, _ context: RequestContext) -> CatalogCache.Load {
        { [self] in
            try await gate.admit(context, to: oneWork) { try await reader.product(name) }
        }
    }

    private func load(_ request: ProductListRequest, _ context: RequestContext) -> CatalogCache.Load {
        { [self] in
            let total = request.page.includesTotal ? try await total(request.filter, context) : nil
            return try await gate.admit(context, to: listWork) {
                let page = try await store.page(request.filter, after: request.cursor, limit: request.page.limit)
                let stock = try await self.stock.stock(of: page.ids)
                let next = page.next?.text(for: request.binding)
                let list = ProductList(stock: stock, next: next, link: next.map(request.link), total: total)
                return try list.loaded { try page.forEach($0) }
            }
        }
    }

    /// Counted once for all pages, page sizes and orders of a list.
    private func total(_ filter: ProductFilter, _ context: RequestContext) async throws -> ProductTotal {
        let load: CatalogCache.Load = { [self] in
            let counted = try await gate.admit(context, to: listWork) { try await store.total(filter) }
            return (StockTemplate(variants: [], template: Array(String(counted).utf8)), [])
        }
        let document =
            if let cache { try await cache.entry("t:" + filter.conditions, load: load).document } else {
                try await load()?.document
            }
        return ProductTotal(counted: document.flatMap { Int64(String(decoding: $0.template, as: UTF8.self)) } ?? 0)
    }

    private func loadCategories(_ context: RequestContext) -> CatalogCache.Load {
        { [self] in (StockTemplate(variants: [], template: try await tree(context).json()), []) }
    }

    private func loadCategory(_ slug: String, _ context: RequestContext) -> CatalogCache.Load {
        { [self] in
            if let cache {
                return try await categories(cache, context)[slug].map { (StockTemplate(variants: [], template: $0), []) }
            }
            let tree = try await tree(context)
            guard let category = tree[slug] else { return nil }
            return (StockTemplate(variants: [], template: tree.json(of: category)), [])
        }
    }

    private func tree(_ context: RequestContext) async throws -> CategoryTree {
        CategoryTree(try await gate.admit(context, to: categoryWork) { try await store.categories() })
    }

    // MARK: Answering

    /// Out of the process's memory, without waiting; nil where it is not there.
    private func atHand(_ key: String, _ context: RequestContext, _ load: () -> CatalogCache.Load) throws -> Response? {
        guard let cache, let entry = cache.entryAtHand(key, load: load) else { return nil }
        return try answer(entry, cache, key, context)
    }

    /// From the nearest cache that has it, where there is one.
    private func answer(
        _ key: String, _ context: RequestContext, _ load: @escaping CatalogCache.Load
    ) async throws -> Response {
        if let cache { return try answer(try await cache.entry(key, load: load), cache, key, context) }
        guard let loaded = try await load() else { throw Self.notFound }
        return try CatalogAnswer(
            body: loaded.document.filled(with: loaded.available), link: loaded.document.link, policy: policy,
            compressor: compressor
        ).answering(context)
    }

    private func answer(
        _ entry: CatalogEntry, _ cache: CatalogCache, _ key: String, _ context: RequestContext
    ) throws -> Response {
        guard let answer = try cache.answer(entry, key, to: context) else { throw Self.notFound }
        return answer
    }
}
