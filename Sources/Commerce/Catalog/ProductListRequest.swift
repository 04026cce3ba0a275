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

    /// - Throws: `Problem` (400) for a parameter with a value it cannot have.
    init(_ query: QueryParameters) throws(Problem) {
        let filter = try ProductFilter(query)
        page = try PageRequest(query)
        let canonical = filter.canonical
        binding = CursorFilter(["products", canonical])
        cursor = try page.place(for: binding).map { cursor throws(Problem) in
            guard let place = ProductCursor(cursor, sort: filter.sort) else { throw Problem(.invalidCursor) }
            return place
        }
        self.filter = filter
        key = "l:\(page.limit):\(page.includesTotal ? 1 : 0):\(page.cursor ?? ""):\(canonical)"
    }

    /// The Link field's value for the page after this one (RFC 8288).
    func link(to next: String) -> String {
        // All of it is written by this service and needs no encoding.
        "</v1/products?\(filter.query)&limit=\(page.limit)\(page.includesTotal ? "&include=total" : "")&cursor=\(next)>; rel=\"next\""
    }
}
