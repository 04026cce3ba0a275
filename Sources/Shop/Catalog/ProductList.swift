import Formats
import FoundationEssentials
import Money
import Web

/// How many products a filter lets through, counted up to a limit.
struct ProductTotal: Equatable {
    /// Counting ends here, since its cost for PostgreSQL would grow with the shop.
    static let maximum: Int64 = 10_000

    /// At most ``maximum``.
    let number: Int64
    /// False: there are more products.
    let isExact: Bool

    /// - Parameter counted: the count, up to one more than ``maximum``; or what ``atLeast(_:)`` returns
    init(counted: Int64) {
        let isComplete = counted >= 0
        number = min(isComplete ? counted : -(counted + 1), Self.maximum)
        isExact = isComplete && counted <= Self.maximum
    }

    /// So many were counted, and others were not looked at.
    static func atLeast(_ counted: Int64) -> Int64 { -1 - counted }
}

/// A page of products as its JSON.
struct ProductList {
    /// The variants of the page's products, product by product.
    let variants: [UUID]
    /// How many pieces of each of them can be bought.
    let available: [Int]
    /// The cursor of the next page.
    let next: String?
    /// The Link field with that cursor.
    let link: String?
    let total: ProductTotal?
    /// The search with its words spelled right; nil if it was not corrected.
    var correctedQuery: String?
    /// The path of the page that the search leads to.
    var redirect: String?
    /// The counts of its facets, as members of its JSON.
    var facets: [UInt8]?

    /// The document with placeholders for the stock, and the stock as it was read.
    /// - Parameters:
    ///   - count: how many products the page has
    ///   - products: calls its argument with each product in order
    func loaded(
        _ count: Int = 0, _ products: ((ProductSummary) -> Void) throws -> Void
    ) rethrows -> CatalogCache.Loaded {
        var json = JSONWriter(capacity: 256 + count * 640)
        json.beginObject()
        json.key("data")
        json.beginArray()
        var first = 0
        try products { product in
            product.write(to: &json, firstVariant: first)
            first += product.variantCount
        }
        json.endArray()
        json.field("next_cursor", next)
        if let total {
            json.field("total", total.number)
            json.field("total_relation", total.isExact ? "eq" : "gte")
        }
        if let correctedQuery { json.field("corrected_query", correctedQuery) }
        if let redirect { json.field("redirect", redirect) }
        if let facets { json.raw(facets) }
        json.endObject()
        return (StockTemplate(variants: variants, template: json.finish(), link: link), available)
    }
}

/// The query of a request for a list, read and checked.
final class ProductListRequest {
    let filter: ProductFilter
    let page: PageRequest
    let facets: FacetRequest
    let cursor: ProductCursor?
    /// The filter that its cursors are bound to.
    let binding: CursorFilter
    /// The key in the cache: the same for requests that mean the same, however they write it.
    let key: String

    /// - Parameters:
    ///   - storeCurrency: the currency of prices in a query that names none
    ///   - key: signs its cursors
    /// - Throws: `Problem` (400) for a parameter with an invalid value.
    init(_ query: QueryParameters, storeCurrency: CurrencyCode, key: AuthenticationKey) throws(Problem) {
        let filter = try ProductFilter(query, storeCurrency: storeCurrency)
        page = try PageRequest(query)
        var faults: [InputError] = []
        facets = FacetRequest(query) { faults.append(InputError(.parameter("facets"), $0)) }
        guard faults.isEmpty else { throw Problem(.invalidParameter, errors: faults) }
        let canonical = filter.canonical
        binding = CursorFilter(["products", canonical], key: key)
        cursor = try page.place(for: binding).map { cursor throws(Problem) in
            guard let place = ProductCursor(cursor, sort: filter.sort) else { throw Problem(.invalidCursor) }
            return place
        }
        self.filter = filter
        self.key = "l:\(page.limit):\(page.includesTotal ? 1 : 0):\(page.cursor ?? ""):\(facets.query):\(canonical)"
    }

    /// How many plain requests a request counts as under the rate limit. A search costs PostgreSQL several times as much as a list, and
    /// a total more than that, and counts of facets as much as two totals. Products that are sold out have no index: where there are few, all products are read for them. The cost
    /// is read from the query as it was sent, since the rate limit comes before all else.
    static func cost(_ query: ArraySlice<UInt8>?) -> Int {
        guard let query else { return 1 }
        var (searches, totals, soldOut, counts) = (false, false, false, false)
        for parameter in query.split(separator: UInt8(ascii: "&")) {
            let end = parameter.firstIndex(of: UInt8(ascii: "=")) ?? parameter.endIndex
            let name = parameter[..<end]
            // A name that is percent-encoded may be any name.
            let isEncoded = name.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
            if isEncoded || isFacet(name) || name.elementsEqual("q".utf8) { searches = true }
            if isEncoded || name.elementsEqual("include".utf8) { totals = true }
            if isEncoded || name.elementsEqual("facets".utf8) { counts = true }
            if isEncoded || (name.elementsEqual("in_stock".utf8) && !parameter[end...].elementsEqual("=true".utf8)) {
                soldOut = true
            }
        }
        return 1 + (searches ? 4 : 0) + (totals ? 9 : 0) + (soldOut ? 9 : 0) + (counts ? 19 : 0)
    }

    /// Whether a parameter filters by a brand, a tag, an option or an attribute, which costs as much as a search.
    private static func isFacet(_ name: ArraySlice<UInt8>) -> Bool {
        name.elementsEqual("brand".utf8) || name.elementsEqual("tag".utf8) || name.starts(with: "option.".utf8)
            || name.starts(with: "attr.".utf8)
    }

    /// The value of the Link field for the page after this one (RFC 8288).
    func link(to next: String) -> String {
        // Every part is written by this service and needs no encoding.
        let counts = (page.includesTotal ? "&include=total" : "") + (facets.isEmpty ? "" : "&facets=" + facets.query)
        return "</v1/products?\(filter.query)&limit=\(page.limit)\(counts)&cursor=\(next)>; rel=\"next\""
    }
}

/// Remembers parsed queries: most requests for lists have one of a few queries, and parsing one costs more than finding its response.
/// Confined to its loop.
final class ProductListRequestMemory {
    private var requests = S3FIFOCache<ProductListRequest>(budget: 1 << 18)

    private let storeCurrency: CurrencyCode
    private let key: AuthenticationKey

    /// - Parameters:
    ///   - storeCurrency: the currency of prices in a query that names none
    ///   - key: signs cursors
    init(storeCurrency: CurrencyCode, key: AuthenticationKey) {
        self.storeCurrency = storeCurrency
        self.key = key
    }

    /// The request's query, parsed.
    /// - Throws: `Problem` (400) for a parameter with an invalid value; that is not remembered.
    func request(_ context: RequestContext) throws(Problem) -> ProductListRequest {
        let text = context.request.query.map { String(decoding: $0, as: UTF8.self) } ?? ""
        if let known = requests.value(for: text) { return known }
        let request = try ProductListRequest(context.query, storeCurrency: storeCurrency, key: key)
        requests.insert(request, for: text, cost: text.utf8.count * 3 + 256)
        return request
    }
}
