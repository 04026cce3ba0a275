import Formats
import FoundationEssentials
import Inventory
import PostgresClient

/// Lists: keyset walks along an index, never an OFFSET.
extension CatalogStore {
    /// The rows of a page of a list.
    struct Page {
        private let rows: PostgresRows
        /// The products on it, in order.
        let ids: [UUID]
        /// Where the next page begins; nil on the last one.
        let next: ProductCursor?

        fileprivate init(_ rows: PostgresRows, sort: ProductSort, limit: Int) throws {
            self.rows = rows
            (ids, next) = try rows.withFields(ListColumn.types) { fields in
                let count = min(limit, fields.rows)
                let ids = try (0..<count).map { try fields.uuid($0, .id) }
                guard fields.rows > limit, let last = ids.last else { return (ids, nil) }
                return (ids, ProductCursor(position: try CatalogStore.position(sort, fields, count - 1), id: last))
            }
        }

        /// Calls `body` with each product in order, and its index.
        func forEach(_ body: (Int, ProductSummary) -> Void) throws {
            try rows.withFields(ListColumn.types) { fields in
                for row in ids.indices {
                    body(
                        row,
                        ProductSummary(
                            id: ids[row], slug: try fields.text(row, .slug), name: try fields.text(row, .name),
                            category: CategoryReference(
                                slug: fields.bytes(row, .categorySlug), name: fields.bytes(row, .categoryName)),
                            tags: try fields.texts(row, .tags), image: try fields.json(row, .image),
                            price: try fields.bigint(row, .price), currency: try fields.text(row, .currency),
                            createdAt: try fields.timestamp(row, .createdAt), updatedAt: try fields.timestamp(row, .updatedAt)))
                }
            }
        }
    }

    /// A page of the products that a filter lets through.
    func page(_ filter: ProductFilter, after cursor: ProductCursor?, limit: Int) async throws -> Page {
        try Page(try await readRequested(Self.statement(filter, after: cursor, limit: limit)), sort: filter.sort, limit: limit)
    }

    /// How many products a filter lets through, up to one more than ``ProductTotal/maximum``.
    package func total(_ filter: ProductFilter) async throws -> Int64 {
        var query: PostgresQuery = """
            SELECT count(*) FROM (SELECT FROM product p WHERE p.status = 'active'\(Self.within(filter.category))\
            \(Self.conditions(filter)) LIMIT \(literal: Int(ProductTotal.maximum) + 1)) p
            """
        query.usesCustomPlan = filter.isSelective
        return try await readRequested(query).first?[0] ?? 0
    }

    // MARK: SQL

    /// The page and the row after it, if there is one.
    ///
    /// The stock of the variants is read separately, for all lists of a loop's turn together (``CatalogLoader``). One statement for
    /// both, with the variants gathered for each row, took PostgreSQL 177 µs of CPU; the two take 43 µs, and about 2 µs for each
    /// product (10,000 products, 20 to a page).
    static func statement(_ filter: ProductFilter, after cursor: ProductCursor?, limit: Int) -> PostgresQuery {
        let columns = ListColumn.selectWithin
        let rows = Self.rows(limit)
        let (keyset, order, ceiling) = (
            Self.keyset(filter, after: cursor), Self.order(filter.sort), " LIMIT \(literal: rows)" as PostgresQuery
        )
        let page: PostgresQuery
        if filter.search != nil, filter.sort == .relevance {
            page = """
                \(columns), k.rank FROM (SELECT p.* FROM (SELECT p.id, \(rank(filter)) AS rank FROM product p \
                WHERE p.status = 'active'\(within(filter.category))\(conditions(filter)) LIMIT \(literal: maximumRanked)) p \
                WHERE true\(keyset)\(order)\(ceiling)) k JOIN product p ON p.id = k.id
                """
        } else if filter.search != nil {
            // PostgreSQL cannot tell how rare a word is. If it is frequent, a short walk in the sort's order finds enough. If it is
            // rare, the walk fails, but the matches are few, and they are found first and then sorted. Either way alone reads all of a
            // large catalogue for some words.
            let matches: PostgresQuery = "p.status = 'active'\(within(filter.category))\(conditions(filter))"
            page = """
                WITH walked AS MATERIALIZED (SELECT p.id FROM (SELECT p.id, p.status, p.name, p.created_at, p.price, p.category_id, \
                p.currency, p.search FROM product p WHERE p.status = 'active'\(Self.priced(filter))\(keyset)\(order) LIMIT \(literal: longestWalk)) p \
                WHERE \(matches)\(order)\(ceiling)), \
                k AS (SELECT id FROM walked WHERE (SELECT count(*) FROM walked) = \(literal: rows) UNION ALL \
                SELECT id FROM (SELECT p.id FROM (SELECT p.id, p.name, p.created_at, p.price FROM product p WHERE \(matches) \
                LIMIT \(literal: maximumMatches)) p WHERE true\(keyset)\(order)\(ceiling)) p \
                WHERE (SELECT count(*) FROM walked) < \(literal: rows)) \
                \(columns), 0::bigint AS rank FROM k JOIN product p ON p.id = k.id
                """
        } else if let category = filter.category {
            // One walk along the index for each category of the subtree, which reads ids and sorted values only, as both stand in
            // the index; then the first ones of all walks.
            page = """
                \(columns), 0::bigint AS rank FROM (SELECT p.id FROM (\(subtree(of: category))) t CROSS JOIN LATERAL \
                (SELECT p.id, p.\(key(filter.sort)) FROM product p WHERE p.status = 'active' AND p.category_id = t.id\
                \(conditions(filter))\(keyset)\(order)\(ceiling)) p\(order)\(ceiling)) k JOIN product p ON p.id = k.id
                """
        } else {
            page = """
                \(columns), 0::bigint AS rank FROM product p WHERE p.status = 'active'\(conditions(filter))\(keyset)\(order)\(ceiling)
                """
        }
        var statement: PostgresQuery = """
            \(ListColumn.select) FROM (\(page)) p LEFT JOIN category c ON c.id = p.category_id\(order)
            """
        // A rare word or a narrow range needs another plan than a frequent word or a wide range.
        statement.usesCustomPlan = filter.isSelective
        return statement
    }

