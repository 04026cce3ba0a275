import FoundationEssentials
import Formats

/// One value of a place in a sorted list.
package enum CursorField: Sendable, Hashable {
    case integer(Int64)
    case text(String)
    case uuid(UUID)
    case time(Timestamp)
    case null
}
