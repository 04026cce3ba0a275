import Formats
import Web

/// Where an order stands. Payment is an axis of its own.
package enum OrderStatus: String, CaseIterable, Sendable {
    case pendingPayment = "pending_payment"
    case confirmed
    case processing
    case shipped
    case delivered
    case cancelled
    case expired

    /// Where it can go from here.
    package var next: [OrderStatus] {
        switch self {
        case .pendingPayment: [.confirmed, .cancelled, .expired]
        case .confirmed: [.processing, .cancelled]
        case .processing: [.shipped, .cancelled]
        case .shipped: [.delivered]
        case .delivered, .cancelled, .expired: []
        }
    }

    /// - Throws: `Problem` (409) with `from`, `to` and `allowed` where the order cannot go there.
    package func checkMove(to status: OrderStatus) throws(Problem) {
        guard !next.contains(status) else { return }
        throw Problem.conflict("illegal_transition", "An order that is \(rawValue) cannot become \(status.rawValue).")
            .with("from", .string(rawValue))
            .with("to", .string(status.rawValue))
            .with("allowed", .array(next.map { .string($0.rawValue) }))
    }
}
