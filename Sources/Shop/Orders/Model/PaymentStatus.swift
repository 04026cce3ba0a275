/// The status of an order's payment.
package enum PaymentStatus: Hashable, CaseIterable, Sendable {
    case unpaid
    case authorized
    case captured
    case failed
    case voided
    case partiallyRefunded
    case refunded
    /// A status that a later release has written. It is shown as it is.
    case unknown(String)

    /// All statuses of this release.
    package static let allCases: [PaymentStatus] = [
        .unpaid, .authorized, .captured, .failed, .voided, .partiallyRefunded, .refunded,
    ]

    /// As the database and clients spell it.
    package init(rawValue: String) {
        self = Self.allCases.first { $0.rawValue == rawValue } ?? .unknown(rawValue)
    }

    /// As the database and clients spell it.
    package var rawValue: String {
        switch self {
        case .unpaid: "unpaid"
        case .authorized: "authorized"
        case .captured: "captured"
        case .failed: "failed"
        case .voided: "voided"
        case .partiallyRefunded: "partially_refunded"
        case .refunded: "refunded"
        case .unknown(let status): status
        }
    }
}