    /// The columns of a product on a list.
    enum ListColumn: Int, PostgresTypedColumn {
        case id, slug, name, categorySlug, categoryName, tags, image, currency, price, createdAt, updatedAt, rank

        var definition: (sql: PostgresQuery, type: any PostgresEncodable.Type) {
            switch self {
            case .id: ("p.id", UUID.self)
            case .slug: ("p.slug", String.self)
            case .name: ("p.name", String.self)
            case .categorySlug: ("c.slug", String.self)
            case .categoryName: ("c.name", String.self)
            case .tags: ("p.tags", [String].self)
            case .image: ("p.images->0", PostgresJSON.self)
            case .currency: ("p.currency", String.self)
            case .price: ("p.price", Int64.self)
            case .createdAt: ("p.created_at", Timestamp.self)
            case .updatedAt: ("p.updated_at", Timestamp.self)
            case .rank: ("p.rank", Int64.self)
            }
        }

        /// The column of `product` that the page within the statement selects for it; nil: none.
        private var source: PostgresQuery? {
            switch self {
            case .categorySlug: "p.category_id"
            case .categoryName, .rank: nil
            case .image: "p.images"
            default: sql
            }
        }

        static let types = PostgresColumnTypes<Self>()
        static let select: PostgresQuery = "SELECT \(selectList)"
        /// Selects the page within the statement, before the categories are joined.
        static let selectWithin: PostgresQuery = {
            var list: PostgresQuery = "SELECT "
            for (index, source) in allCases.compactMap(\.source).enumerated() {
                if index > 0 { list.append(", ") }
                list.append(source)
            }
            return list
        }()
    }

    /// How many rows are read for a page: one more than it shows, rounded up to a few sizes, as each number makes a statement of its own.
    private static func rows(_ limit: Int) -> Int {
        let steps = [5, 10, 20, 50]
        return (steps.first { limit <= $0 } ?? max(limit, 100)) + 1
    }

    /// How many matches a search by relevance ranks: the first that are found. A word that more products have tells little about any of
    /// them, and ranking each takes microseconds.
    private static let maximumRanked = 1_000
    /// How many rows a search walks in the sort's order before it finds its matches first and sorts those.
    private static let longestWalk = 2_000
    /// How many matches it then sorts at most.
    private static let maximumMatches = 100_000

    /// The condition that a product is in a category or below it.
    private static func within(_ category: String?) -> PostgresQuery {
        category.map { " AND p.category_id IN (\(subtree(of: $0)))" } ?? ""
    }

