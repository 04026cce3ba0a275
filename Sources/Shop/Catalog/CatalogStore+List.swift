import Formats
import FoundationEssentials
import Inventory
import PostgresClient

/// Lists: keyset walks along an index, never an OFFSET.
extension CatalogStore {
    /// The rows of a page of a list.
    struct Page {
        private let rows: PostgresRows
        private let types: [any PostgresEncodable.Type]
        /// The products on it, in order.
        let ids: [UUID]
        /// The variants of all of them that are on sale, product by product.
        let variants: [UUID]
        /// Where the next page begins; nil on the last one.
        let next: ProductCursor?

        init(_ rows: PostgresRows, sort: ProductSort, limit: Int) throws {
            self.rows = rows
            types = CatalogStore.types(sort)
            (ids, variants, next) = try rows.withFields(types) { fields in
                let count = min(limit, fields.rows)
                var (ids, variants): ([UUID], [UUID]) = ([], [])
                ids.reserveCapacity(count)
                variants.reserveCapacity(count * 4)
                for row in 0..<count {
                    let summary = try fields.summary(row)
                    ids.append(summary.id)
                    summary.appendVariants(to: &variants)
                }
                guard fields.rows > limit, let last = ids.last else { return (ids, variants, nil) }
                return (
                    ids, variants, ProductCursor(position: try CatalogStore.position(sort, fields, count - 1), id: last)
                )
            }
        }

        /// Calls `body` with each product in order.
        func forEach(_ body: (ProductSummary) -> Void) throws {
            try rows.withFields(types) { fields in
                for row in ids.indices { body(try fields.summary(row)) }
            }
        }
    }

    /// A page of the products that a filter lets through.
    /// - Parameter search: what the filter's search looks for
    func page(_ filter: ProductFilter, search: SearchPlan?, after cursor: ProductCursor?, limit: Int) async throws -> Page {
        try Page(
            try await readRequested(statement(filter, search: search, after: cursor, limit: limit)), sort: filter.sort,
            limit: limit)
    }

    /// How many products a filter lets through, as ``ProductTotal/init(counted:)`` takes it.
    ///
    /// Stock is looked up for no more products than are counted: where most products that a filter lets through are sold out, or few,
    /// counting ten thousand of them could look at all.
    package func total(_ filter: ProductFilter) async throws -> Int64 {
        if let search = try await searchPlan(filter) { return try await total(filter, search: search) }
        return try await total(filter, looksThrough: try await isWide(filter))
    }

    private func total(_ filter: ProductFilter, looksThrough: Bool) async throws -> Int64 {
        let limit = Int(ProductTotal.maximum) + 1
        // To combine the indexes of prices and of other conditions would read all of either. The products in a narrow range are few;
        // in a wide one, those with the other conditions are looked through, as far as a total counts.
        var (indexed, columns, length) = (filter, "p.id" as PostgresQuery, limit)
        if looksThrough {
            (indexed.minimumPrice, indexed.maximumPrice) = (nil, nil)
            length = filter.inStock == nil ? limit * 2 : limit
        }
        if looksThrough || filter.inStock != nil { columns = "p.id, p.price_min, p.price_max, p.variants" }
        var query: PostgresQuery = """
            SELECT count(*), count(*) FILTER (WHERE true\(looksThrough ? Self.inPriceRange(filter) : "")\(Self.inStock(filter))) \
            FROM (SELECT \(columns) FROM product p WHERE p.status = 'active'\(Self.within(filter.category))\
            \(Self.conditions(indexed, checksStock: false)) LIMIT \(literal: length) OFFSET 0) p
            """
        query.usesCustomPlan = filter.isSelective
        guard let row = try await readRequested(query).first else { return 0 }
        let (seen, counted): (Int64, Int64) = (try row[0], try row[1])
        // Those that were looked through may nearly all lie outside the range, as prices are not spread evenly over the table.
        if looksThrough, seen == Int64(length), counted < Self.minimumFound {
            return try await total(filter, looksThrough: false)
        }
        return seen == Int64(length) && counted <= ProductTotal.maximum ? ProductTotal.atLeast(counted) : counted
    }

