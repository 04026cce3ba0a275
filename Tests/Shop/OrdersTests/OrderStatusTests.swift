import Testing
import Web

@testable import Orders

@Suite("Order and payment status")
struct OrderStatusTests {
    /// The moves that the shop promises, and no others.
    private static let orderMoves: [OrderStatus: Set<OrderStatus>] = [
        .pendingPayment: [.confirmed, .cancelled, .expired],
        .confirmed: [.processing, .cancelled],
        .processing: [.shipped, .cancelled],
        .shipped: [.delivered],
    ]

    private static let paymentMoves: [PaymentStatus: Set<PaymentStatus>] = [
        .unpaid: [.authorized, .captured, .failed],
        .failed: [.authorized, .captured],
        .authorized: [.captured, .voided],
        .captured: [.partiallyRefunded, .refunded],
        .partiallyRefunded: [.refunded],
    ]

    @Test("an order moves as promised, and any other move is 409 with what is allowed", arguments: OrderStatus.allCases)
    func orders(from: OrderStatus) throws {
        let allowed = Self.orderMoves[from] ?? []
        #expect(Set(from.next) == allowed && from.next.count == allowed.count)
        for to in OrderStatus.allCases {
            do {
                try from.checkMove(to: to)
                #expect(allowed.contains(to))
            } catch {
                #expect(!allowed.contains(to))
                #expect(error.kind.status == .conflict && error.kind.code == "illegal_transition")
                #expect(error.members.map(\.name) == ["from", "to", "allowed"])
                #expect(error.members[0].value == .string(from.rawValue) && error.members[1].value == .string(to.rawValue))
                #expect(error.members[2].value.arrayValue?.compactMap(\.stringValue) == from.next.map(\.rawValue))
            }
        }
    }

    @Test("a status that a later release has written passes through, and goes nowhere") func unknown() throws {
        for status in OrderStatus.allCases { #expect(OrderStatus(rawValue: status.rawValue) == status) }
        for status in PaymentStatus.allCases { #expect(PaymentStatus(rawValue: status.rawValue) == status) }
        for text in ["on_hold", "", "pendingPayment", "Expired"] {
            #expect(OrderStatus(rawValue: text) == .unknown(text) && OrderStatus(rawValue: text).rawValue == text)
            #expect(PaymentStatus(rawValue: text) == .unknown(text) && PaymentStatus(rawValue: text).rawValue == text)
            #expect(OrderStatus(rawValue: text).next.isEmpty && PaymentStatus(rawValue: text).next.isEmpty)
        }
        #expect(throws: Problem.self) { try OrderStatus.unknown("on_hold").checkMove(to: .cancelled) }
    }

    @Test("a payment moves as promised", arguments: PaymentStatus.allCases)
    func payments(from: PaymentStatus) {
        let allowed = Self.paymentMoves[from] ?? []
        #expect(Set(from.next) == allowed && from.next.count == allowed.count)
    }

    @Test("statuses are named as the database and the clients know them") func names() {
        #expect(
            OrderStatus.allCases.map(\.rawValue)
                == ["pending_payment", "confirmed", "processing", "shipped", "delivered", "cancelled", "expired"])
        #expect(
            PaymentStatus.allCases.map(\.rawValue)
                == ["unpaid", "authorized", "captured", "failed", "voided", "partially_refunded", "refunded"])
    }

    @Test("nothing ever comes back to where it was") func noCircle() {
        func reachable(_ status: OrderStatus) -> Set<OrderStatus> {
            status.next.reduce(into: Set(status.next)) { $0.formUnion(reachable($1)) }
        }
        for status in OrderStatus.allCases { #expect(!reachable(status).contains(status)) }
    }
}
