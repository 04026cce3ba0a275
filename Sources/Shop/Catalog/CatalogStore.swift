import Formats
import FoundationEssentials
import Inventory
import PostgresClient
import Web

/// The catalogue in PostgreSQL.
package struct CatalogStore {
    let pool: PostgresPool
    /// Nil: the primary is read.
    private let replica: ReplicaReads?
    /// Whether a search shows products that are sold out after all others.
    let ranksSoldOutLast: Bool

    package init(pool: PostgresPool, replica: ReplicaReads? = nil, ranksSoldOutLast: Bool = true) {
        self.pool = pool
        self.replica = replica
        self.ranksSoldOutLast = ranksSoldOutLast
    }

    /// Reads what shoppers are shown. Nothing is decided by it, so a replica may answer.
    func read(_ query: PostgresQuery) async throws -> PostgresRows {
        if let replica { return try await replica.query(query) }
        return try await pool.query(query)
    }

    /// Reads with a statement whose values come from a request.
    /// - Throws: ``RefusedValuesError`` where PostgreSQL refuses such a value: the request is at fault.
    func readRequested(_ query: PostgresQuery) async throws -> PostgresRows {
        do {
            return try await read(query)
        } catch let error as PostgresError where RefusedValuesError.caused(error) {
            throw RefusedValuesError(error: error)
        }
    }

    /// The documents of the products among these that can be bought.
    func products(ids: [UUID]) async throws -> [UUID: CatalogCache.Loaded] {
        try await documents(
            "SELECT d.product_id, \(Self.document) FROM product_document d WHERE d.product_id = ANY(\(ids))"
        ) { fields, row throws(PostgresError) in try fields.uuid(row, 0) }
    }

    /// The same by slug; for a slug that a product had before, a redirect to its present one.
    func products(slugs: [String]) async throws -> [String: CatalogCache.Loaded] {
        var found = try await documents(
            """
            SELECT p.slug, \(Self.document) FROM product p JOIN product_document d ON d.product_id = p.id \
            WHERE p.slug = ANY(\(slugs))
            """
        ) { fields, row throws(PostgresError) in String(decoding: try fields.text(row, 0), as: UTF8.self) }
        let unknown = slugs.filter { found[$0] == nil }
        guard !unknown.isEmpty else { return found }
        let rows = try await readRequested(
            """
            SELECT s.slug, p.slug FROM product_slug s JOIN product p ON p.id = s.product_id \
            WHERE s.slug = ANY(\(unknown)) AND p.status = 'active' AND p.slug <> s.slug
            """)
        for row in rows {
            let (former, present): (String, String) = (try row[0], try row[1])
            found[former] = (StockTemplate(redirectTo: "/v1/products/" + PercentEncoding.encode(present)), [])
        }
        return found
    }

    /// What PostgreSQL keeps of a product `d`, and the stock of its variants in their order.
    static let document: PostgresQuery = """
        d.variants, d.document, ARRAY(SELECT (SELECT \(StockSQL.available) FROM stock s WHERE s.variant_id = v.id) \
        FROM (SELECT unnest(d.variants) AS id) v)
        """

    /// - Parameter key: reads the first column, by which a document is found
    private func documents<Key: Hashable & PostgresEncodable>(
        _ query: PostgresQuery, by key: (PostgresFields, Int) throws(PostgresError) -> Key
    ) async throws -> [Key: CatalogCache.Loaded] {
        let rows = try await readRequested(query)
        return try rows.withFields([Key.self, [UUID].self, [UInt8].self, [Int32].self]) { fields in
            var found: [Key: CatalogCache.Loaded] = [:]
            found.reserveCapacity(fields.rows)
            for row in 0..<fields.rows {
                guard let bytes = fields.bytes(row, 2),
                    let document = StockTemplate(kept: bytes, variants: try fields.uuids(row, 1))
                else {
                    throw PostgresError(
                        .decoding, "a product has no document in format \(StockTemplate.keptFormat)", column: "document")
                }
                // A variant without stock is one of which there is none.
                found[try key(fields, row)] = (document, try fields.integers(row, 3).map { $0 ?? 0 })
            }
            return found
        }
    }

    /// All categories, each after its parent.
    package func categories() async throws -> [Category] {
        try await read("SELECT \(CategoryColumn.selectList) FROM category c ORDER BY c.path").named(CategoryColumn.self).map {
            row in
            Category(
                id: try row[.id], parent: try row[.parent], slug: try row[.slug], name: try row[.name], path: try row[.path],
                products: Int(try row[.products, as: Int64.self]))
        }
    }

    /// The slugs that categories had before, the last ones first, each with the present one. More than these redirect to nothing.
    func formerCategorySlugs() async throws -> [String: String] {
        let rows = try await read(
            """
            SELECT s.slug, c.slug FROM category_slug s JOIN category c ON c.id = s.category_id \
            WHERE NOT EXISTS (SELECT FROM category x WHERE x.slug = s.slug) \
            ORDER BY s.retired_at DESC, s.slug LIMIT \(literal: CategorySlugs.maximum)
            """)
        var slugs: [String: String] = [:]
        for row in rows {
            let (former, present): (String, String) = (try row[0], try row[1])
            slugs[former] = present
        }
        return slugs
    }

    enum CategoryColumn: Int, PostgresColumn {
        case id, parent, slug, name, path, products

        var sql: PostgresQuery {
            switch self {
            case .id: "c.id"
            case .parent: "c.parent_id"
            case .slug: "c.slug"
            case .name: "c.name"
            case .path: "c.path"
            case .products: "(SELECT count(*) FROM product p WHERE p.category_id = c.id AND p.status = 'active')"
            }
        }
    }

    /// The number of writes to the catalogue. From the primary: a replica's may be older.
    package func version() async throws -> Int64 {
        try await pool.query(Self.versionQuery).first?[0] ?? 0
    }

    package static let versionQuery: PostgresQuery = "SELECT version FROM catalog_version"
}

/// PostgreSQL refused a value that came from a request: status 400, and no failure of the service.
///
/// Values are checked before they get here. What remains are limits that no check foresaw: of a parser, or of a number or a time in a
/// calculation.
struct RefusedValuesError: ProblemConvertible {
    let error: PostgresError

    var problem: Problem {
        Problem(.invalidParameter, "A parameter has a value that cannot be searched for.").caused(by: error)
    }

    /// Whether values can be the cause of an error (PostgreSQL manual, appendix A): data exceptions, errors of syntax and type, limits
    /// of the program, and internal errors other than damaged data. Not a table or column that a migration has yet to make.
    static func caused(_ error: PostgresError) -> Bool {
        guard error.code == .server, let state = error.sqlState else { return false }
        if [SQLState.undefinedTable, SQLState.undefinedColumn, "XX001", "XX002"].contains(state) { return false }
        return ["22", "42", "54", "XX"].contains(String(state.prefix(2)))
    }
}
