import Formats
import FoundationEssentials
import PostgresClient
import Web

/// The query of a request for suggestions, read and checked.
struct SuggestionRequest {
    /// The beginning of a search; empty: there is nothing to suggest.
    let search: String
    /// The key in the cache: that of a list, since there are as many as people type.
    let key: String

    /// - Throws: `Problem` (400) where the search is too long.
    init(_ query: QueryParameters) throws(Problem) {
        let search = (query.first("q") ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
        guard search.unicodeScalars.count <= ProductFilter.maximumSearch else {
            let fault = InputError(.parameter("q"), "must have at most \(ProductFilter.maximumSearch) characters")
            throw Problem(.invalidParameter, errors: [fault])
        }
        self.search = search
        key = "l:suggestions:" + search.asExactKey
    }
}

/// What the shop has for the beginning of a search.
struct SearchSuggestions: Equatable {
    struct Product: Equatable {
        let id: UUID
        let slug: String
        let name: String
        /// JSON; nil where it has none.
        let image: [UInt8]?
    }
    struct Category: Equatable {
        let slug: String
        let name: String
    }

    var products: [Product] = []
    var brands: [String] = []
    var categories: [Category] = []

    func json() -> [UInt8] {
        var json = JSONWriter(capacity: 256 + products.count * 200)
        json.beginObject()
        json.key("products")
        json.beginArray()
        for product in products {
            json.beginObject()
            json.field("id", product.id)
            json.field("slug", product.slug)
            json.field("name", product.name)
            if let image = product.image { image.withUnsafeBufferPointer { json.field("image", jsonb: $0) } }
            json.endObject()
        }
        json.endArray()
        json.key("brands")
        json.beginArray()
        for brand in brands {
            json.beginObject()
            json.field("value", brand)
            json.endObject()
        }
        json.endArray()
        json.key("categories")
        json.beginArray()
        for category in categories {
            json.beginObject()
            json.field("slug", category.slug)
            json.field("name", category.name)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.finish()
    }
}

extension CatalogStore {
    /// At most this many of each kind.
    private static let maximumSuggestions = 10
    /// How many products it chooses from.
    private static let maximumChoice = 200
    /// How many of the best sold and of the newest products it looks through for words that very many names have.
    private static let maximumWalk = 1_000

    /// The products whose names have the words, the last one as a beginning; brands and categories likewise.
    func suggestions(_ search: String) async throws -> SearchSuggestions {
        var found = SearchSuggestions()
        let beginning = try await readRequested("SELECT words, query, is_common FROM search_beginning(\(search))").first
        guard let beginning, let query = try beginning[1, as: String?.self] else { return found }
        let words: String = try beginning[0]
        let products = try await readRequested(Self.suggested(words, query, isCommon: try beginning[2]))
        for row in products {
            found.products.append(
                SearchSuggestions.Product(
                    id: try row[0], slug: try row[1], name: try row[2], image: try row[3, as: String?.self].map { Array($0.utf8) }
                ))
        }
        // Cleaned words have no signs of LIKE.
        var isNamed: PostgresQuery = "' ' || key LIKE \("% " + words + "%")"
        if let other = Self.withOrWithoutArticle(words) { isNamed.append(" OR ' ' || key LIKE \("% " + other + "%")") }
        let terms = try await readRequested(
            """
            SELECT kind, name, slug FROM (SELECT kind, name, slug, row_number() OVER (PARTITION BY kind \
            ORDER BY key LIKE \(words + "%") DESC, products DESC, name, slug) AS place FROM search_term \
            WHERE \(isNamed)) t WHERE place <= \(literal: Self.maximumSuggestions) ORDER BY kind, place
            """)
        for row in terms {
            let (kind, name, slug): (String, String, String) = (try row[0], try row[1], try row[2])
            if kind == "brand" { found.brands.append(name) } else { found.categories.append(.init(slug: slug, name: name)) }
        }
        return found
    }

    /// Arabic words that begin with the article without it, others with it; nil for other words.
    static func withOrWithoutArticle(_ words: String) -> String? {
        guard let first = words.unicodeScalars.first, ("\u{621}"..."\u{6D3}").contains(first) else { return nil }
        let article: [Unicode.Scalar] = ["\u{627}", "\u{644}"]
        guard words.unicodeScalars.starts(with: article) else { return "\u{627}\u{644}" + words }
        let rest = words.unicodeScalars.dropFirst(2)
        return rest.count < 2 ? nil : String(rest)
    }

    private static func suggested(_ words: String, _ query: String, isCommon: Bool) -> PostgresQuery {
        var matched: PostgresQuery = """
            SELECT x.product_id AS id FROM search_product x WHERE x.name @@ (SELECT q FROM query)
            """
        if isCommon {
            matched = """
                SELECT x.product_id AS id FROM (SELECT product_id FROM product_sales ORDER BY sold DESC, product_id DESC \
                LIMIT \(literal: maximumWalk)) l JOIN search_product x USING (product_id) WHERE x.name @@ (SELECT q FROM query) \
                UNION ALL SELECT x.product_id FROM (SELECT * FROM search_product ORDER BY created_at DESC, product_id DESC \
                LIMIT \(literal: maximumWalk)) x WHERE x.name @@ (SELECT q FROM query)
                """
        }
        return """
            WITH query AS MATERIALIZED (SELECT \(query)::tsquery AS q), matched AS MATERIALIZED (\(matched)), \
            candidate AS (SELECT id, max(place) AS place FROM ((SELECT id, 0 AS place FROM matched LIMIT \(literal: maximumChoice)) \
            UNION ALL (SELECT product_id, 1 FROM search_product WHERE name_key >= \(words) AND name_key < \(words + "\u{10FFFF}") \
            ORDER BY name_key, product_id LIMIT \(literal: maximumChoice))) c GROUP BY id) \
            SELECT p.id, p.slug, p.name, (p.images -> 0)::text FROM candidate c JOIN product p ON p.id = c.id \
            LEFT JOIN product_sales l ON l.product_id = c.id WHERE p.status = 'active' \
            ORDER BY c.place DESC, coalesce(l.sold, 0) DESC, char_length(p.name), p.id LIMIT \(literal: maximumSuggestions)
            """
    }
}