    /// How many products at least are found among those that are looked through. Where they are fewer, all conditions go by their indexes.
    private static let minimumFound = 500
    /// How many products a narrow range of prices has at most.
    private static let maximumNarrow = 20_000

    /// Whether so many products have a price of the filter's range that its other conditions on categories and facets are better looked
    /// up first.
    func isWide(_ filter: ProductFilter) async throws -> Bool {
        guard filter.category != nil || !filter.facets.isEmpty, let range = Self.ranges(filter).first else { return false }
        var query: PostgresQuery = """
            SELECT count(*) FROM (SELECT FROM product p WHERE p.status = 'active'\(Self.priced(filter)) AND \(range) \
            LIMIT \(literal: Self.maximumNarrow)) p
            """
        query.usesCustomPlan = true
        return try await readRequested(query).first?[0] ?? 0 == Int64(Self.maximumNarrow)
    }

    // MARK: SQL

    /// The page and the row after it, if there is one.
    ///
    /// What is shown of a product is kept with its row. The stock of the variants is read separately, for all lists of a loop's turn
    /// together (``CatalogLoader``).
    func statement(
        _ filter: ProductFilter, search: SearchPlan? = nil, after cursor: ProductCursor?, limit: Int
    ) -> PostgresQuery {
        let key = Self.position(filter.sort)
        let columns: PostgresQuery = "SELECT p.summary, p.id, p.\(Self.key(filter.sort))"
        let rows = Self.rows(limit)
        let (keyset, order, ceiling) = (
            Self.keyset(filter, after: cursor), Self.order(filter.sort), " LIMIT \(literal: rows)" as PostgresQuery
        )
        let page: PostgresQuery
        if let search {
            let found =
                filter.sort == .relevance
                ? ranked(filter, search, after: cursor, rows: rows) : Self.sorted(filter, search, after: cursor, rows: rows)
            page = "\(columns), k.rank FROM (\(found)) k JOIN product p ON p.id = k.id"
        } else if let ids = filter.ids {
            page = """
                \(columns), w.place AS rank FROM unnest(\(ids)) WITH ORDINALITY w (id, place) JOIN product p ON p.id = w.id \
                WHERE p.status = 'active'\(Self.within(filter.category))\(Self.conditions(filter))
                """
        } else if filter.category != nil || Self.seeksMatches(filter) || Self.walkedRanges(filter).count > 1 {
            let ids = Self.merged(filter) { Self.ids(filter, $0, keyset: keyset, rows: rows) }
            page = """
                \(columns), 0::bigint AS rank FROM (SELECT p.id FROM (\(ids)) p\(order)\(ceiling)) k JOIN product p ON p.id = k.id
                """
        } else {
            var statement: PostgresQuery = """
                SELECT p.summary, p.\(key) FROM product p WHERE p.status = 'active'\(Self.conditions(filter))\(keyset)\(order)\(ceiling)
                """
            statement.usesCustomPlan = filter.isSelective
            return statement
        }
        var statement: PostgresQuery = """
            SELECT p.summary, p.\(key) FROM (\(page)) p\(filter.ids == nil ? order : " ORDER BY p.rank")
            """
        // A rare word or a narrow range needs another plan than a frequent word or a wide range.
        statement.usesCustomPlan = filter.isSelective
        return statement
    }

    /// Whether it is unknown before a walk how far it would go until a page is full.
    private static func seeksMatches(_ filter: ProductFilter) -> Bool {
        if !filter.facets.isEmpty { return true }
        // Few products of a category are sold out.
        if filter.category != nil, filter.inStock == false { return true }
        return !filter.sort.isByPrice && (filter.minimumPrice != nil || filter.maximumPrice != nil)
    }

    /// The ranges of prices that are read one by one: those of a list by price, as the index goes by the least price. In any other order,
    /// and for a range that is one anyway, there is a single one, which is nil.
    private static func walkedRanges(_ filter: ProductFilter) -> [PostgresQuery?] {
        let ranges = filter.sort.isByPrice ? ranges(filter) : []
        return ranges.count > 1 ? ranges.map { $0 } : [nil]
    }

