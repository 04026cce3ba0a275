import Formats
import Web

/// Where an order stands. Payment is an axis of its own.
package enum OrderStatus: Hashable, CaseIterable, Sendable {
    case pendingPayment
    case confirmed
    case processing
    case shipped
    case delivered
    case cancelled
    case expired
    /// One that a later release has written: shown as it is.
    case unknown(String)

    /// All that this release knows.
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

    /// Where it can go from here; where one can go from an unknown status, only a later release knows.
    package var next: [OrderStatus] {
        switch self {
        case .pendingPayment: [.confirmed, .cancelled, .expired]
        case .confirmed: [.processing, .cancelled]
        case .processing: [.shipped, .cancelled]
        case .shipped: [.delivered]
        case .delivered, .cancelled, .expired, .unknown: []
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
