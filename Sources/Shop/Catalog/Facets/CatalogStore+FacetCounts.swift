import Formats
import Inventory
import Money
import PostgresClient

/// Counts of facets: the products of a set are found once, and all its facets are counted among them.
extension CatalogStore {
    /// How many products of a set are counted at most. Its counts are exact up to this many.
    private static let maximumCounted = 10_000
    /// How many products the sets of a request have together: counting one takes PostgreSQL 4 to 6 µs.
    private static let maximumCountedInAll = 15_000
    /// Of how many products the stock is looked up.
    private static let maximumStockCounted = 5_000

    /// Counts the facets of a list.
    /// - Parameter currency: the one that prices are counted in where the filter has none
    func facetCounts(
        _ request: FacetRequest, _ filter: ProductFilter, currency: CurrencyCode
    ) async throws -> FacetCounts {
        var counts = FacetCounts()
        let sets = FacetSet.all(request, filter)
        var left = Self.maximumCountedInAll
        var plans: [(category: String?, facets: FacetFilter, search: SearchPlan?)] = []
        for (index, set) in sets.enumerated() {
            // The set of the whole filter has the most facets, so it comes first. The others share what it leaves.
            let share = index == 0 && sets.count > 1 ? left : left / (sets.count - index)
            let limit = min(Self.maximumCounted, share)
            // A search finds categories and facets by one index with its words, so each of these filters makes a search of its own.
            let known = plans.first { $0.category == set.filter.category && $0.facets == set.filter.facets }
            let search = if let known { known.search } else { try await searchPlan(set.filter) }
            if known == nil { plans.append((set.filter.category, set.filter.facets, search)) }
            left -= try await count(set, search, limit: limit, currency: currency, in: &counts)
        }
        return counts
    }

    /// - Returns: how many products were counted
    private func count(
        _ set: FacetSet, _ search: SearchPlan?, limit: Int, currency: CurrencyCode, in counts: inout FacetCounts
    ) async throws -> Int {
        let limit = set.filter.inStock == nil ? limit : min(limit, Self.maximumStockCounted)
        let looksThrough = search == nil ? try await isWide(set.filter) : false
        func read(_ looksThrough: Bool) async throws -> PostgresRows {
            try await readRequested(
                Self.statement(set, search, limit: limit, currency: currency, looksThrough: looksThrough))
        }
        var rows = try await read(looksThrough)
        // Those that were looked through may all lie outside the range, as prices are not spread evenly over the table.
        if looksThrough, rows.count == 1, let seen = try rows.first?[3, as: Int64.self], seen > Int64(limit) {
            rows = try await read(false)
        }
        var hits: Int64 = 0
        var values: [Facet: [FacetCounts.Value]] = [:]
        var prices: [(bits: UInt64, count: Int64)] = []
        for row in rows {
            let kind: String = try row[0]
            let count: Int64 = try row[3]
            switch kind {
            case "hits": hits = count
            case "price": prices.append((UInt64(bitPattern: try row[1, as: String?.self].flatMap { Int64($0) } ?? 0), count))
            case "category":
                values[.category, default: []].append(.init(value: try row[1], name: try row[2], count: count))
            case "in_stock": values[.inStock, default: []].append(.init(value: try row[1], count: count))
            default:
                let key = ExactText(kind)
                guard !set.excluded.contains(key), let value = try row[1, as: String?.self] else { continue }
                values[.words(key), default: []].append(.init(value: value, count: count))
            }
        }
        // The words of a search that very many products have are looked for among a part of them.
        let isSampled =
            search?.isCommon == true && search?.filters == nil && !Self.restricts(set.filter, checksStock: false)
        let isComplete = hits <= limit && !isSampled
        for facet in set.facets {
            switch facet {
            case .price: counts.add(facet, PriceBuckets.joined(prices).map { .init($0) }, isExact: isComplete)
            case .inStock:
                counts.add(facet, values[facet] ?? [], isExact: isComplete && hits <= Self.maximumStockCounted)
            case .category, .words: counts.add(facet, values[facet] ?? [], isExact: isComplete)
            case .every(let group):
                let found = values.filter {
                    if case .words(let key) = $0.key { key.text.hasPrefix(group.rawValue) } else { false }
                }
                for (key, values) in Self.mostCounted(found) { counts.add(key, values, isExact: isComplete) }
            }
        }
        return Int(min(hits, Int64(limit)))
    }

