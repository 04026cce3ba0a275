import Formats
import FoundationEssentials
import PostgresClient

/// Lists: keyset walks along an index, never an OFFSET.
extension CatalogStore {
    /// A page of a list.
    package struct Page: Sendable {
        package let products: [ProductSummary]
        /// Where the next page begins, nil on the last one.
        package let next: ProductCursor?
    }

    /// One page of the products that the filter lets through.
    package func page(_ filter: ProductFilter, after cursor: ProductCursor?, limit: Int) async throws -> Page {
        let rows = try await read(Self.statement(filter, after: cursor, limit: limit + 1))
        var products: [ProductSummary] = []
        products.reserveCapacity(limit)
        var next: ProductCursor?
        for (index, row) in rows.enumerated() {
            guard index < limit else {
                guard let last = products.last else { break }
                next = ProductCursor(position: try Self.position(filter.sort, last, rows[index - 1]), id: last.id)
                break
            }
            products.append(ProductSummary(
                id: try row[0], slug: try row[1], name: try row[2], category: try Self.category(row, slug: 3, name: 4),
                tags: try row[5, as: PostgresJSON.self].compact, image: try row[6, as: PostgresJSON?.self]?.compact,
                price: Money(try row[8], try row[7]), createdAt: try row[9], updatedAt: try row[10],
                variants: try row[11, as: [UUID]?.self] ?? [],
                available: (try row[12, as: [Int32]?.self] ?? []).map(Int.init)))
        }
        return Page(products: products, next: next)
    }

    /// How many products the filter lets through.
    package func total(_ filter: ProductFilter) async throws -> Int64 {
        var query: PostgresQuery = "SELECT count(*) FROM product p WHERE p.status = 'active'"
        if let category = filter.category {
            query.append(" AND p.category_id IN (\(Self.subtree(of: category)))")
        }
        query.append(Self.conditions(filter))
        query.isPlannedAnew = filter.isSelective
        return try await read(query).first?[0] ?? 0
    }

    // MARK: SQL

    static func statement(_ filter: ProductFilter, after cursor: ProductCursor?, limit: Int) -> PostgresQuery {
        let rank: PostgresQuery = filter.sort == .relevance ? rank(filter) : "0::bigint"
        let columns: PostgresQuery = """
            SELECT p.id, p.slug, p.name, p.category_id, p.tags, p.images, p.currency, p.price, p.created_at, \
            p.updated_at, \(rank) AS rank FROM product p
            """
        var page: PostgresQuery
        let rest: PostgresQuery = "\(conditions(filter))\(keyset(filter, after: cursor))\(order(filter.sort)) LIMIT \(limit)"
        if filter.search == nil, let category = filter.category {
            // One walk along the index for each category of the subtree, then the best of those.
            page = """
                SELECT p.* FROM (\(subtree(of: category))) t CROSS JOIN LATERAL \
                (\(columns) WHERE p.status = 'active' AND p.category_id = t.id\(rest)) p\(order(filter.sort)) LIMIT \(limit)
                """
        } else if filter.search != nil {
            // Matches first, sorted then: PostgreSQL cannot tell how rare a word is, and walking an index in the
            // sort's order until enough rows match may take all of it. So many at the most, since a word that half the
            // catalogue has says nothing, and reading all of it would take seconds.
            page = "\(columns) WHERE p.status = 'active'"
            if let category = filter.category { page.append(" AND p.category_id IN (\(subtree(of: category)))") }
            page.append("\(conditions(filter)) LIMIT \(filter.sort == .relevance ? maximumRanked : maximumMatches)")
            page = "SELECT p.* FROM (\(page)) p WHERE true\(keyset(filter, after: cursor))\(order(filter.sort)) LIMIT \(limit)"
        } else {
            page = "\(columns) WHERE p.status = 'active'\(rest)"
        }
        var statement: PostgresQuery = """
            SELECT p.id, p.slug, p.name, c.slug, c.name, to_jsonb(p.tags), p.images->0, p.currency, p.price, \
            p.created_at, p.updated_at, a.ids, a.available, p.rank FROM (\(page)) p \
            LEFT JOIN category c ON c.id = p.category_id LEFT JOIN LATERAL (SELECT \
            array_agg(v.id ORDER BY v.position, v.id) AS ids, \
            array_agg(s.on_hand - s.reserved ORDER BY v.position, v.id) AS available \
            FROM variant v JOIN stock s ON s.variant_id = v.id WHERE v.product_id = p.id AND v.active) a ON true\
            \(order(filter.sort)) LIMIT \(limit)
            """
        // A rare word or a narrow range wants another plan than a common one.
        statement.isPlannedAnew = filter.isSelective
        return statement
    }

    /// How many matches a search by relevance ranks, and how many one sorts otherwise.
    private static let maximumRanked = 10_000
    private static let maximumMatches = 100_000

    /// The ids of a category and all below it. Paths below `a` lie between `a/` and `a0`, the character after `/`.
    private static func subtree(of slug: String) -> PostgresQuery {
        """
        SELECT c.id FROM category r JOIN category c ON c.path = r.path OR \
        (c.path > r.path || '/' AND c.path < r.path || '0') WHERE r.slug = \(slug)
        """
    }

    private static func conditions(_ filter: ProductFilter) -> PostgresQuery {
        var query: PostgresQuery = ""
        if let search = filter.search { query.append(" AND p.search @@ websearch_to_tsquery('english', \(search))") }
        if let minimum = filter.minimumPrice { query.append(" AND p.price >= \(minimum)") }
        if let maximum = filter.maximumPrice { query.append(" AND p.price <= \(maximum)") }
        if let inStock = filter.inStock {
            query.append(inStock ? " AND EXISTS" : " AND NOT EXISTS")
            query.append(
                """
                 (SELECT FROM variant v JOIN stock s ON s.variant_id = v.id \
                WHERE v.product_id = p.id AND v.active AND s.on_hand > s.reserved)
                """)
        }
        return query
    }

    /// Rank in millionths, an integer, so that a cursor holds it exactly.
    private static func rank(_ filter: ProductFilter) -> PostgresQuery {
        "(ts_rank(p.search, websearch_to_tsquery('english', \(filter.search ?? ""))) * 1000000)::bigint"
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
        // A cursor is bound to its list, so this cannot come; it would find nothing.
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
        _ sort: ProductSort, _ last: ProductSummary, _ row: PostgresRow
    ) throws -> ProductCursor.Position {
        switch sort {
        case .newest: .time(last.createdAt)
        case .priceAscending, .priceDescending: .price(last.price.amount)
        case .name: .name(last.name)
        case .relevance: .rank(try row[13])
        }
    }
}
