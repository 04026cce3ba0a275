import Formats
import FoundationEssentials

/// Where a page of a list ends: the sorted value and the id of its last product.
package struct ProductCursor: Equatable, Sendable {
    /// By what the list is sorted.
    package enum Position: Equatable, Sendable {
        case time(Timestamp)
        case price(Int64)
        case name(String)
        case rank(Int64)
    }

    package let position: Position
    package let id: UUID
}