    /// Those that most products have.
    private static func mostCounted(
        _ found: [Facet: [FacetCounts.Value]]
    ) -> some Sequence<(key: Facet, value: [FacetCounts.Value])> {
        func sum(_ values: [FacetCounts.Value]) -> Int64 { values.reduce(0) { $0 &+ $1.count } }
        return found.sorted { sum($0.value) > sum($1.value) }.prefix(FacetCounts.maximumNames)
    }

    /// How many values of all options and attributes are read at most.
    private static let maximumRows = 5_000

    // MARK: SQL

    /// The rows are the kind or the key of a facet, a value, its name, and how many products have it.
    /// - Parameter looksThrough: whether prices are compared after the products are found by the other conditions
    static func statement(
        _ set: FacetSet, _ search: SearchPlan?, limit: Int, currency: CurrencyCode, looksThrough: Bool
    ) -> PostgresQuery {
        let columns: PostgresQuery = "p.id, p.facets, p.category_id, p.currency, p.price, p.price_min, p.price_max, p.variants"
        var query: PostgresQuery = "WITH RECURSIVE "
        // Stock is looked up for no more products than are counted, as most of those that a filter lets through may be sold out.
        var filter = set.filter
        filter.inStock = nil
        if looksThrough { (filter.minimumPrice, filter.maximumPrice) = (nil, nil) }
        if let search {
            query.append(
                """
                \(Self.query(search)), \(matched("matched", filter.besideSearch, search, readsAll: search.filters != nil)), \
                seen AS MATERIALIZED (SELECT \(columns) FROM (SELECT id FROM matched LIMIT \(Int64(limit) + 1)) m \
                JOIN product p ON p.id = m.id)
                """)
        } else {
            // Of the whole catalogue the newest products are counted. Any order would sort the matches of a condition, which may be many.
            let isWhole = !filter.isSelective && filter.category == nil
            let choice = isWhole ? order(.newest) : ""
            query.append(
                """
                seen AS MATERIALIZED (SELECT \(columns) FROM product p WHERE p.status = 'active'\(within(filter.category))\
                \(conditions(filter))\(choice) LIMIT \(Int64(limit) + 1))
                """)
        }
        query.append(
            ", hit AS MATERIALIZED (SELECT * FROM seen p WHERE true\(looksThrough ? inPriceRange(set.filter) : "")\(inStock(set.filter)))"
        )
        var parts: PostgresQuery = " SELECT 'hits' AS kind, NULL AS value, NULL AS name, count(*) FROM seen"
        let keys = set.facets.compactMap { facet -> String? in
            switch facet {
            case .words(let key): key.text + ":"
            case .every(let group): group.rawValue
            default: nil
            }
        }
        if !keys.isEmpty {
            query.append(words(keys))
            parts.append(" UNION ALL SELECT kind, value, NULL, n FROM ranked")
        }
        for facet in set.facets {
            switch facet {
            case .category:
                // A product counts for its category and for all those above it, as in lists.
                query.append(
                    """
                    , above (id, n) AS (SELECT category_id, count(*) FROM hit WHERE category_id IS NOT NULL GROUP BY category_id \
                    UNION ALL SELECT c.parent_id, a.n FROM above a JOIN category c ON c.id = a.id WHERE c.parent_id IS NOT NULL)
                    """)
                parts.append(
                    """
                     UNION ALL (SELECT 'category', c.slug, c.name, sum(a.n)::bigint FROM above a JOIN category c ON c.id = a.id \
                    GROUP BY c.id ORDER BY sum(a.n) DESC, c.path LIMIT \(literal: FacetCounts.maximumValues))
                    """)
            case .price: parts.append(" UNION ALL \(prices(set.filter, currency))")
            case .inStock: parts.append(" UNION ALL \(availability(set.filter))")
            default: break
            }
        }
        query.append(parts)
        query.usesCustomPlan = true
        return query
    }

