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
    /// The same for what follows the ranked products of a search for words that very many products have.
    private static let longestRestWalk = 10_000
    /// How many matches it then sorts at most.
    static let maximumMatches = 100_000

    /// How many products a search lets through, up to one more than ``ProductTotal/maximum``.
    func total(_ filter: ProductFilter, search: SearchPlan) async throws -> Int64 {
        let filter = filter.besideSearch
        guard !search.isMany || Self.restricts(filter) else { return ProductTotal.maximum + 1 }
        var query: PostgresQuery = """
            WITH \(Self.query(search)), \(Self.matched("matched", filter, search, readsAll: true)) \
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
        let filter = filter.besideSearch
        let conditions = Self.conditions(filter)
        let keyset = Self.keyset(filter, after: cursor)
        let isCommon = search.isCommon && !Self.restricts(filter)
        var sets: PostgresQuery = "\(Self.query(search)), \(Self.matched("matched", filter, search))"
        for index in search.wordings.indices { sets.append(", \(Self.named(index, filter, search))") }
        // The first ones of what a common word is looked for in are the same ones for each page.
        let firstOrder: PostgresQuery = isCommon ? " ORDER BY id DESC" : ""
        // A name that begins with the search may be no match: of a single letter, or of a phrase. As a column, so that PostgreSQL reads
        // no more than the candidates for it.
        sets.append(
            """
            , first AS MATERIALIZED (SELECT id FROM matched\(firstOrder) LIMIT \(literal: Self.maximumRanked)), \
            candidate AS MATERIALIZED (SELECT c.id, min(c.tier) AS tier FROM (\(Self.candidates(search))) c GROUP BY c.id), \
            scored AS MATERIALIZED (SELECT p.id, \(score) AS rank, \(Self.matches(search)) AS is_match FROM candidate c JOIN search_product x ON x.product_id = c.id \
            JOIN product p ON p.id = c.id LEFT JOIN product_sales l ON l.product_id = c.id WHERE p.status = 'active'\(conditions)), \
            page AS MATERIALIZED (SELECT p.id, p.rank FROM scored p WHERE p.is_match\(keyset) ORDER BY p.rank DESC, p.id DESC \
            LIMIT \(literal: rows))
            """)
        var place: PostgresQuery = ""
        if let cursor, case .rank(0) = cursor.position { place = " AND x.product_id < \(cursor.id)" }
        let rest = isCommon ? Self.commonRest(search, place, rows, &sets) : Self.rest(place, rows)
        return """
            WITH \(sets) SELECT p.id, p.rank FROM (SELECT id, rank FROM page\(rest)) p ORDER BY p.rank DESC, p.id DESC \
            LIMIT \(literal: rows)
            """
    }

    /// The matches that were not ranked, where all matches are read: they follow by their ids.
    private static func rest(_ place: PostgresQuery, _ rows: Int) -> PostgresQuery {
        """
         UNION ALL (SELECT x.product_id, 0::bigint FROM (SELECT id AS product_id FROM matched) x \
        WHERE NOT EXISTS (SELECT FROM scored s WHERE s.id = x.product_id)\(place) \
        AND (SELECT count(*) FROM first) = \(literal: maximumRanked) AND (SELECT count(*) FROM page) < \(literal: rows) \
        ORDER BY x.product_id DESC LIMIT \(literal: rows))
        """
    }

    /// The same for words that very many products have: a walk along the ids soon finds enough of them. Where it does not, since the
    /// matches lie elsewhere, all matches are read for once.
    private static func commonRest(
        _ search: SearchPlan, _ place: PostgresQuery, _ rows: Int, _ sets: inout PostgresQuery
    ) -> PostgresQuery {
        let isWanted: PostgresQuery = """
            \(matches(search)) AND NOT EXISTS (SELECT FROM scored s WHERE s.id = x.product_id) \
            AND (SELECT count(*) FROM page) < \(literal: rows)
            """
        let order: PostgresQuery = " ORDER BY x.product_id DESC LIMIT \(literal: rows)"
        let isCut = isCut(
            "SELECT FROM search_product x WHERE true\(place) ORDER BY x.product_id DESC", walk: longestRestWalk, "walked", rows)
        sets.append(
            """
            , walked AS MATERIALIZED (SELECT x.product_id FROM (SELECT x.product_id, x.name, x.words FROM search_product x WHERE true\(place) \
            ORDER BY x.product_id DESC LIMIT \(literal: longestRestWalk)) x WHERE \(isWanted)\(order))
            """)
        return """
             UNION ALL SELECT product_id, 0::bigint FROM walked WHERE NOT (\(isCut)) \
            UNION ALL (SELECT x.product_id, 0::bigint FROM search_product x WHERE \(isWanted)\(place) AND \(isCut)\(order))
            """
    }

    /// Whether a walk has ended before it found enough, and before its end.
    private static func isCut(_ source: PostgresQuery, walk: Int, _ walked: PostgresQuery, _ rows: Int) -> PostgresQuery {
        """
        (SELECT count(*) FROM \(walked)) < \(literal: rows) \
        AND (SELECT count(*) FROM (\(source) LIMIT \(literal: walk + 1)) w) > \(literal: walk)
        """
    }

    /// What may be the best matches, in tiers from 0, the best. Those of the second wording are 8 to 14.
    private static func candidates(_ search: SearchPlan) -> PostgresQuery {
        let last = search.wordings.count - 1
        var tiers: PostgresQuery = "SELECT id, \(literal: last * 8 + 5) AS tier FROM first"
        for (index, wording) in search.wordings.enumerated() {
            let base = index * 8
            tiers.append(
                " UNION ALL (SELECT id, \(literal: base + 4) FROM named\(literal: index) LIMIT \(literal: maximumRanked))")
            if index < last {
                // Few products have its words.
                tiers.append(
                    """
                     UNION ALL (SELECT x.product_id, \(literal: base + 5) FROM search_product x WHERE \
                    x.words @@ (SELECT q\(literal: index) FROM query) LIMIT \(literal: maximumRanked))
                    """)
            }
            guard let whole = wording.whole else { continue }
            tiers.append(
                """
                 UNION ALL (SELECT product_id, \(literal: base + 1) FROM search_product WHERE name_key = \(whole) \
                ORDER BY product_id DESC LIMIT \(literal: maximumNamed)) UNION ALL (SELECT product_id, \(literal: base + 3) \
                FROM search_product WHERE name_key > \(whole) AND name_key < \(whole + "\u{10FFFF}") \
                ORDER BY name_key, product_id LIMIT \(literal: maximumNamed))
                """)
            if !wording.skus.isEmpty { tiers.append(" UNION ALL SELECT unnest(\(wording.skus)), \(literal: base)") }
            if !wording.skuPrefixes.isEmpty {
                let tier = wording.isLikeSKU ? 2 : 6
                tiers.append(" UNION ALL SELECT unnest(\(wording.skuPrefixes)), \(literal: base + tier)")
            }
            if !wording.mentioned.isEmpty { tiers.append(" UNION ALL SELECT unnest(\(wording.mentioned)), \(literal: base + 6)") }
        }
        return tiers
    }

    /// The place in the order, as an integer above 0 that a cursor holds exactly: whether it matches as the search was typed, whether it
    /// is an exact SKU or name, whether it can be bought, its tier, how well its words match (in steps, so that small differences do not count), how short its name is,
    /// how many were sold.
    private var score: PostgresQuery {
        var inStock: PostgresQuery = "1"
        if ranksSoldOutLast {
            inStock = """
                CASE WHEN \(Self.hasStock(from: nil, to: nil)) THEN 1 ELSE 0 END
                """
        }
        return """
            1 + (((((CASE WHEN c.tier < 8 THEN 4 ELSE 0 END + CASE c.tier % 8 WHEN 0 THEN 2 WHEN 1 THEN 1 ELSE 0 END) * 2 \
            + \(inStock)) * 8 + 7 - c.tier % 8)::bigint * 32 \
            + least(31, (ts_rank(x.words, (SELECT words FROM query)) * 32)::integer)) * 32 \
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
        let filter = filter.besideSearch
        let (keyset, order) = (keyset(filter, after: cursor), order(filter.sort))
        let walk: PostgresQuery = " FROM product p WHERE p.status = 'active'\(priced(filter))\(keyset)\(order)"
        let isCut = isCut("SELECT\(walk)", walk: longestWalk, "walked", rows)
        return """
            WITH \(query(search)), walked AS MATERIALIZED (SELECT p.id FROM (SELECT p.*\(walk) LIMIT \(literal: longestWalk)) p \
            CROSS JOIN LATERAL (SELECT FROM search_product x \
            WHERE x.product_id = p.id AND \(matches(search)) OFFSET 0) x WHERE true\(conditions(filter))\(order) \
            LIMIT \(literal: rows)), \(matched("matched", filter, search)) \
            SELECT id, 0::bigint AS rank FROM walked WHERE NOT (\(isCut)) UNION ALL \
            SELECT id, 0::bigint FROM (SELECT p.id FROM (SELECT id FROM matched LIMIT \(literal: maximumMatches)) m \
            JOIN product p ON p.id = m.id WHERE \(isCut)\(keyset)\(order) LIMIT \(literal: rows)) p
            """
    }

    /// The words as a value that PostgreSQL's planner does not see: it takes a frequent word for a reason to read the whole
    /// table.
    static func query(_ search: SearchPlan) -> PostgresQuery {
        var columns: PostgresQuery = "\(search.query)::tsquery AS q, \(search.words)::tsquery AS words"
        if let filters = search.filters { columns.append(", \(filters)::tsquery AS filters") }
        for (index, wording) in search.wordings.enumerated() {
            columns.append(", \(wording.query)::tsquery AS q\(literal: index)")
        }
        return "query AS MATERIALIZED (SELECT \(columns))"
    }

    /// The condition that a product is a match.
    private static func matches(_ search: SearchPlan) -> PostgresQuery {
        orSKU("x.\(column(search)) @@ (SELECT q FROM query)", search, filters: "(SELECT filters FROM query)")
    }

    /// A name that has a filter's sign has it among its words only.
    private static func column(_ search: SearchPlan) -> PostgresQuery {
        search.isOfNames && search.filters == nil ? "name" : "words"
    }

    /// A condition on words, or that a SKU was searched for.
    private static func orSKU(_ condition: PostgresQuery, _ search: SearchPlan, filters: PostgresQuery) -> PostgresQuery {
        let skus = search.skus + search.skuPrefixes
        guard !skus.isEmpty else { return condition }
        let isWanted: PostgresQuery = search.filters == nil ? "" : " AND x.words @@ \(filters)"
        return "(\(condition) OR (x.product_id = ANY(\(skus))\(isWanted)))"
    }

    /// The ids of the products that match, read as far as they are needed.
    /// - Parameter readsAll: whether all are read also if they are many
    static func matched(
        _ name: PostgresQuery, _ filter: ProductFilter, _ search: SearchPlan, readsAll: Bool = false
    ) -> PostgresQuery {
        if isStockOnly(filter) { return stocked(name, matches(search), filter) }
        guard !restricts(filter) else {
            // Here the planner sees the words: it must weigh them against the other conditions.
            let own: PostgresQuery = "x.\(column(search)) @@ \(search.query)::tsquery"
            return restricted(name, orSKU(own, search, filters: "\(search.filters ?? "")::tsquery"), filter)
        }
        return found(name, matches(search), isCommon: search.isCommon && filter.sort == .relevance && !readsAll)
    }

    /// The ids of the products whose names have all words of a wording.
    private static func named(_ index: Int, _ filter: ProductFilter, _ search: SearchPlan) -> PostgresQuery {
        let (wording, name) = (search.wordings[index], "named\(literal: index)" as PostgresQuery)
        var condition: PostgresQuery = "x.name @@ (SELECT q\(literal: index) FROM query)"
        if search.filters != nil {
            // IS TRUE: only one of the two indexes, that of all words, as it has the filters. Where very many products match and few names
            // do, it is that of names.
            condition =
                wording.isCommon && !wording.isCommonName
                ? "\(condition) AND (x.words @@ (SELECT filters FROM query)) IS TRUE"
                : "x.words @@ (SELECT q FROM query) AND (\(condition)) IS TRUE"
        }
        if isStockOnly(filter) { return stocked(name, condition, filter) }
        guard !restricts(filter) else {
            let words: PostgresQuery =
                search.filters == nil
                ? "x.name @@ \(wording.query)::tsquery"
                : "x.words @@ \(search.query)::tsquery AND (x.name @@ \(wording.query)::tsquery) IS TRUE"
            return restricted(name, words, filter)
        }
        return found(name, condition, isCommon: wording.isCommonName)
    }

    private static func isStockOnly(_ filter: ProductFilter) -> Bool {
        filter.inStock != nil && !restricts(filter, checksStock: false)
    }

    /// Nothing but stock, which nearly every product has, or few: it is looked up while matches are read, and only for those that are
    /// needed. OFFSET 0: as a join, the planner would read all matches first.
    private static func stocked(_ name: PostgresQuery, _ condition: PostgresQuery, _ filter: ProductFilter) -> PostgresQuery {
        """
        \(name) AS MATERIALIZED (SELECT p.id FROM (SELECT x.product_id AS id FROM search_product x WHERE \(condition) OFFSET 0) p \
        WHERE true\(inStock(filter, hasVariants: false)))
        """
    }

    private static func restricted(_ name: PostgresQuery, _ condition: PostgresQuery, _ filter: ProductFilter) -> PostgresQuery {
        """
        \(name) AS MATERIALIZED (SELECT p.id FROM search_product x JOIN product p ON p.id = x.product_id WHERE \(condition) \
        AND p.status = 'active'\(conditions(filter)))
        """
    }

    /// - Parameter isCommon: only the best sold and the newest products are looked through
    private static func found(_ name: PostgresQuery, _ condition: PostgresQuery, isCommon: Bool) -> PostgresQuery {
        guard isCommon else {
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
        let conditions: PostgresQuery = "\(conditions(filter.besideSearch, checksStock: checksStock))"
        return !conditions.sql.isEmpty
    }
}

extension ProductFilter {
    /// What a search does not find by the index of its words: prices, stock, ranges of numbers, ids.
    var besideSearch: ProductFilter {
        var filter = self
        filter.category = nil
        filter.facets = facets.withoutChoices
        return filter
    }
}
