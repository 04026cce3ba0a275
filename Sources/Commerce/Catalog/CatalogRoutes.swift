import Compression
import EventLoop
import Formats
import HTTPServer
import Web

/// The catalogue over HTTP. Public, and the same for everybody.
package struct CatalogRoutes {
    let store: CatalogStore
    /// Nil: every answer comes from PostgreSQL.
    let cache: CatalogCache?
    /// What browsers and content networks are told.
    private let policy: String
    private let compressor: Gzip?
    private let reader: ProductReader
    private let memory = ProductListMemory()
    private let gate: AdmissionGate
    private let oneWork: AdmissionWork
    private let listWork: AdmissionWork
    private let categoryWork: AdmissionWork

    /// - Parameters:
    ///   - compressor: the loop's; nil: answers are sent as they are
    ///   - gate: what is not answered from the cache passes it
    init(
        loop: EventLoop, store: CatalogStore, cache: CatalogCache?, policy: String, compressor: Gzip?, gate: AdmissionGate
    ) {
        self.compressor = compressor
        self.policy = policy
        self.store = store
        self.gate = gate
        oneWork = gate.work()
        listWork = gate.work()
        categoryWork = gate.work()
        reader = ProductReader(loop: loop, store: store)
        self.cache = cache
    }

    package func register(on router: Router) {
        router.get("/v1/products", .memory) { context in try await products(context) }
        router.get("/v1/products/{product}", .memory) { context in try await product(context) }
        router.get("/v1/categories", .memory) { context in try await categories(context) }
        router.get("/v1/categories/{slug}", .memory) { context in try await category(context) }
    }

    private func product(_ context: RequestContext) async throws -> Response {
        let name = context.parameters["product"]
        // Longer than any slug: not looked for, and not remembered.
        guard name.utf8.count <= 200 else { throw Problem.notFound("There is no such product.") }
        return try await answer("p:" + name, context) {
            try await gate.admit(context, to: oneWork) {
                guard let product = try await reader.product(name) else { return nil }
                return (product.document(), product.variants.map(\.available))
            }
        }
    }

    private func products(_ context: RequestContext) async throws -> Response {
        let request = try memory.request(context)
        return try await answer(request.key, context) {
            try await gate.admit(context, to: listWork) {
                let found = try await store.page(request.filter, after: request.cursor, limit: request.page.limit)
                let total = request.page.includesTotal ? try await store.total(request.filter) : nil
                let next = found.next?.text(for: request.binding)
                return ProductList(products: found.products, next: next, link: next.map(request.link), total: total).loaded()
            }
        }
    }

    private func categories(_ context: RequestContext) async throws -> Response {
        try await answer("c", context) {
            let tree = CategoryTree(try await gate.admit(context, to: categoryWork) { try await store.categories() })
            return (StockedDocument(variants: [], template: tree.json()), [])
        }
    }

    private func category(_ context: RequestContext) async throws -> Response {
        let slug = context.parameters["slug"]
        guard slug.utf8.count <= 200 else { throw Problem.notFound("There is no such category.") }
        return try await answer("c:" + slug, context) {
            let tree = CategoryTree(try await gate.admit(context, to: categoryWork) { try await store.categories() })
            guard let category = tree[slug] else { return nil }
            return (StockedDocument(variants: [], template: tree.json(of: category)), [])
        }
    }

    /// From the cache, where there is one.
    private func answer(
        _ key: String, _ context: RequestContext, load: @escaping () async throws -> CatalogCache.Loaded?
    ) async throws -> Response {
        let answer: Response?
        if let cache {
            answer = try await cache.answer(key, to: context, load: load)
        } else {
            answer = try await load().map { loaded in
                try CatalogAnswer(
                    body: loaded.document.filled(with: loaded.available), link: loaded.document.link, policy: policy,
                    compressor: compressor
                ).answering(context)
            }
        }
        guard let answer else { throw Problem.notFound("The catalogue has no such thing.") }
        return answer
    }
}
