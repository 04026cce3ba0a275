import Formats
import Money
import Web

/// Which products a list shows and in which order: the query's parameters, read and checked.
package struct ProductFilter: Hashable, Sendable {
    package var search: String?
    /// A category's slug; those below it count too.
    package var category: String?
    /// Minor units of ``currency``, inclusive.
    package var minimumPrice: Int64?
    package var maximumPrice: Int64?
    /// The currency of all products on the list; nil: any. Where prices are compared it is there, since amounts of different
    /// currencies say nothing about each other.
    package var currency: String?
    package var inStock: Bool?
    package var sort: ProductSort

    /// How long a search may be, in characters.
    static let maximumSearch = 200

    /// - Parameter storeCurrency: what prices are compared in where the query names no currency
    /// - Throws: `Problem` (400) that names each parameter with a value it cannot have.
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

    /// What ``search`` means; nil where there is none.
    var terms: SearchTerms? { search.map { SearchTerms($0) } }

    /// Whether it lets nothing through, whatever there is.
    var isEmpty: Bool { terms.map { $0.text == nil } ?? false }

    /// The same text for the same filter: part of cache keys, and what cursors are bound to. Lengths stand
    /// before what a caller wrote, so that no two filters share a text.
    package var canonical: String { sort.rawValue + conditions }

    /// The same for filters that let the same through, in whatever order.
    var conditions: String {
        var text = ""
        if let search { text += "&q\(search.utf8.count)=\(search.asExactKey)" }
        if let category { text += "&c\(category.utf8.count)=\(category.asExactKey)" }
        if let minimumPrice { text += "&min=\(minimumPrice)" }
        if let maximumPrice { text += "&max=\(maximumPrice)" }
        if let currency { text += "&cur=\(currency)" }
        if let inStock { text += "&stock=\(inStock)" }
        return text
    }

    /// Whether how much it lets through depends on its values.
    var isSelective: Bool {
        // A list by price goes along an index of its currency, whichever that is.
        search != nil || minimumPrice != nil || maximumPrice != nil || inStock != nil || (currency != nil && !sort.isByPrice)
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
        return text
    }
}

/// The orders a list of products can have; ties go by id.
package enum ProductSort: String, CaseIterable, Sendable {
    case newest
    case priceAscending = "price"
    case priceDescending = "-price"
    case name
    /// Best match first; only with a search.
    case relevance

    var isByPrice: Bool { self == .priceAscending || self == .priceDescending }
}
