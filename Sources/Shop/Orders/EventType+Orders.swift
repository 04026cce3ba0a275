import Events

extension EventType {
    package static let orderPlaced = EventType(
        "order.placed", aggregate: "order", schema: "Order", "An order is placed. Its stock is reserved and its payment is open.")
    package static let orderExpired = EventType(
        "order.expired", aggregate: "order", schema: "Order",
        "An order was not paid in time. Its stock is available to others again.")
    package static let orderCancelled = EventType(
        "order.cancelled", aggregate: "order", schema: "Order",
        "An order is cancelled. Its stock is available to others again.")

    /// The events about orders.
    package static let orders = [orderPlaced, orderExpired, orderCancelled]

    /// The event of an order that has ended without payment; nil for another status.
    static func closing(as status: OrderStatus) -> EventType? {
        switch status {
        case .expired: orderExpired
        case .cancelled: orderCancelled
        default: nil
        }
    }
}
