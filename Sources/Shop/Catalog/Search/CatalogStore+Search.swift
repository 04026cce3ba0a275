import Formats
import FoundationEssentials
import Inventory
import PostgresClient

/// Searches: products that have the words, found by the indexes of `search_product`.
extension CatalogStore {
    /// How many products with the words a search by relevance ranks: the first that are found. Those beyond follow in order of
    /// their ids. Exact names and SKUs have look-ups of their own, so they are always among the ranked ones.
    private static let maximumRanked = 500
    /// How many products with the same name, or with names that begin with the search, it ranks.
    private static let maximumNamed = 200
    /// How many of the best sold and how many of the newest products it looks through for words that very many products have.
    private static let maximumLookedThrough = 1_500
    /// How many rows a search in another order walks in that order before it finds its matches first and sorts those.
    static let longestWalk = 2_000
    /// How many matches it then sorts at most.
    static let maximumMatches = 100_000

    /// How many products a search lets through, up to one more than ``ProductTotal/maximum``.
    func total(_ filter: ProductFilter, search: SearchPlan) async throws -> Int64 {
        guard !search.isCommon || Self.restricts(filter) else { return ProductTotal.maximum + 1 }
        var query: PostgresQuery = """
            WITH \(Self.query(search)), \(Self.matched("matched", "words", filter, search)) \
            SELECT count(*) FROM (SELECT FROM matched LIMIT \(literal: Int(ProductTotal.maximum) + 1)) m
            """
        query.usesCustomPlan = true
        return try await readRequested(query).first?[0] ?? 0
    }

    // MARK: SQL

    /// The ids and ranks of a page by relevance, and of the row after it: first what was ranked, then the other matches.
    func ranked(
        _ filter: ProductFilter, _ search: SearchPlan, after cursor: ProductCursor?, rows: Int
    ) -> PostgresQuery {
        let conditions = Self.conditions(of: filter)
        let keyset = Self.keyset(filter, after: cursor)
        var rest: PostgresQuery = ""
        if !search.isCommon || Self.restricts(filter) {
            var place: PostgresQuery = ""
            if let cursor, case .rank(0) = cursor.position { place = " AND m.id < \(cursor.id)" }
            rest = """
                 UNION ALL (SELECT m.id, 0::bigint FROM matched m WHERE NOT EXISTS (SELECT FROM scored x WHERE x.id = m.id)\(place) \
                AND (SELECT count(*) FROM first) = \(literal: Self.maximumRanked) \
                AND (SELECT count(*) FROM page) < \(literal: rows) ORDER BY m.id DESC LIMIT \(literal: rows))
                """
        }
        return """
            WITH \(Self.query(search)), \(Self.matched("named", "name", filter, search)), \
            \(Self.matched("matched", "words", filter, search)), \
            first AS MATERIALIZED (SELECT id FROM matched LIMIT \(literal: Self.maximumRanked)), \
            candidate AS MATERIALIZED (SELECT c.id, min(c.tier) AS tier FROM (\(Self.candidates(search))) c GROUP BY c.id), \
            scored AS MATERIALIZED (SELECT p.id, \(score) AS rank FROM candidate c JOIN search_product x ON x.product_id = c.id \
            JOIN product p ON p.id = c.id LEFT JOIN product_sales l ON l.product_id = c.id WHERE p.status = 'active'\(conditions)), \
            page AS MATERIALIZED (SELECT p.id, p.rank FROM scored p WHERE true\(keyset) ORDER BY p.rank DESC, p.id DESC \
            LIMIT \(literal: rows)) SELECT p.id, p.rank FROM (SELECT id, rank FROM page\(rest)) p \
            ORDER BY p.rank DESC, p.id DESC LIMIT \(literal: rows)
            """
    }

    /// What may be the best matches, in tiers from 0, the best.
    private static func candidates(_ search: SearchPlan) -> PostgresQuery {
        var tiers: PostgresQuery = """
            SELECT id, 5 AS tier FROM first UNION ALL (SELECT id, 4 FROM named LIMIT \(literal: maximumRanked))
            """
        guard let whole = search.whole else { return tiers }
        tiers.append(
            """
             UNION ALL (SELECT product_id, 1 FROM search_product WHERE name_key = \(whole) ORDER BY product_id DESC \
            LIMIT \(literal: maximumNamed)) UNION ALL (SELECT product_id, 3 FROM search_product WHERE name_key > \(whole) \
            AND name_key < \(whole + "\u{10FFFF}") ORDER BY name_key, product_id LIMIT \(literal: maximumNamed))
            """)
        if !search.skus.isEmpty { tiers.append(" UNION ALL SELECT unnest(\(search.skus)), 0") }
        if !search.skuPrefixes.isEmpty {
            let tier = search.isLikeSKU ? 2 : 6
            tiers.append(" UNION ALL SELECT unnest(\(search.skuPrefixes)), \(literal: tier)")
        }
        return tiers
    }

    /// The place in the order, as an integer that a cursor holds exactly: whether it is an exact SKU or name, whether it can be
    /// bought, its tier, how well its words match (in steps, so that small differences do not count), how short its name is,
    /// how many were sold.
    private var score: PostgresQuery {
        // OFFSET 0: without it PostgreSQL may read the whole stock at once.
        var inStock: PostgresQuery = "1"
        if ranksSoldOutLast {
            inStock = """
                CASE WHEN EXISTS (SELECT FROM variant v JOIN stock s ON s.variant_id = v.id WHERE v.product_id = p.id AND v.active \
                AND \(StockSQL.isAvailable) OFFSET 0) THEN 1 ELSE 0 END
                """
        }
        return """
            ((((CASE c.tier WHEN 0 THEN 3 WHEN 1 THEN 2 ELSE 1 END * 2 + \(inStock)) * 8 + 7 - c.tier)::bigint * 32 \
            + least(31, (ts_rank(x.words, (SELECT q FROM query)) * 32)::integer)) * 32 \
            + 31 - least(31, char_length(x.name_key) / 4)) * 1048576 + least(greatest(coalesce(l.sold, 0), 0), 1048575)
            """
    }

