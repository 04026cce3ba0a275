import Catalog
import FoundationEssentials
import PostgresClient

/// Finds products to recommend. Each look is bounded, however large the shop is.
package struct RecommendationStore {
    private let pool: PostgresPool
    /// Nil: the primary is read.
    private let replica: ReplicaReads?
    private let support: Int

    /// - Parameter support: in how many orders two products must be to count as bought together
    package init(pool: PostgresPool, replica: ReplicaReads? = nil, support: Int) {
        self.pool = pool
        self.replica = replica
        self.support = support
    }

    private func read(_ query: PostgresQuery) async throws -> PostgresRows {
        if let replica { return try await replica.query(query) }
        return try await pool.query(query)
    }

    private func ids(_ query: PostgresQuery) async throws -> [UUID] { try await read(query).map { row in try row[0] } }

    /// The active product with an id or a slug, with its present slug; nil where there is none.
    func product(_ name: String) async throws -> (id: UUID, slug: String)? {
        let query =
            if let id = UUID(utf8: name.utf8) { RecommendationStatements.product(id: id) } else {
                RecommendationStatements.product(slug: name)
            }
        return try await read(query).first?.decode((UUID, String).self)
    }

    /// The products of some SKUs, in their order. Unknown SKUs are left out.
    func products(skus: [String]) async throws -> [UUID] { try await ids(RecommendationStatements.products(skus: skus)) }

    /// What to recommend for some products together: what is bought with them; if that is not enough, what is like them; if that
    /// is not enough, what sells well.
    func recommendations(for products: [UUID], _ request: RecommendationRequest) async throws -> Recommendations {
        var found = Recommendations(for: products, limit: request.limit)
        if !products.isEmpty {
            let bought = statements(found, request).boughtWith(products, support: support)
            found.add(try await ids(bought), as: .alsoBought)
            try await addRelated(Array(products.prefix(Self.maximumRelated)), to: &found, request)
        }
        if !found.isFull { found.add(try await ids(statements(found, request).popular()), as: .popular) }
        return found
    }

    /// Of a cart, so many products are compared with others.
    private static let maximumRelated = 5

    private func statements(_ found: Recommendations, _ request: RecommendationRequest) -> RecommendationStatements {
        RecommendationStatements(excluded: Array(found.excluded), includesSoldOut: request.includesSoldOut)
    }

    private func addRelated(
        _ products: [UUID], to found: inout Recommendations, _ request: RecommendationRequest
    ) async throws {
        guard !found.isFull else { return }
        found.add(try await ids(statements(found, request).inCategory(of: products)), as: .related)
        guard !found.isFull, let features = try await read(RecommendationStatements.features(of: products)).first else { return }
        let (facets, lexemes) = try features.decode(([String], [String]).self)
        if !facets.isEmpty {
            found.add(try await ids(statements(found, request).sharing(facets: facets)), as: .related)
        }
        guard !found.isFull, !lexemes.isEmpty else { return }
        found.add(try await ids(statements(found, request).named(like: LexemeQuery.any(of: lexemes))), as: .related)
    }
}
