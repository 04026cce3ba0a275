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
        json.field("updated_at", updatedAt)
        json.field("expires_at", expiresAt)
        json.endObject()
        return json.finish()
    }
}

extension Problem {
    /// A sum of prices that does not fit.
    static let amountTooLarge = Problem.invalid("/items", "the sum is greater than an amount can be")
}