    /// The ids of a page in another order, and of the row after it.
    ///
    /// PostgreSQL cannot tell how rare a word is. If it is frequent, a short walk in the sort's order finds enough. If it is
    /// rare, the walk fails, but the matches are few, and they are found first and then sorted. Either way alone reads all of a
    /// large catalogue for some words.
    static func sorted(
        _ filter: ProductFilter, _ search: SearchPlan, after cursor: ProductCursor?, rows: Int
    ) -> PostgresQuery {
        let (keyset, order) = (keyset(filter, after: cursor), order(filter.sort))
        return """
            WITH \(query(search)), walked AS MATERIALIZED (SELECT p.id FROM (SELECT p.* FROM product p WHERE p.status = 'active'\
            \(priced(filter))\(keyset)\(order) LIMIT \(literal: longestWalk)) p CROSS JOIN LATERAL (SELECT FROM search_product x \
            WHERE x.product_id = p.id AND \(matches("words", search)) OFFSET 0) x WHERE true\(conditions(of: filter))\(order) \
            LIMIT \(literal: rows)), \(matched("matched", "words", filter, search)) \
            SELECT id, 0::bigint AS rank FROM walked WHERE (SELECT count(*) FROM walked) = \(literal: rows) UNION ALL \
            SELECT id, 0::bigint FROM (SELECT p.id FROM (SELECT id FROM matched LIMIT \(literal: maximumMatches)) m \
            JOIN product p ON p.id = m.id WHERE (SELECT count(*) FROM walked) < \(literal: rows)\(keyset)\(order) \
            LIMIT \(literal: rows)) p
            """
    }

    /// The words as a value that PostgreSQL's planner does not see: it takes a frequent word for a reason to read the whole
    /// table.
    static func query(_ search: SearchPlan) -> PostgresQuery {
        "query AS MATERIALIZED (SELECT \(search.query)::tsquery AS q)"
    }

    /// The condition that a product is a match.
    private static func matches(_ column: PostgresQuery, _ search: SearchPlan) -> PostgresQuery {
        let skus = search.skus + search.skuPrefixes
        guard !skus.isEmpty else { return "x.\(column) @@ (SELECT q FROM query)" }
        return "(x.\(column) @@ (SELECT q FROM query) OR x.product_id = ANY(\(skus)))"
    }

    /// The ids of the products that match, read as far as they are needed.
    static func matched(
        _ name: PostgresQuery, _ column: PostgresQuery, _ filter: ProductFilter, _ search: SearchPlan
    ) -> PostgresQuery {
        let isName = name.sql == "named"
        let skus = search.skus + search.skuPrefixes
        if filter.inStock != nil, !restricts(filter, checksStock: false) {
            // Nothing but stock, which nearly every product has, or few: it is looked up while matches are read, and only for those
            // that are needed. OFFSET 0: as a join, the planner would read all matches first.
            let condition = isName ? "x.\(column) @@ (SELECT q FROM query)" as PostgresQuery : matches(column, search)
            return """
                \(name) AS MATERIALIZED (SELECT p.id FROM (SELECT x.product_id AS id FROM search_product x WHERE \(condition) OFFSET 0) p \
                WHERE true\(inStock(filter)))
                """
        }
        guard !restricts(filter) else {
            // Here the planner sees the words: it must weigh them against the other conditions.
            var own: PostgresQuery = "x.\(column) @@ \(search.query)::tsquery"
            if !skus.isEmpty, !isName { own = "(\(own) OR x.product_id = ANY(\(skus)))" }
            return """
                \(name) AS MATERIALIZED (SELECT p.id FROM search_product x JOIN product p ON p.id = x.product_id WHERE \(own) \
                AND p.status = 'active'\(conditions(of: filter)))
                """
        }
        let condition = isName ? "x.\(column) @@ (SELECT q FROM query)" as PostgresQuery : matches(column, search)
        guard isName ? search.isCommonName : search.isCommon && filter.sort == .relevance else {
            return "\(name) AS MATERIALIZED (SELECT x.product_id AS id FROM search_product x WHERE \(condition))"
        }
        return """
            \(name) AS MATERIALIZED (SELECT x.product_id AS id FROM (SELECT product_id FROM product_sales ORDER BY sold DESC, \
            product_id DESC LIMIT \(literal: maximumLookedThrough)) l JOIN search_product x USING (product_id) WHERE \(condition) \
            UNION SELECT x.product_id FROM (SELECT * FROM search_product ORDER BY created_at DESC, product_id DESC \
            LIMIT \(literal: maximumLookedThrough)) x WHERE \(condition))
            """
    }

    /// Whether a filter has conditions beside its search.
    static func restricts(_ filter: ProductFilter, checksStock: Bool = true) -> Bool {
        let conditions: PostgresQuery = "\(within(filter.category))\(conditions(filter, checksStock: checksStock))"
        return !conditions.sql.isEmpty
    }

    /// The conditions of a filter beside its search.
    private static func conditions(of filter: ProductFilter) -> PostgresQuery {
        "\(within(filter.category))\(conditions(filter))"
    }
}
