import Formats
import FoundationEssentials
import Web

/// Where a page of a list ends: the sorted value and the id of its last product.
package struct ProductCursor: Equatable, Sendable {
    /// The value that the list is sorted by.
    package enum Position: Equatable, Sendable {
        case time(Timestamp)
        case price(Int64)
        case name(String)
        case rank(Int64)
    }

    package let position: Position
    package let id: UUID

    package init(position: Position, id: UUID) {
        self.position = position
        self.id = id
    }

    /// The cursor of a client; nil where it does not fit the list.
    init?(_ cursor: Cursor, sort: ProductSort) {
        guard cursor.fields.count == 2, case .uuid(let id) = cursor.fields[1] else { return nil }
        switch (sort, cursor.fields[0]) {
        // Only values that a product can have: PostgreSQL has no other times, and no text with U+0000.
        case (.newest, .time(let time)) where (Timestamp.earliest...Timestamp.latest).contains(time): position = .time(time)
        case (.priceAscending, .integer(let price)) where price >= 0, (.priceDescending, .integer(let price)) where price >= 0:
            position = .price(price)
        case (.name, .text(let name)) where !name.utf8.contains(0): position = .name(name)
        case (.relevance, .integer(let rank)) where rank >= 0: position = .rank(rank)
        default: return nil
        }
        self.id = id
    }

    /// The cursor for the client.
    func text(for filter: CursorFilter) -> String {
        let field: CursorField =
            switch position {
            case .time(let time): .time(time)
            case .price(let price): .integer(price)
            case .name(let name): .text(name)
            case .rank(let rank): .integer(rank)
            }
        return Cursor([field, .uuid(id)]).text(for: filter)
    }
}