    /// The most frequent words with these beginnings, split at their colons.
    private static func words(_ beginnings: [String]) -> PostgresQuery {
        var wanted: PostgresQuery = ""
        for (index, beginning) in beginnings.enumerated() {
            wanted.append(index == 0 ? "starts_with(f, \(beginning))" : " OR starts_with(f, \(beginning))")
        }
        // All words are grouped, and then the wanted groups taken: PostgreSQL would sort the words that pass a condition, which takes
        // longer than to group them all by their hashes. Words without a colon are steps of numbers.
        let named = beginnings.filter { $0.hasSuffix(":") }.map { String($0.dropLast()) }
        return """
            , word AS MATERIALIZED (SELECT f, count(*) AS n FROM (SELECT unnest(facets) COLLATE "C" AS f FROM hit) w GROUP BY f), \
            ranked AS (SELECT kind, value, n FROM (SELECT *, row_number() OVER (PARTITION BY kind ORDER BY n DESC, value) AS place \
            FROM (SELECT split_part(f, ':', 1) AS kind, substr(f, strpos(f, ':') + 1) AS value, n FROM word \
            WHERE strpos(f, ':') > 0 AND (\(wanted))) k \
            WHERE kind <> ALL (ARRAY(SELECT 'attr.' || code FROM attribute WHERE NOT filterable))) r WHERE place <= \(literal: FacetCounts.maximumValues) \
            ORDER BY kind = ANY(\(named)) DESC, n DESC, value LIMIT \(literal: maximumRows))
            """
    }

    /// The sets of narrow price ranges that products have prices in, as bits. OFFSET 0: without it PostgreSQL computes the bits twice.
    private static func prices(_ filter: ProductFilter, _ currency: CurrencyCode) -> PostgresQuery {
        let bucket: (PostgresQuery) -> PostgresQuery = { price in
            "1::bigint << width_bucket(\(price), \(PriceBuckets.bounds))"
        }
        let least = bucket("coalesce(p.price_min, p.price)")
        let bits: PostgresQuery =
            if filter.inStock == true {
                """
                (SELECT bit_or(\(bucket("v.price"))) FROM variant v JOIN stock s ON s.variant_id = v.id \
                WHERE v.product_id = p.id AND v.active AND \(StockSQL.isAvailable))
                """
            } else {
                """
                CASE WHEN p.price_min = p.price_max THEN \(least) ELSE coalesce((SELECT bit_or(\(bucket("v.price"))) \
                FROM variant v WHERE v.product_id = p.id AND v.active), \(least)) END
                """
            }
        return """
            (SELECT 'price', bits::text, NULL, count(*) FROM (SELECT \(bits) AS bits FROM hit p WHERE p.currency = \(filter.currency ?? currency.code) OFFSET 0) b \
            WHERE bits IS NOT NULL GROUP BY bits)
            """
    }

    /// How many products can be bought, at a price of the filter's range, and how many are sold out.
    private static func availability(_ filter: ProductFilter) -> PostgresQuery {
        let isPriced = filter.minimumPrice != nil || filter.maximumPrice != nil
        let otherwise: PostgresQuery = isPriced ? "WHEN \(hasStock(from: nil, to: nil)) THEN NULL ELSE" : "ELSE"
        return """
            (SELECT 'in_stock', value, NULL, count(*) FROM (SELECT CASE \
            WHEN \(hasStock(from: filter.minimumPrice, to: filter.maximumPrice)) THEN 'true' \(otherwise) 'false' END AS value \
            FROM (SELECT id, variants FROM hit LIMIT \(literal: maximumStockCounted)) p) a WHERE value IS NOT NULL GROUP BY value \
            ORDER BY value DESC)
            """
    }
}
