import EventLoop
import Formats
import FoundationEssentials
import Inventory
import Money
import PostgresClient
import Web

/// Loads the catalogue's documents from PostgreSQL, behind the admission gate. What requests of one turn need goes into one
/// statement. Confined to its loop.
final class CatalogLoader {
    private let store: CatalogStore
    private let gate: AdmissionGate
    private let productWork: AdmissionWork
    private let listWork: AdmissionWork
    private let categoryWork: AdmissionWork
    private let byID: QueryBatcher<UUID, [UUID: CatalogCache.Loaded]>
    private let bySlug: QueryBatcher<String, [String: CatalogCache.Loaded]>
    private let stock: QueryBatcher<UUID, [UUID: Int]>

    init(loop: EventLoop, store: CatalogStore, stock: StockStore, gate: AdmissionGate) {
        self.store = store
        self.gate = gate
        productWork = gate.work()
        listWork = gate.work()
        categoryWork = gate.work()
        let timeout = Duration.seconds(10)
        byID = QueryBatcher(loop: loop, maximum: 200, timeout: timeout) { try await store.products(ids: $0) }
        bySlug = QueryBatcher(loop: loop, maximum: 200, timeout: timeout) { try await store.products(slugs: $0) }
        self.stock = QueryBatcher(loop: loop, maximum: 400, timeout: timeout) { try await stock.stock(of: $0) }
    }

    /// The document of the product that a path names by id or slug; nil where no active product has that name.
    func product(_ name: String, _ context: RequestContext) async throws -> CatalogCache.Loaded? {
        try await gate.admit(context, to: productWork) {
            guard let id = UUID(utf8: name.utf8) else { return try await bySlug.answer(for: [name])[name] }
            return try await byID.answer(for: [id])[id]
        }
    }

    /// A page of a list.
    func list(
        _ request: ProductListRequest, total: ProductTotal?, facets: [UInt8]?, _ context: RequestContext
    ) async throws -> CatalogCache.Loaded {
        try await gate.admit(context, to: listWork) {
            let search = try await store.searchPlan(request.filter)
            // A list of ids is one page.
            let limit = request.filter.ids?.count ?? request.page.limit
            let page = try await store.page(request.filter, search: search, after: request.cursor, limit: limit)
            let next = page.next?.text(for: request.binding)
            let list = ProductList(
                variants: page.variants, available: try await available(of: page.variants), next: next,
                link: next.map(request.link), total: total,
                correctedQuery: search?.correctedQuery, redirect: search?.redirect, facets: facets)
            return try list.loaded(page.ids.count) { try page.forEach($0) }
        }
    }

    /// Products that `choose` chooses; nil where it says that there is nothing to choose them for.
    func selection(
        _ context: RequestContext, choose: () async throws -> ProductSelection?
    ) async throws -> CatalogCache.Loaded? {
        try await gate.admit(context, to: listWork) {
            switch try await choose() {
            case nil: nil
            case .redirect(let path): (StockTemplate(redirectTo: path), [])
            case .products(let products): try await shown(products)
            }
        }
    }

    /// Chosen products as they are shown, without those that are no longer on sale. The caller has passed the gate.
    func shown(_ products: [SelectedProduct]) async throws -> CatalogCache.Loaded {
        guard !products.isEmpty else { return ProductSelectionDocument(variants: [], available: [], reasons: []).loaded { _ in } }
        let page = try await store.summaries(of: products.map(\.id))
        let reasons = Dictionary(products.map { ($0.id, $0.reason) }, uniquingKeysWith: { first, _ in first })
        return try ProductSelectionDocument(
            variants: page.variants, available: try await available(of: page.variants),
            reasons: page.ids.map { reasons[$0] ?? "" }
        ).loaded { try page.forEach($0) }
    }

    /// How many pieces of each variant can be bought, in their order; 0 for one that is gone.
    private func available(of variants: [UUID]) async throws -> [Int] {
        guard !variants.isEmpty else { return [] }
        let found = try await stock.answer(for: variants)
        return variants.map { found[$0] ?? 0 }
    }

    /// How many products a filter lets through, as the number's text.
    func total(_ filter: ProductFilter, _ context: RequestContext) async throws -> CatalogCache.Loaded {
        let counted = try await gate.admit(context, to: listWork) { try await store.total(filter) }
        return (Self.document(total: counted), [])
    }

    /// The counts of a list's facets, as members of its JSON.
    func facets(
        _ request: ProductListRequest, currency: CurrencyCode, _ context: RequestContext
    ) async throws -> CatalogCache.Loaded {
        let counts = try await gate.admit(context, to: listWork) {
            try await store.facetCounts(request.facets, request.filter, currency: currency)
        }
        return (StockTemplate(variants: [], template: counts.members(request.facets)), [])
    }

    static func document(total: Int64) -> StockTemplate { StockTemplate(variants: [], template: Array(String(total).utf8)) }

    /// What the shop has for the beginning of a search.
    func suggestions(_ request: SuggestionRequest, _ context: RequestContext) async throws -> CatalogCache.Loaded {
        let found = try await gate.admit(context, to: listWork) { try await store.suggestions(request.search) }
        return (StockTemplate(variants: [], template: found.json()), [])
    }

    /// The slugs that categories had before.
    func formerCategorySlugs(_ context: RequestContext) async throws -> [UInt8] {
        CategorySlugs.json(try await gate.admit(context, to: categoryWork) { try await store.formerCategorySlugs() })
    }

    /// All categories.
    func categories(_ context: RequestContext) async throws -> CategoryTree {
        CategoryTree(try await gate.admit(context, to: categoryWork) { try await store.categories() })
    }
}
