import Formats
import FoundationEssentials
import PostgresClient

/// The catalogue in PostgreSQL.
package struct CatalogStore {
    let pool: PostgresPool
    /// What shoppers are shown may come from here; nil: there is no replica.
    private let replica: ReplicaReads?

    package init(pool: PostgresPool, replica: ReplicaReads? = nil) {
        self.pool = pool
        self.replica = replica
    }

    /// Reads what is shown, and decides about nothing.
    func read(_ query: PostgresQuery) async throws -> PostgresRows {
        if let replica { return try await replica.query(query) }
        return try await pool.query(query)
    }

    /// The active ones among these products, each with its active variants, the default one first.
    package func products(ids: [UUID]) async throws -> [UUID: Product] {
        let rows = try await read("\(Self.columns) p.id = ANY(\(ids)) AND p.status = 'active' ORDER BY p.id, v.position, v.id")
        return Dictionary(try Self.products(rows).map { ($0.id, $0) }) { first, _ in first }
    }

    /// The same by their slugs.
    package func products(slugs: [String]) async throws -> [String: Product] {
        let rows = try await read("\(Self.columns) p.slug = ANY(\(slugs)) AND p.status = 'active' ORDER BY p.id, v.position, v.id")
        return Dictionary(try Self.products(rows).map { ($0.slug, $0) }) { first, _ in first }
    }

    private static let columns: PostgresQuery = """
        SELECT p.id, p.slug, p.name, p.description, c.slug, c.name, to_jsonb(p.tags), p.images, p.currency, p.price, \
        p.status, p.created_at, p.updated_at, v.id, v.sku, v.name, v.options, v.price, s.on_hand - s.reserved \
        FROM product p JOIN variant v ON v.product_id = p.id AND v.active JOIN stock s ON s.variant_id = v.id \
        LEFT JOIN category c ON c.id = p.category_id WHERE
        """

    /// The rows of a product lie together.
    private static func products(_ rows: PostgresRows) throws -> [Product] {
        var products: [Product] = []
        var first = 0
        while first < rows.count {
            let id = try rows[first][0, as: UUID.self]
            var end = first + 1
            while end < rows.count, try rows[end][0, as: UUID.self] == id { end += 1 }
            products.append(try product(id, rows[first..<end], rows[first]))
            first = end
        }
        return products
    }

    private static func product(_ id: UUID, _ rows: Slice<PostgresRows>, _ first: PostgresRow) throws -> Product {
        let currency = try first[8, as: String.self]
        let variants = try rows.map { row in
            Variant(
                id: try row[13], sku: try row[14], name: try row[15], options: try row[16, as: PostgresJSON.self].compact,
                price: Money(try row[17], currency), available: Int(try row[18, as: Int32.self]))
        }
        return Product(
            id: id, slug: try first[1], name: try first[2], description: try first[3],
            category: try category(first, slug: 4, name: 5), tags: try first[6, as: PostgresJSON.self].compact,
            images: try first[7, as: PostgresJSON.self].compact, price: Money(try first[9], currency),
            status: try first[10], createdAt: try first[11], updatedAt: try first[12], variants: variants)
    }

    /// What can be bought of each of these variants; those that are gone are left out.
    package func stock(of variants: [UUID]) async throws -> [UUID: Int] {
        let rows = try await read(
            "SELECT variant_id, on_hand - reserved FROM stock WHERE variant_id = ANY(\(variants))")
        var found: [UUID: Int] = [:]
        found.reserveCapacity(rows.count)
        for row in rows { found[try row[0]] = Int(try row[1, as: Int32.self]) }
        return found
    }

    /// All categories, each after its parent.
    package func categories() async throws -> [Category] {
        try await read(
            """
            SELECT c.id, c.parent_id, c.slug, c.name, c.path, (SELECT count(*) FROM product p \
            WHERE p.category_id = c.id AND p.status = 'active') FROM category c ORDER BY c.path
            """
        ).map { row in
            Category(
                id: try row[0], parent: try row[1], slug: try row[2], name: try row[3], path: try row[4],
                products: Int(try row[5, as: Int64.self]))
        }
    }

    /// How many writes the catalogue has seen.
    /// By the primary: a replica's may be older.
    package func version() async throws -> Int64 {
        try await pool.query(Self.versionQuery).first?[0] ?? 0
    }

    static let versionQuery: PostgresQuery = "SELECT version FROM catalog_version"

    static func category(_ row: PostgresRow, slug: Int, name: Int) throws -> CategoryReference? {
        guard let slug = try row[slug, as: String?.self], let name = try row[name, as: String?.self] else { return nil }
        return CategoryReference(slug: slug, name: name)
    }
}
