import Money
import Formats
import FoundationEssentials
import Web

/// A cart as it stands, with prices and stock of the moment.
package struct Cart: Sendable {
    package let id: UUID
    package let version: Int64
    package let status: CartStatus
    package let currency: String
    package let updatedAt: Timestamp
    package let expiresAt: Timestamp
    package let lines: [CartLine]
    /// The order that was placed from it.
    package var order: CartOrder?

    /// The cart as JSON.
    /// - Parameter token: the guest's secret, shown once, when the cart is made.
    /// - Throws: `Problem` where its sum is greater than money can be.
    package func json(token: String? = nil) throws(Problem) -> [UInt8] {
        // An order would refuse what is not to be had, so it is not to be paid. What was ordered is shown as it was.
        let totals = lines.compactMap { line in
            status == .active && line.isUnavailable ? Money(0, currency) : line.unitPrice.times(line.quantity)
        }
        guard totals.count == lines.count, let subtotal = Money.sum(totals, currency) else { throw .amountTooLarge }
        var json = JSONWriter(capacity: 512 + lines.count * 256)
        json.beginObject()
        json.field("id", id)
        if let token { json.field("token", token) }
        json.field("version", version)
        json.field("status", status.rawValue)
        json.field("currency", currency)
        json.key("items")
        json.beginArray()
        for (line, total) in zip(lines, totals) { line.write(to: &json, total: total) }
        json.endArray()
        json.field("subtotal", subtotal)
        json.field("discount", Money(0, currency))
        json.field("tax", Money(0, currency))
        json.field("shipping", Money(0, currency))
        json.field("total", subtotal)
        if let order {
            json.key("order")
            json.beginObject()
            json.field("id", order.id)
            json.field("number", order.number)
            json.endObject()
        }
        json.field("updated_at", updatedAt)
        json.field("expires_at", expiresAt)
        json.endObject()
        return json.finish()
    }
}

/// The order that a cart became, as the cart's holder is told of it. What is in it takes the order's own token.
package struct CartOrder: Sendable, Equatable {
    package let id: UUID
    package let number: String
    let status: String

    package init(id: UUID, number: String, status: String) {
        self.id = id
        self.number = number
        self.status = status
    }

    /// Whether it ended without being paid or sent, so that its shopper may want the same once more.
    var isLost: Bool { status == "expired" || status == "cancelled" }
}

extension Problem {
    /// A sum of prices that does not fit.
    package static let amountTooLarge = Problem.invalid("/items", "the sum is greater than an amount can be")
}
