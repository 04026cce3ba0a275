import Formats
import FoundationEssentials
import PostgresClient

/// How a request names an order.
package enum OrderReference: Sendable {
    case id(UUID)
    case number(String)

    /// Nil for what can be neither an id nor a number.
    package init?(_ text: String) {
        if let id = UUID(utf8: text.utf8) {
            self = .id(id)
        } else if let number = OrderNumber.parse(text) {
            self = .number(number)
        } else {
            return nil
        }
    }

    /// The condition on `orders o`.
    var condition: PostgresQuery {
        switch self {
        case .id(let id): "o.id = \(id)"
        case .number(let number): "o.number = \(number)"
        }
    }
}
