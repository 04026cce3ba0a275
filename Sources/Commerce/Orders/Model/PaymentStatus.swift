/// How an order's payment stands.
package enum PaymentStatus: String, CaseIterable, Sendable {
    case unpaid
    case authorized
    case captured
    case failed
    case voided
    case partiallyRefunded = "partially_refunded"
    case refunded

    /// Where it can go from here.
    package var next: [PaymentStatus] {
        switch self {
        case .unpaid: [.authorized, .captured, .failed]
        case .authorized: [.captured, .voided]
        case .captured: [.partiallyRefunded, .refunded]
        case .failed: [.authorized, .captured]
        case .partiallyRefunded: [.refunded]
        case .voided, .refunded: []
        }
    }
}