    /// The column that a list is sorted by.
    private static func key(_ sort: ProductSort) -> PostgresQuery {
        switch sort {
        case .newest, .relevance: "created_at"
        case .priceAscending, .priceDescending: "price"
        case .name: "name"
        }
    }

    /// The ids of a category and all categories below it. Paths below `a` lie between `a/` and `a0`, the character after `/`.
    private static func subtree(of slug: String) -> PostgresQuery {
        """
        SELECT c.id FROM category r JOIN category c ON c.path = r.path OR \
        (c.path > r.path || '/' AND c.path < r.path || '0') WHERE r.slug = \(slug)
        """
    }

    private static func conditions(_ filter: ProductFilter) -> PostgresQuery {
        var query: PostgresQuery = ""
        if let search = filter.terms?.text {
            // The second condition is evaluated once for the statement. If all wanted words are stop words, only excluded words
            // remain; then the index is of no use (querytree gives T, or nothing), and all products would be read.
            query.append(" AND p.search @@ websearch_to_tsquery('english', \(search))")
            query.append(" AND querytree(websearch_to_tsquery('english', \(search))) NOT IN ('', 'T')")
        }
        query.append(priced(filter))
        if let minimum = filter.minimumPrice { query.append(" AND p.price >= \(minimum)") }
        if let maximum = filter.maximumPrice { query.append(" AND p.price <= \(maximum)") }
        if let inStock = filter.inStock {
            query.append(inStock ? " AND EXISTS" : " AND NOT EXISTS")
            query.append(
                """
                 (SELECT FROM variant v JOIN stock s ON s.variant_id = v.id \
                WHERE v.product_id = p.id AND v.active AND \(StockSQL.isAvailable))
                """)
        }
        return query
    }

    /// The condition that a product has the filter's currency. Only the index for the order by price has it; in any other order a
    /// currency without products would be sought in the whole catalogue. So a second condition, evaluated once for the statement,
    /// tells whether any product has it. Its ORDER BY is that of the index: without it PostgreSQL may read the table.
    private static func priced(_ filter: ProductFilter) -> PostgresQuery {
        guard let currency = filter.currency else { return "" }
        if filter.sort.isByPrice { return " AND p.currency = \(currency)" }
        return """
             AND p.currency = \(currency) \
            AND (SELECT x.currency FROM product x WHERE x.status = 'active' AND x.currency >= \(currency) \
            ORDER BY x.currency, x.price, x.id LIMIT 1) = \(currency)
            """
    }

    /// The rank in millionths, as an integer that a cursor holds exactly.
    private static func rank(_ filter: ProductFilter) -> PostgresQuery {
        "(ts_rank(p.search, websearch_to_tsquery('english', \(filter.terms?.text ?? ""))) * 1000000)::bigint"
    }

    private static func keyset(_ filter: ProductFilter, after cursor: ProductCursor?) -> PostgresQuery {
        guard let cursor else { return "" }
        let id = cursor.id
        return switch (filter.sort, cursor.position) {
        case (.newest, .time(let time)): " AND (p.created_at, p.id) < (\(time), \(id))"
        case (.priceAscending, .price(let price)): " AND (p.price, p.id) > (\(price), \(id))"
        case (.priceDescending, .price(let price)): " AND (p.price, p.id) < (\(price), \(id))"
        case (.name, .name(let name)): " AND (p.name, p.id) > (\(name), \(id))"
        case (.relevance, .rank(let position)): " AND (p.rank, p.id) < (\(position), \(id))"
        // This cannot happen, as a cursor is bound to its list. It finds nothing.
        default: " AND false"
        }
    }

    private static func order(_ sort: ProductSort) -> PostgresQuery {
        switch sort {
        case .newest: " ORDER BY p.created_at DESC, p.id DESC"
        case .priceAscending: " ORDER BY p.price, p.id"
        case .priceDescending: " ORDER BY p.price DESC, p.id DESC"
        case .name: " ORDER BY p.name, p.id"
        case .relevance: " ORDER BY p.rank DESC, p.id DESC"
        }
    }

    private static func position(
        _ sort: ProductSort, _ fields: PostgresNamedFields<ListColumn>, _ row: Int
    ) throws -> ProductCursor.Position {
        switch sort {
        case .newest: .time(try fields.timestamp(row, .createdAt))
        case .priceAscending, .priceDescending: .price(try fields.bigint(row, .price))
        case .name: .name(String(decoding: try fields.text(row, .name), as: UTF8.self))
        case .relevance: .rank(try fields.bigint(row, .rank))
        }
    }
}