    /// The first rows of each range.
    /// - Parameter body: a range, and whether few products may be in it: those whose prices span the lower bound
    private static func merged(
        _ filter: ProductFilter, _ body: ((condition: PostgresQuery?, isSpan: Bool)) -> PostgresQuery
    ) -> PostgresQuery {
        let ranges = walkedRanges(filter)
        guard ranges.count > 1 else { return body((nil, false)) }
        var query: PostgresQuery = ""
        for (index, range) in ranges.enumerated() {
            let part = body((range, index > 0))
            query.append(index == 0 ? "(\(part))" : " UNION ALL (\(part))")
        }
        return query
    }

    /// The ids and sorted values of the first rows of a range.
    private static func ids(
        _ filter: ProductFilter, _ range: (condition: PostgresQuery?, isSpan: Bool), keyset: PostgresQuery, rows: Int
    ) -> PostgresQuery {
        if seeksMatches(filter) || range.isSpan { return sought(filter, range: range, keyset: keyset, rows: rows) }
        let (key, order) = (key(filter.sort), order(filter.sort))
        guard let category = filter.category else {
            return """
                SELECT p.id, p.\(key) FROM product p WHERE p.status = 'active'\(conditions(filter, range: range.condition))\(keyset)\
                \(order) LIMIT \(literal: rows)
                """
        }
        // One walk along the index for each category of the subtree, which reads ids and sorted values only, as both stand in
        // the index; then the first ones of all walks.
        return """
            SELECT p.id, p.\(key) FROM (\(subtree(of: category))) t CROSS JOIN LATERAL (SELECT p.id, p.\(key) FROM product p \
            WHERE p.status = 'active' AND p.category_id = t.id\(conditions(filter, range: range.condition))\(keyset)\(order) \
            LIMIT \(literal: rows)) p\(order) LIMIT \(literal: rows)
            """
    }

    /// The first rows of a list that may have few products.
    ///
    /// PostgreSQL cannot tell how rare a facet is. If it is frequent, a short walk in the sort's order finds enough. If it is
    /// rare, the walk fails, but the matches are few, and they are found first and then sorted. Either way alone reads all of a large
    /// catalogue for some facets. Between the two, a walk that has found some goes on for a while: there may be too many to find all.
    private static func sought(
        _ filter: ProductFilter, range: (condition: PostgresQuery?, isSpan: Bool), keyset: PostgresQuery, rows: Int
    ) -> PostgresQuery {
        let (order, key) = (order(filter.sort), key(filter.sort))
        // All of them, as the first in order may be the last that is found. Where their stock may have to be looked up, as many as time allows.
        // OFFSET keeps PostgreSQL from walking along the order of the list, which is what has just failed.
        let bound: PostgresQuery = filter.inStock == nil ? "OFFSET 0" : "LIMIT \(literal: maximumMatches)"
        let found: PostgresQuery = """
            SELECT p.id, p.\(key) FROM (SELECT p.id, p.\(key) FROM (\(matches(filter, range: range))) p \(bound)) p \
            WHERE true\(keyset)\(order)
            """
        // Stock is looked up for as many of them as the page needs, in order: OFFSET keeps PostgreSQL from looking it up for all.
        let sorted: PostgresQuery =
            filter.inStock == nil
            ? "\(found) LIMIT \(literal: rows)"
            : "SELECT p.id, p.\(key) FROM (\(found) OFFSET 0) p WHERE true\(inStock(filter, hasVariants: false))\(order) LIMIT \(literal: rows)"
        // Where the walk begins: conditions that the index ends at, as others could let it go on for any length.
        var start: PostgresQuery = range.condition.map { " AND \($0)" } ?? (filter.sort.isByPrice ? inPriceRange(filter) : "")
        if range.isSpan, let low = filter.minimumPrice { start = " AND p.price_min < \(low)" }
        // IS TRUE: as a join with the categories, it would be evaluated for the whole walk before the first row is out.
        let category: PostgresQuery = filter.category.map { " AND (p.category_id IN (\(subtree(of: $0)))) IS TRUE" } ?? ""
        func walk(_ length: Int, if condition: PostgresQuery) -> PostgresQuery {
            """
            SELECT p.id, p.\(key) FROM (SELECT p.id, p.status, p.name, p.created_at, p.price_min, \
            p.price_max, p.category_id, p.currency, p.facets, p.attributes, p.variants FROM product p \
            WHERE p.status = 'active'\(priced(filter))\(start)\(keyset)\(order) LIMIT \(literal: length)) p \
            WHERE \(condition)p.status = 'active'\(category)\(conditions(filter, range: range.condition))\(order) LIMIT \(literal: rows)
            """
        }
        let walked: PostgresQuery = "(SELECT count(*) FROM walked)"
        let far: PostgresQuery = "(SELECT count(*) FROM far)"
        return """
            WITH walked AS MATERIALIZED (\(walk(longestWalk, if: ""))), \
            far AS MATERIALIZED (\(walk(longestWalk * 10, if: "\(walked) >= 3 AND \(walked) < \(literal: rows) AND "))) \
            SELECT id, \(key) FROM walked WHERE \(walked) = \(literal: rows) UNION ALL \
            SELECT id, \(key) FROM far WHERE \(far) = \(literal: rows) UNION ALL \
            SELECT id, \(key) FROM (\(sorted)) p WHERE \(walked) < \(literal: rows) AND \(far) < \(literal: rows)
            """
    }

