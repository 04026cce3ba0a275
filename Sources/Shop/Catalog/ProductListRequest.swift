import Money
import Formats
import Web

/// What a request for a list asks for, read and checked.
final class ProductListRequest {
    let filter: ProductFilter
    let page: PageRequest
    let cursor: ProductCursor?
    /// What its cursors are bound to.
    let binding: CursorFilter
    /// The same for requests that ask for the same, however they write it.
    let key: String

    /// - Parameters:
    ///   - storeCurrency: what prices are compared in where the query names no currency
    ///   - key: signs its cursors
    /// - Throws: `Problem` (400) for a parameter with a value it cannot have.
    init(_ query: QueryParameters, storeCurrency: CurrencyCode, key: AuthenticationKey) throws(Problem) {
        let filter = try ProductFilter(query, storeCurrency: storeCurrency)
        page = try PageRequest(query)
        let canonical = filter.canonical
        binding = CursorFilter(["products", canonical], key: key)
        cursor = try page.place(for: binding).map { cursor throws(Problem) in
            guard let place = ProductCursor(cursor, sort: filter.sort) else { throw Problem(.invalidCursor) }
            return place
        }
        self.filter = filter
        self.key = "l:\(page.limit):\(page.includesTotal ? 1 : 0):\(page.cursor ?? ""):\(canonical)"
    }

    /// What one of these requests counts as under the rate limit: a search costs PostgreSQL several times what a list does, and
    /// a total more than that. What is sold out has no index, and where little is, all products are read for it. Told from the
    /// query as it was sent, since a limit comes before all else.
    static func cost(_ query: ArraySlice<UInt8>?) -> Int {
        guard let query else { return 1 }
        var (searches, totals, soldOut) = (false, false, false)
        for parameter in query.split(separator: UInt8(ascii: "&")) {
            let end = parameter.firstIndex(of: UInt8(ascii: "=")) ?? parameter.endIndex
            let name = parameter[..<end]
            // A name that is written in another way may be any.
            let isEncoded = name.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
            if isEncoded || name.elementsEqual("q".utf8) { searches = true }
            if isEncoded || name.elementsEqual("include".utf8) { totals = true }
            if isEncoded || (name.elementsEqual("in_stock".utf8) && !parameter[end...].elementsEqual("=true".utf8)) {
                soldOut = true
            }
        }
        return 1 + (searches ? 4 : 0) + (totals ? 9 : 0) + (soldOut ? 9 : 0)
    }

    /// The Link field's value for the page after this one (RFC 8288).
    func link(to next: String) -> String {
        // All of it is written by this service and needs no encoding.
        "</v1/products?\(filter.query)&limit=\(page.limit)\(page.includesTotal ? "&include=total" : "")&cursor=\(next)>; rel=\"next\""
    }
}
