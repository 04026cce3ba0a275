import Formats

/// A step in an order's history.
package struct OrderEvent: Equatable, Sendable {
    package let status: OrderStatus
    package let at: Timestamp
    package let reason: String?
}