    /// The products that pass a filter, whatever their stock, by their indexes.
    private static func matches(_ filter: ProductFilter, range: (condition: PostgresQuery?, isSpan: Bool)) -> PostgresQuery {
        let key = key(filter.sort)
        func matches(_ range: PostgresQuery?) -> PostgresQuery {
            """
            SELECT p.id, p.\(key) FROM product p WHERE p.status = 'active'\(within(filter.category))\
            \(conditions(filter, range: range, checksStock: false))
            """
        }
        guard let category = filter.category, filter.facets.isEmpty, !range.isSpan else { return matches(range.condition) }
        let ranges = range.condition == nil ? Self.ranges(filter) : []
        // Category by category, as each has a range of the index. The planner does not know how many categories there are; OFFSET 0
        // keeps it from joining them.
        let categories: PostgresQuery = """
            SELECT p.id, p.\(key) FROM (\(subtree(of: category))) t CROSS JOIN LATERAL (SELECT p.id, p.\(key) FROM product p \
            WHERE p.status = 'active' AND p.category_id = t.id\
            \(conditions(filter, range: range.condition ?? ranges.first, checksStock: false)) OFFSET 0) p
            """
        // The products whose prices span the lower bound are few, and are found in all categories.
        return ranges.count > 1 ? "\(categories) UNION ALL \(matches(ranges[1]))" : categories
    }

    /// How many rows are read for a page: one more than it shows, rounded up to a few sizes, as each number makes a statement of its own.
    private static func rows(_ limit: Int) -> Int {
        let steps = [5, 10, 20, 50]
        return (steps.first { limit <= $0 } ?? max(limit, 100)) + 1
    }

    /// The condition that a product is in a category or below it.
    static func within(_ category: String?) -> PostgresQuery {
        category.map { " AND p.category_id IN (\(subtree(of: $0)))" } ?? ""
    }

    /// The column that a list is sorted by.
    private static func key(_ sort: ProductSort) -> PostgresQuery {
        switch sort {
        case .newest, .relevance: "created_at"
        case .priceAscending, .priceDescending: "price_min"
        case .name: "name"
        }
    }

    /// The ids of a category and all categories below it, by its slug or one that it had before. Paths below `a` lie between `a/` and
    /// `a0`, the character after `/`.
    private static func subtree(of slug: String) -> PostgresQuery {
        """
        SELECT c.id FROM category r JOIN category c ON c.path = r.path OR \
        (c.path > r.path || '/' AND c.path < r.path || '0') WHERE r.id = (SELECT coalesce((SELECT x.id FROM category x \
        WHERE x.slug = \(slug)), (SELECT x.category_id FROM category_slug x WHERE x.slug = \(slug))))
        """
    }

