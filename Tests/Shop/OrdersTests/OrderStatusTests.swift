import Testing
import Web

@testable import Orders

@Suite("Order and payment status")
struct OrderStatusTests {
    /// All transitions that the API documents.
    private static let transitions: [OrderStatus: Set<OrderStatus>] = [
        .pendingPayment: [.confirmed, .cancelled, .expired],
        .confirmed: [.processing, .cancelled],
        .processing: [.shipped, .cancelled],
        .shipped: [.delivered],
    ]

    @Test(
        "an order changes its status as documented; any other transition is 409 with the allowed ones",
        arguments: OrderStatus.allCases)
    func orders(from: OrderStatus) throws {
        let allowed = Self.transitions[from] ?? []
        #expect(Set(from.next) == allowed && from.next.count == allowed.count)
        for to in OrderStatus.allCases {
            do {
                try from.checkTransition(to: to)
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

    @Test("a status that a later release has written is kept, and has no transitions") func unknown() throws {
        for status in OrderStatus.allCases { #expect(OrderStatus(rawValue: status.rawValue) == status) }
        for status in PaymentStatus.allCases { #expect(PaymentStatus(rawValue: status.rawValue) == status) }
        for text in ["on_hold", "", "pendingPayment", "Expired"] {
            #expect(OrderStatus(rawValue: text) == .unknown(text) && OrderStatus(rawValue: text).rawValue == text)
            #expect(PaymentStatus(rawValue: text) == .unknown(text) && PaymentStatus(rawValue: text).rawValue == text)
            #expect(OrderStatus(rawValue: text).next.isEmpty)
        }
        #expect(throws: Problem.self) { try OrderStatus.unknown("on_hold").checkTransition(to: .cancelled) }
    }

    @Test("statuses have the names of the database and the API") func names() {
        #expect(
            OrderStatus.allCases.map(\.rawValue)
                == ["pending_payment", "confirmed", "processing", "shipped", "delivered", "cancelled", "expired"])
        #expect(
            PaymentStatus.allCases.map(\.rawValue)
                == ["unpaid", "authorized", "captured", "failed", "voided", "partially_refunded", "refunded"])
    }

    @Test("no status is ever reached again") func noCircle() {
        func reachable(_ status: OrderStatus) -> Set<OrderStatus> {
            status.next.reduce(into: Set(status.next)) { $0.formUnion(reachable($1)) }
        }
        for status in OrderStatus.allCases { #expect(!reachable(status).contains(status)) }
    }
}
