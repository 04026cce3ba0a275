import FoundationEssentials
import Inventory
import PostgresClient

/// The statements that find products. Each returns ids, the best first, at most ``maximum``.
struct RecommendationStatements {
    /// Products that are not wanted.
    let excluded: [UUID]
    let includesSoldOut: Bool

    /// What a statement returns: the most that a request can want, so that there is one plan for all.
    private static let maximum = RecommendationRequest.maximumLimit
    /// How many products are bought with one most often: only those are compared.
    private static let maximumPairs = 200
    /// The same for each product of a cart.
    private static let maximumPairsInCart = 20
    /// How many candidates a statement ranks.
    private static let maximumRanked = 100
    /// More products with a facet or a word, by PostgreSQL's statistics, make it common: it says little about them, and reading so
    /// many costs much.
    private static let commonness = 2_000
    /// How many facets, and how many words, are looked for.
    private static let maximumFeatures = 8

    /// The condition that `product p` can be shown.
    private var isShown: PostgresQuery {
        let inStock: PostgresQuery = """
             AND EXISTS (SELECT FROM variant v JOIN stock s ON s.variant_id = v.id WHERE v.product_id = p.id AND v.active \
            AND \(StockSQL.isAvailable))
            """
        return "p.status = 'active'\(includesSoldOut ? "" : inStock)"
    }

    // MARK: Sources

    static func product(id: UUID) -> PostgresQuery {
        "SELECT p.id, p.slug FROM product p WHERE p.id = \(id) AND p.status = 'active'"
    }

    /// By its slug, or one that it had before.
    static func product(slug: String) -> PostgresQuery {
        """
        SELECT p.id, p.slug FROM product p WHERE p.status = 'active' AND p.id = coalesce(\
        (SELECT x.id FROM product x WHERE x.slug = \(slug) AND x.status = 'active'), \
        (SELECT x.product_id FROM product_slug x WHERE x.slug = \(slug)))
        """
    }

    static func products(skus: [String]) -> PostgresQuery {
        """
        SELECT v.product_id FROM unnest(\(skus)) WITH ORDINALITY k (sku, place) JOIN variant v ON v.sku = k.sku \
        GROUP BY v.product_id ORDER BY min(k.place)
        """
    }

    // MARK: Bought together

    /// Products that are bought with these more often than chance explains: their lift, P(a, b) / (P(a) P(b)), is above 1.
    /// Where several of the products have one in common, the logarithms of the lifts are added.
    func boughtWith(_ products: [UUID], support: Int) -> PostgresQuery {
        let pairs = products.count == 1 ? Self.maximumPairs : Self.maximumPairsInCart
        return """
            SELECT p.id FROM (SELECT t.other_id, sum(ln(t.lift)) AS score FROM (SELECT q.other_id, \
            q.orders::float8 * n.orders / (a.orders::float8 * b.orders) AS lift FROM unnest(\(products)) k (id) \
            JOIN purchase_count a ON a.product_id = k.id CROSS JOIN purchase_cursor n CROSS JOIN LATERAL (SELECT other_id, orders \
            FROM purchase_pair WHERE product_id = k.id AND orders > 1 AND orders >= \(Int32(clamping: support)) \
            ORDER BY orders DESC, other_id LIMIT \(literal: pairs)) q CROSS JOIN LATERAL (SELECT orders FROM purchase_count \
            WHERE product_id = q.other_id AND orders > 0 OFFSET 0) b WHERE a.orders > 0 AND q.other_id <> ALL(\(excluded))) t \
            WHERE t.lift > 1 GROUP BY t.other_id ORDER BY score DESC, t.other_id LIMIT \(literal: Self.maximumRanked)) t \
            JOIN product p ON p.id = t.other_id WHERE \(isShown) ORDER BY t.score DESC, t.other_id LIMIT \(literal: Self.maximum)
            """
    }

    // MARK: Related