    /// - Parameter range: one of the ranges of prices that the list is read in; nil: all of them
    static func conditions(
        _ filter: ProductFilter, range: PostgresQuery? = nil, checksStock: Bool = true
    ) -> PostgresQuery {
        var query: PostgresQuery = ""
        query.append(priced(filter))
        if let ids = filter.ids { query.append(" AND p.id = ANY(\(ids))") }
        query.append(faceted(filter.facets))
        if range == nil { query.append(inPriceRange(filter)) }
        query.append(range.map { " AND \($0)" } ?? "")
        if checksStock { query.append(inStock(filter)) }
        return query
    }

    /// The condition that a product has the filter's currency. Only the index for the order by price has it; in any other order a
    /// currency without products would be sought in the whole catalogue. So a second condition, evaluated once for the statement,
    /// tells whether any product has it. Its ORDER BY is that of the index: without it PostgreSQL may read the table.
    static func priced(_ filter: ProductFilter) -> PostgresQuery {
        guard let currency = filter.currency else { return "" }
        if filter.sort.isByPrice { return " AND p.currency = \(currency)" }
        return """
             AND p.currency = \(currency) \
            AND (SELECT x.currency FROM product x WHERE x.status = 'active' AND x.currency >= \(currency) \
            ORDER BY x.currency, x.price_min, x.id LIMIT 1) = \(currency)
            """
    }

    static func keyset(_ filter: ProductFilter, after cursor: ProductCursor?) -> PostgresQuery {
        guard let cursor else { return "" }
        let id = cursor.id
        return switch (filter.sort, cursor.position) {
        case (.newest, .time(let time)): " AND (p.created_at, p.id) < (\(time), \(id))"
        case (.priceAscending, .price(let price)): " AND (p.price_min, p.id) > (\(price), \(id))"
        case (.priceDescending, .price(let price)): " AND (p.price_min, p.id) < (\(price), \(id))"
        case (.name, .name(let name)): " AND (p.name, p.id) > (\(name), \(id))"
        case (.relevance, .rank(let position)): " AND (p.rank, p.id) < (\(position), \(id))"
        // This cannot happen, as a cursor is bound to its list. It finds nothing.
        default: " AND false"
        }
    }

    static func order(_ sort: ProductSort) -> PostgresQuery {
        switch sort {
        case .newest: " ORDER BY p.created_at DESC, p.id DESC"
        case .priceAscending: " ORDER BY p.price_min, p.id"
        case .priceDescending: " ORDER BY p.price_min DESC, p.id DESC"
        case .name: " ORDER BY p.name, p.id"
        case .relevance: " ORDER BY p.rank DESC, p.id DESC"
        }
    }

    // MARK: Columns

    /// The column of the place in the order, which a cursor holds.
    private static func position(_ sort: ProductSort) -> PostgresQuery { sort == .relevance ? "rank" : key(sort) }

    /// The types of a page's two columns: the summary, and the place in the order.
    fileprivate static func types(_ sort: ProductSort) -> [any PostgresEncodable.Type] {
        switch sort {
        case .newest: [[UInt8].self, Timestamp.self]
        case .priceAscending, .priceDescending, .relevance: [[UInt8].self, Int64.self]
        case .name: [[UInt8].self, String.self]
        }
    }

    fileprivate static func position(
        _ sort: ProductSort, _ fields: PostgresFields, _ row: Int
    ) throws -> ProductCursor.Position {
        switch sort {
        case .newest: .time(try fields.timestamp(row, 1))
        case .priceAscending, .priceDescending: .price(try fields.bigint(row, 1))
        case .name: .name(String(decoding: try fields.text(row, 1), as: UTF8.self))
        case .relevance: .rank(try fields.bigint(row, 1))
        }
    }
}

extension PostgresFields {
    /// What is shown of a row's product.
    /// - Throws: ``PostgresError`` `decoding` where the row has none, or one in another format.
    fileprivate func summary(_ row: Int) throws(PostgresError) -> ProductSummary {
        guard let bytes = bytes(row, 0), let summary = ProductSummary(bytes) else {
            throw PostgresError(.decoding, "a product has no summary in format \(ProductSummary.format)", column: "summary")
        }
        return summary
    }
}
