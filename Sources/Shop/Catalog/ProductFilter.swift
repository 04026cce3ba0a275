import Formats
import FoundationEssentials
import Money
import Web

/// Which products a list shows, and in which order: the parameters of the query, read and checked.
package struct ProductFilter: Hashable, Sendable {
    package var search: String?
    /// The slug of a category; the categories below it count too.
    package var category: String?
    /// Minor units of ``currency``, inclusive.
    package var minimumPrice: Int64?
    package var maximumPrice: Int64?
    /// The currency of all products on the list; nil: any. A filter or sort by price always has one, since amounts of different
    /// currencies cannot be compared.
    package var currency: String?
    package var inStock: Bool?
    /// Brands, tags, options and attributes.
    package var facets = FacetFilter()
    /// Only these products, in this order; nil: any.
    package var ids: [UUID]?
    package var sort: ProductSort

    /// The maximum length of a search, in characters.
    static let maximumSearch = 200
    /// How many products a list by their ids can have.
    package static let maximumIDs = 100

    /// - Parameter storeCurrency: the currency of prices in a query that names none
    /// - Throws: `Problem` (400) that names each parameter with an invalid value.
    package init(_ query: QueryParameters, storeCurrency: CurrencyCode = .usd) throws(Problem) {
        var faults: [InputError] = []
        func refuse(_ name: String, _ detail: String) { faults.append(InputError(.parameter(name), detail)) }
        func price(_ name: String) -> Int64? {
            guard let text = query.first(name) else { return nil }
            guard let price = Int64(text), price >= 0, !text.hasPrefix("+") else {
                refuse(name, "must be a whole number of minor units, 0 or more")
                return nil
            }
            return price
        }
        if let text = query.first("q") {
            let trimmed = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            if trimmed.unicodeScalars.count > Self.maximumSearch {
                refuse("q", "must have at most \(Self.maximumSearch) characters")
            }
            search = trimmed.isEmpty ? nil : trimmed
        }
        if let slug = query.first("category") {
            if slug.isEmpty || slug.utf8.count > 200 { refuse("category", "must be a category's slug") }
            category = slug
        }
        minimumPrice = price("min_price")
        maximumPrice = price("max_price")
        if let low = minimumPrice, let high = maximumPrice, low > high {
            refuse("max_price", "must not be below min_price")
        }
        switch query.first("in_stock") {
        case nil: inStock = nil
        case "true": inStock = true
        case "false": inStock = false
        default: refuse("in_stock", "must be true or false")
        }
        facets = FacetFilter(query) { refuse($0, $1) }
        ids = nil
        let names = query.all("ids")
        if !names.isEmpty {
            let texts = names.flatMap(FacetFilter.values)
            var known: Set<UUID> = []
            let parsed = texts.compactMap { UUID(utf8: $0.utf8) }
            if texts.isEmpty || parsed.count < texts.count || parsed.count > Self.maximumIDs {
                refuse("ids", "must be 1 to \(Self.maximumIDs) ids of products, separated by commas")
            }
            ids = parsed.filter { known.insert($0).inserted }
            if search != nil { refuse("q", "cannot be combined with ids") }
            if query.first("sort") != nil { refuse("sort", "cannot be combined with ids, which have their own order") }
        }
        sort = search == nil ? .newest : .relevance
        if let name = query.first("sort") {
            if let known = ProductSort(rawValue: name), known != .relevance || search != nil {
                sort = known
            } else if name == ProductSort.relevance.rawValue {
                refuse("sort", "relevance needs a search in q")
            } else {
                refuse("sort", "must be one of: " + ProductSort.allCases.map(\.rawValue).joined(separator: ", "))
            }
        }
        if let code = query.first("currency") {
            currency = CurrencyCode(code)?.code
            if currency == nil { refuse("currency", "must be an ISO 4217 code in upper case, such as USD") }
        } else if comparesPrices {
            currency = storeCurrency.code
        }
        guard faults.isEmpty else { throw Problem(.invalidParameter, errors: faults) }
    }

    private var comparesPrices: Bool { minimumPrice != nil || maximumPrice != nil || sort.isByPrice }

    /// The parsed ``search``; nil where there is none.
    var terms: SearchTerms? { search.map { SearchTerms($0) } }

    /// Whether no product can ever pass it.
    var isEmpty: Bool { terms.map { $0.text == nil } ?? false }

    /// The same text for the same filter. It is part of cache keys, and cursors are bound to it. A length stands before each text of
    /// the client, so that no two filters share a text.
    package var canonical: String { sort.rawValue + conditions }

    /// The same text for filters that let the same products through, whatever their order.
    var conditions: String {
        var text = ""
        if let search { text += "&q\(search.utf8.count)=\(search.asExactKey)" }
        if let category { text += "&c\(category.utf8.count)=\(category.asExactKey)" }
        if let minimumPrice { text += "&min=\(minimumPrice)" }
        if let maximumPrice { text += "&max=\(maximumPrice)" }
        if let currency { text += "&cur=\(currency)" }
        if let inStock { text += "&stock=\(inStock)" }
        if let ids { text += "&ids=" + ids.map(\.text).joined(separator: ",") }
        return text + facets.canonical
    }

    /// Whether the number of products that pass depends on its values.
    var isSelective: Bool {
        // A list by price goes along an index that begins with the currency.
        search != nil || minimumPrice != nil || maximumPrice != nil || inStock != nil || !facets.isEmpty || ids != nil
            || (currency != nil && !sort.isByPrice)
    }

    /// The filter as a query, for links.
    var query: String {
        var text = "sort=\(sort.rawValue)"
        if let search { text += "&q=\(PercentEncoding.encode(search))" }
        if let category { text += "&category=\(PercentEncoding.encode(category))" }
        if let minimumPrice { text += "&min_price=\(minimumPrice)" }
        if let maximumPrice { text += "&max_price=\(maximumPrice)" }
        if let currency { text += "&currency=\(currency)" }
        if let inStock { text += "&in_stock=\(inStock)" }
        if let ids { text += "&ids=" + ids.map(\.text).joined(separator: ",") }
        return text + facets.query
    }
}

/// The orders that a list of products can have; equal products are in order of their ids.
package enum ProductSort: String, CaseIterable, Sendable {
    case newest
    case priceAscending = "price"
    case priceDescending = "-price"
    case name
    /// Best match first; only with a search.
    case relevance

    var isByPrice: Bool { self == .priceAscending || self == .priceDescending }
}