    /// Products of the same category and currency, next to these in price: first those that share the most facets and tags.
    func inCategory(of products: [UUID]) -> PostgresQuery {
        let neighbours = Self.maximumRanked / 2 / max(1, min(products.count, 4))
        let columns: PostgresQuery = "SELECT p.id, p.price, p.facets, p.tags FROM product p WHERE"
        let condition: PostgresQuery = """
            p.status = 'active' AND p.category_id = o.category_id AND p.currency = o.currency
            """
        return """
            SELECT p.id FROM (SELECT r.id, min(abs(r.price - o.price)) AS distance, max(\(Self.common("r.facets", "o.facets")) \
            + \(Self.common("r.tags", "o.tags"))) AS shared FROM unnest(\(products)) k (id) JOIN product o ON o.id = k.id \
            CROSS JOIN LATERAL ((\(columns) \(condition) AND p.price >= o.price \
            ORDER BY p.price, p.id LIMIT \(literal: neighbours)) \
            UNION ALL (\(columns) \(condition) AND p.price < o.price \
            ORDER BY p.price DESC, p.id DESC LIMIT \(literal: neighbours))) r \
            WHERE r.id <> ALL(\(excluded)) GROUP BY r.id) r JOIN product p ON p.id = r.id WHERE \(isShown) \
            ORDER BY r.shared DESC, r.distance, r.id LIMIT \(literal: Self.maximum)
            """
    }

    /// How many elements two arrays have in common.
    private static func common(_ first: PostgresQuery, _ second: PostgresQuery) -> PostgresQuery {
        "(SELECT count(*) FROM unnest(\(first)) e (value) WHERE e.value = ANY(\(second)))"
    }

    /// Two arrays: the facets of some products, and the words of their names, without those that are common.
    static func features(of products: [UUID]) -> PostgresQuery {
        """
        SELECT ARRAY(SELECT DISTINCT f.value FROM product o CROSS JOIN unnest(o.facets) f (value) WHERE o.id = ANY(\(products)) \
        AND f.value <> ALL(\(frequent("facets"))) ORDER BY f.value LIMIT \(literal: maximumFeatures)), \
        ARRAY(SELECT DISTINCT f.lexeme FROM product o CROSS JOIN unnest(ts_filter(o.search, '{a}')) f \
        WHERE o.id = ANY(\(products)) \
        AND f.lexeme <> ALL(\(frequent("search"))) ORDER BY f.lexeme LIMIT \(literal: maximumFeatures))
        """
    }

    /// The elements of a column that many products have, as ANALYZE has counted them.
    private static func frequent(_ column: StaticString) -> PostgresQuery {
        """
        ARRAY(SELECT e.value FROM pg_stats s CROSS JOIN unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) \
        e (value, frequency) WHERE s.schemaname = 'public' AND s.tablename = 'product' AND s.attname = '\(unescaped: column)' \
        AND e.value IS NOT NULL AND e.frequency * (SELECT reltuples FROM pg_class WHERE oid = 'product'::regclass) \
        > \(literal: commonness))
        """
    }

    /// Products that have any of these facets, which are not common: those with most of them first.
    func sharing(facets: [String]) -> PostgresQuery {
        matching("p.facets && \(facets)", by: Self.common("p.facets", "\(facets)"))
    }

    /// Products whose texts have any of some words that are not common.
    func named(like words: String) -> PostgresQuery {
        matching("p.search @@ \(words)::tsquery", by: "ts_rank(p.search, \(words)::tsquery)")
    }

    /// The first products that meet a condition which few products meet, those with the highest rank first.
    private func matching(_ condition: PostgresQuery, by rank: PostgresQuery) -> PostgresQuery {
        // PostgreSQL plans the first part as if all of it were read, so it takes the index; then it reads only what the limit lets
        // through. With the limit inside it may read the table instead, in the hope to find enough matches soon.
        var query: PostgresQuery = """
            WITH m AS MATERIALIZED (SELECT p.id, \(rank) AS rank FROM product p WHERE p.status = 'active' AND \(condition) \
            AND p.id <> ALL(\(excluded))) SELECT p.id FROM (SELECT id, rank FROM m LIMIT \(literal: Self.maximumRanked)) r \
            JOIN product p ON p.id = r.id WHERE \(isShown) ORDER BY r.rank DESC, r.id LIMIT \(literal: Self.maximum)
            """
        query.usesCustomPlan = true
        return query
    }

    // MARK: Popular

    /// Products of which most units were sold lately.
    func popular() -> PostgresQuery {
        """
        SELECT p.id FROM (SELECT product_id, sold FROM product_sales ORDER BY sold DESC, product_id \
        LIMIT \(literal: Self.maximumRanked)) t JOIN product p ON p.id = t.product_id \
        WHERE \(isShown) AND p.id <> ALL(\(excluded)) ORDER BY t.sold DESC, t.product_id LIMIT \(literal: Self.maximum)
        """
    }
}
