import Formats
import FoundationEssentials
import PostgresClient
import Web

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

    /// The same for statements whose values come from a request.
    /// - Throws: ``RefusedValues`` where PostgreSQL cannot look for such a value, so that it is the request's fault.
    func readAsked(_ query: PostgresQuery) async throws -> PostgresRows {
        do {
            return try await read(query)
        } catch let error as PostgresError where RefusedValues.caused(error) {
            throw RefusedValues(error: error)
        }
    }

    /// The active ones among these products as documents, each with its active variants, the default one first.
    func products(ids: [UUID]) async throws -> [UUID: CatalogCache.Loaded] {
        try await documents("\(Self.columns) p.id = ANY(\(ids)) AND p.status = 'active' ORDER BY p.id, v.position, v.id") {
            $0.id
        }
    }

    /// The same by their slugs.
    func products(slugs: [String]) async throws -> [String: CatalogCache.Loaded] {
        try await documents("\(Self.columns) p.slug = ANY(\(slugs)) AND p.status = 'active' ORDER BY p.id, v.position, v.id") {
            String(decoding: $0.slug, as: UTF8.self)
        }
    }

    private static let columns: PostgresQuery = """
        SELECT p.id, p.slug, p.name, p.description, c.slug, c.name, p.tags, p.images, p.currency, p.price, \
        p.status, p.created_at, p.updated_at, v.id, v.sku, v.name, v.options, v.price, s.on_hand - s.reserved \
        FROM product p JOIN variant v ON v.product_id = p.id AND v.active JOIN stock s ON s.variant_id = v.id \
        LEFT JOIN category c ON c.id = p.category_id WHERE
        """

    private static let columnTypes: [any PostgresEncodable.Type] = [
        UUID.self, String.self, String.self, String.self, String.self, String.self, [String].self, PostgresJSON.self, String.self,
        Int64.self, String.self, Timestamp.self, Timestamp.self, UUID.self, String.self, String.self, PostgresJSON.self,
        Int64.self,
        Int32.self,
    ]

    /// The rows of a product lie together.
    private func documents<Key: Hashable>(
        _ query: PostgresQuery, by key: (Product) -> Key
    ) async throws -> [Key: CatalogCache.Loaded] {
        let rows = try await readAsked(query)
        return try rows.withFields(Self.columnTypes) { fields in
            var found: [Key: CatalogCache.Loaded] = [:]
            found.reserveCapacity(fields.rows)
            var first = 0
            while first < fields.rows {
                let id = try fields.uuid(first, 0)
                var end = first + 1
                while end < fields.rows, try fields.uuid(end, 0) == id { end += 1 }
                let product = try Self.product(id, fields, first..<end)
                found[key(product)] = (product.document(), product.variants.map(\.available))
                first = end
            }
            return found
        }
    }

    private static func product(_ id: UUID, _ fields: PostgresFields, _ rows: Range<Int>) throws -> Product {
        let first = rows.lowerBound
        let variants = try rows.map { row in
            Variant(
                id: try fields.uuid(row, 13), sku: try fields.text(row, 14), name: try fields.text(row, 15),
                options: try fields.json(row, 16), price: try fields.bigint(row, 17),
                available: try fields.integer(row, 18))
        }
        return Product(
            id: id, slug: try fields.text(first, 1), name: try fields.text(first, 2), description: try fields.text(first, 3),
            category: category(fields, first, slug: 4, name: 5), tags: try fields.texts(first, 6),
            images: try fields.json(first, 7),
            price: try fields.bigint(first, 9), currency: try fields.text(first, 8), status: try fields.text(first, 10),
            createdAt: try fields.timestamp(first, 11), updatedAt: try fields.timestamp(first, 12), variants: variants)
    }

    /// The active variants of products, in their order, and what can be bought of each.
    func stock(ofProducts products: [UUID]) async throws -> ProductStock {
        let rows = try await read(Self.stockStatement(products))
        return try rows.withFields([Int64.self, UUID.self, Int32.self]) { fields in
            ProductStock(
                products: products.count,
                rows: try (0..<fields.rows).map { row in
                    (
                        product: Int(try fields.bigint(row, 0)) &- 1, variant: try fields.uuid(row, 1),
                        available: try fields.integer(row, 2)
                    )
                })
        }
    }

    static func stockStatement(_ products: [UUID]) -> PostgresQuery {
        """
        SELECT k.place, v.id, s.on_hand - s.reserved FROM unnest(\(products)) WITH ORDINALITY k (id, place) \
        JOIN variant v ON v.product_id = k.id AND v.active JOIN stock s ON s.variant_id = v.id
        """
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

    package static let versionQuery: PostgresQuery = "SELECT version FROM catalog_version"

    static func category(_ fields: PostgresFields, _ row: Int, slug: Int, name: Int) -> CategoryReference? {
        guard let slug = fields.bytes(row, slug), let name = fields.bytes(row, name) else { return nil }
        return CategoryReference(slug: slug, name: name)
    }
}

/// PostgreSQL could not do with a value that came from a request: 400, and nothing that anybody has to be woken for.
///
/// Values are checked before they get here. What is left is what no check foresaw: a limit of a parser, a number or a time that
/// a calculation cannot hold.
struct RefusedValues: ProblemConvertible {
    let error: PostgresError

    var problem: Problem {
        Problem(.invalidParameter, "A parameter has a value that cannot be looked for.").caused(by: error)
    }

    /// Whether values can be the cause (PostgreSQL manual, appendix A): data exceptions, errors of syntax and type, limits of the
    /// program, and internal errors other than damaged data. Not a table or column that is missing until a migration ran.
    static func caused(_ error: PostgresError) -> Bool {
        guard error.code == .server, let state = error.sqlState else { return false }
        if [SQLState.undefinedTable, SQLState.undefinedColumn, "XX001", "XX002"].contains(state) { return false }
        return ["22", "42", "54", "XX"].contains(String(state.prefix(2)))
    }
}
