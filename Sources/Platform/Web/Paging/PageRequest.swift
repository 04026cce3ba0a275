import Formats

/// Page size and position of a list, and whether to include the total.
package struct PageRequest: Sendable, Equatable {
    package static let defaultLimit = 20
    package static let largestLimit = 100

    /// The number of rows, 1–100.
    package let limit: Int
    /// The cursor from the request; nil for the first page.
    package let cursor: String?
    /// Whether to include the number of all rows (`include=total`).
    package let includesTotal: Bool

    package init(limit: Int = defaultLimit, cursor: String? = nil, includesTotal: Bool = false) {
        self.limit = limit
        self.cursor = cursor
        self.includesTotal = includesTotal
    }

    /// Reads `limit`, `cursor` and `include`; of repeated parameters the first counts.
    /// - Throws: 400 for a limit that is not a number of 1–100.
    package init(_ query: QueryParameters) throws(Problem) {
        var limit = PageRequest.defaultLimit
        if let text = query.first("limit") {
            // Digits only: Int also reads a sign.
            guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(text),
                (1...PageRequest.largestLimit).contains(number)
            else { throw .parameter("limit", "must be a number from 1 to \(PageRequest.largestLimit)") }
            limit = number
        }
        let includes = query.first("include")?.split(separator: ",") ?? []
        // A form sends an empty cursor for the first page.
        let cursor = query.first("cursor").flatMap { $0.isEmpty ? nil : $0 }
        self.init(limit: limit, cursor: cursor, includesTotal: includes.contains("total"))
    }

    /// The position after which the page begins; nil for the first page.
    /// - Throws: 400 for a cursor that was changed or belongs to another filter.
    package func place(for filter: CursorFilter) throws(Problem) -> Cursor? {
        guard let cursor else { return nil }
        guard let place = Cursor(cursor, for: filter) else {
            throw Problem(.invalidCursor, errors: [InputError(.parameter("cursor"), "does not belong to this list")])
        }
        return place
    }
}
