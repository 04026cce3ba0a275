import Formats
import FoundationEssentials
import Inventory
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
        SELECT \(ProductColumn.selectList) \
        FROM product p JOIN variant v ON v.product_id = p.id AND v.active JOIN stock s ON s.variant_id = v.id \
        LEFT JOIN category c ON c.id = p.category_id WHERE
        """

    /// The rows of a product lie together.
    private func documents<Key: Hashable>(
        _ query: PostgresQuery, by key: (Product) -> Key
    ) async throws -> [Key: CatalogCache.Loaded] {
        let rows = try await readAsked(query)
        return try rows.withFields(ProductColumn.types) { fields in
            var found: [Key: CatalogCache.Loaded] = [:]
            found.reserveCapacity(fields.rows)
            var first = 0
            while first < fields.rows {
                let id = try fields.uuid(first, .id)
                var end = first + 1
                while end < fields.rows, try fields.uuid(end, .id) == id { end += 1 }
                let product = try Self.product(id, fields, first..<end)
                found[key(product)] = (product.document(), product.variants.map(\.available))
                first = end
            }
            return found
        }
    }

    private static func product(
        _ id: UUID, _ fields: PostgresNamedFields<ProductColumn>, _ rows: Range<Int>
    ) throws -> Product {
        let first = rows.lowerBound
        let variants = try rows.map { row in
            Variant(
                id: try fields.uuid(row, .variant), sku: try fields.text(row, .sku), name: try fields.text(row, .variantName),
                options: try fields.json(row, .options), price: try fields.bigint(row, .variantPrice),
                available: try fields.integer(row, .available))
        }
        return Product(
            id: id, slug: try fields.text(first, .slug), name: try fields.text(first, .name),
            description: try fields.text(first, .description),
            category: CategoryReference(
                slug: fields.bytes(first, .categorySlug), name: fields.bytes(first, .categoryName)),
            tags: try fields.texts(first, .tags), images: try fields.json(first, .images),
            price: try fields.bigint(first, .price), currency: try fields.text(first, .currency),
            status: try fields.text(first, .status), createdAt: try fields.timestamp(first, .createdAt),
            updatedAt: try fields.timestamp(first, .updatedAt), variants: variants)
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

    /// How many writes the catalogue has seen.
    /// By the primary: a replica's may be older.
    package func version() async throws -> Int64 {
        try await pool.query(Self.versionQuery).first?[0] ?? 0
    }

    package static let versionQuery: PostgresQuery = "SELECT version FROM catalog_version"

    /// What is read of a product: a row for each of its active variants.
    enum ProductColumn: Int, PostgresTypedColumn {
        case id, slug, name, description, categorySlug, categoryName, tags, images, currency, price, status, createdAt, updatedAt
        case variant, sku, variantName, options, variantPrice, available

        var definition: (sql: PostgresQuery, type: any PostgresEncodable.Type) {
            switch self {
            case .id: ("p.id", UUID.self)
            case .slug: ("p.slug", String.self)
            case .name: ("p.name", String.self)
            case .description: ("p.description", String.self)
            case .categorySlug: ("c.slug", String.self)
            case .categoryName: ("c.name", String.self)
            case .tags: ("p.tags", [String].self)
            case .images: ("p.images", PostgresJSON.self)
            case .currency: ("p.currency", String.self)
            case .price: ("p.price", Int64.self)
            case .status: ("p.status", String.self)
            case .createdAt: ("p.created_at", Timestamp.self)
            case .updatedAt: ("p.updated_at", Timestamp.self)
            case .variant: ("v.id", UUID.self)
            case .sku: ("v.sku", String.self)
            case .variantName: ("v.name", String.self)
            case .options: ("v.options", PostgresJSON.self)
            case .variantPrice: ("v.price", Int64.self)
            case .available: (StockSQL.available, Int32.self)
            }
        }

        static let types = PostgresColumnTypes<Self>()
    }
}

/// PostgreSQL could not do with a value that came from a request: 400, and nothing that anybody has to be woken for.
///
/// Values are checked before they get here. What is left is what no check foresaw: a limit of a parser, a number or a time that
/// a calculation cannot hold.
struct RefusedValues: ProblemConvertible {
    let error: PostgresError

    var problem: Problem {
        Problem(.invalidParameter, "A parameter has a value that cannot be searched for.").caused(by: error)
    }

    /// Whether values can be the cause (PostgreSQL manual, appendix A): data exceptions, errors of syntax and type, limits of the
    /// program, and internal errors other than damaged data. Not a table or column that is missing until a migration ran.
    static func caused(_ error: PostgresError) -> Bool {
        guard error.code == .server, let state = error.sqlState else { return false }
        if [SQLState.undefinedTable, SQLState.undefinedColumn, "XX001", "XX002"].contains(state) { return false }
        return ["22", "42", "54", "XX"].contains(String(state.prefix(2)))
    }
}
