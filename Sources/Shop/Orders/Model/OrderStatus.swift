import Formats
import Web

/// The status of an order. Its payment has a status of its own (``PaymentStatus``).
package enum OrderStatus: Hashable, CaseIterable, Sendable {
    case pendingPayment
    case confirmed
    case processing
    case shipped
    case delivered
    case cancelled
    case expired
    /// A status that a later release has written. It is shown as it is, and no transition leads out of it.
    case unknown(String)

    /// All statuses of this release.
    package static let allCases: [OrderStatus] = [
        .pendingPayment, .confirmed, .processing, .shipped, .delivered, .cancelled, .expired,
    ]

    /// As the database and clients spell it.
    package init(rawValue: String) {
        self = Self.allCases.first { $0.rawValue == rawValue } ?? .unknown(rawValue)
    }

    /// As the database and clients spell it.
    package var rawValue: String {
        switch self {
        case .pendingPayment: "pending_payment"
        case .confirmed: "confirmed"
        case .processing: "processing"
        case .shipped: "shipped"
        case .delivered: "delivered"
        case .cancelled: "cancelled"
        case .expired: "expired"
        case .unknown(let status): status
        }
    }

    /// The statuses to which it can change. The transitions of an unknown status are known to a later release only.
    package var next: [OrderStatus] {
        switch self {
        case .pendingPayment: [.confirmed, .cancelled, .expired]
        case .confirmed: [.processing, .cancelled]
        case .processing: [.shipped, .cancelled]
        case .shipped: [.delivered]
        case .delivered, .cancelled, .expired, .unknown: []
        }
    }

    /// - Throws: `Problem` (409) with `from`, `to` and `allowed` where the order cannot change to `status`.
    package func checkTransition(to status: OrderStatus) throws(Problem) {
        guard !next.contains(status) else { return }
        throw Problem(.illegalTransition, "An order that is \(rawValue) cannot become \(status.rawValue).")
            .with("from", .string(rawValue))
            .with("to", .string(status.rawValue))
            .with("allowed", .array(next.map { .string($0.rawValue) }))
    }
}
