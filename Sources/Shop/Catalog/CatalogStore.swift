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

    /// The documents of the active products among these, each with its active variants, the default one first.
    func products(ids: [UUID]) async throws -> [UUID: CatalogCache.Loaded] {
        try await documents("\(Self.columns) p.id = ANY(\(ids)) AND p.status = 'active' ORDER BY p.id, v.position, v.id") {
            $0.id
        }
    }

    /// The same by slug; for a slug that a product had before, a redirect to its present one.
    func products(slugs: [String]) async throws -> [String: CatalogCache.Loaded] {
        var found = try await documents(
            "\(Self.columns) p.slug = ANY(\(slugs)) AND p.status = 'active' ORDER BY p.id, v.position, v.id"
        ) { String(decoding: $0.slug, as: UTF8.self) }
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

    private static let columns: PostgresQuery = """
        SELECT \(ProductColumn.selectList) \
        FROM product p JOIN variant v ON v.product_id = p.id AND v.active JOIN stock s ON s.variant_id = v.id \
        LEFT JOIN category c ON c.id = p.category_id WHERE
        """

    /// Makes a document of the rows of each product, which are next to each other.
    private func documents<Key: Hashable>(
        _ query: PostgresQuery, by key: (Product) -> Key
    ) async throws -> [Key: CatalogCache.Loaded] {
        let rows = try await readRequested(query)
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
                options: try fields.text(row, .options), price: try fields.bigint(row, .variantPrice),
                compareAtPrice: try fields.optionalBigint(row, .variantCompareAtPrice),
                available: try fields.integer(row, .available))
        }
        let price = try fields.bigint(first, .price)
        return Product(
            id: id, slug: try fields.text(first, .slug), name: try fields.text(first, .name),
            description: try fields.text(first, .description),
            category: CategoryReference(
                slug: fields.bytes(first, .categorySlug), name: fields.bytes(first, .categoryName),
                path: fields.bytes(first, .categoryPath)),
            brand: fields.bytes(first, .brand), attributes: fields.bytes(first, .attributes),
            tags: try fields.texts(first, .tags), images: try fields.json(first, .images),
            price: price, prices: Self.range(try fields.bigint(first, .priceMin), try fields.bigint(first, .priceMax)),
            currency: try fields.text(first, .currency),
            status: try fields.text(first, .status), createdAt: try fields.timestamp(first, .createdAt),
            updatedAt: try fields.timestamp(first, .updatedAt), variants: variants)
    }

    /// A range that the database keeps in order.
    static func range(_ least: Int64, _ greatest: Int64) -> ClosedRange<Int64> { least...max(least, greatest) }

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

    /// The columns of a product: a row for each of its active variants.
    enum ProductColumn: Int, PostgresTypedColumn {
        case id, slug, name, description, categorySlug, categoryName, categoryPath, brand, attributes, tags, images, currency
        case price, priceMin, priceMax, status, createdAt, updatedAt
        case variant, sku, variantName, options, variantPrice, variantCompareAtPrice, available

        var definition: (sql: PostgresQuery, type: any PostgresEncodable.Type) {
            switch self {
            case .id: ("p.id", UUID.self)
            case .slug: ("p.slug", String.self)
            case .name: ("p.name", String.self)
            case .description: ("p.description", String.self)
            case .categorySlug: ("c.slug", String.self)
            case .categoryName: ("c.name", String.self)
            // A category at the root, and a product without attributes, need no function.
            case .categoryPath:
                (
                    """
                    CASE WHEN c.parent_id IS NULL THEN json_build_array(json_build_object('slug', c.slug, 'name', c.name)) \
                    ELSE category_breadcrumbs(c.path) END::text
                    """, String.self
                )
            case .brand: ("p.brand", String.self)
            case .attributes: ("CASE WHEN p.attributes <> '[]' THEN attributes_shown(p.attributes)::text END", String.self)
            case .tags: ("p.tags", [String].self)
            case .images: ("p.images", PostgresJSON.self)
            case .currency: ("p.currency", String.self)
            case .price: ("p.price", Int64.self)
            case .priceMin: ("coalesce(p.price_min, p.price)", Int64.self)
            case .priceMax: ("coalesce(p.price_max, p.price)", Int64.self)
            case .status: ("p.status", String.self)
            case .createdAt: ("p.created_at", Timestamp.self)
            case .updatedAt: ("p.updated_at", Timestamp.self)
            case .variant: ("v.id", UUID.self)
            case .sku: ("v.sku", String.self)
            case .variantName: ("v.name", String.self)
            case .options:
                (
                    """
                    CASE WHEN cardinality(v.option_order) > 1 THEN options_ordered(v.options, v.option_order)::text \
                    ELSE v.options::text END
                    """, String.self
                )
            case .variantPrice: ("v.price", Int64.self)
            case .variantCompareAtPrice: ("v.compare_at_price", Int64.self)
            case .available: (StockSQL.available, Int32.self)
            }
        }

        static let types = PostgresColumnTypes<Self>()
    }
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
