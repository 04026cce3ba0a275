import Formats
import FoundationEssentials

/// An order as its shopper sees it.
package struct Order: Sendable {
    package let id: UUID
    package let number: String
    package let status: OrderStatus
    package let paymentStatus: PaymentStatus
    package let email: String
    package let currency: String
    package let lines: [OrderLine]
    package let totals: OrderTotals
    /// A JSON object.
    package let shippingAddress: [UInt8]
    package let history: [OrderEvent]
    package let createdAt: Timestamp

    /// The order as JSON.
    /// - Parameter accessToken: the guest's secret, shown when the order is placed.
    package func json(accessToken: String? = nil) -> [UInt8] {
        var json = JSONWriter(capacity: 1024 + lines.count * 320)
        json.beginObject()
        json.field("id", id)
        json.field("number", number)
        if let accessToken { json.field("access_token", accessToken) }
        json.field("status", status.rawValue)
        json.field("payment_status", paymentStatus.rawValue)
        json.field("email", email)
        json.field("currency", currency)
        json.key("items")
        json.beginArray()
        for line in lines { line.write(to: &json) }
        json.endArray()
        json.field("subtotal", totals.subtotal)
        json.field("discount", totals.discount)
        json.field("tax", totals.tax)
        json.field("shipping", totals.shipping)
        json.field("total", totals.total)
        json.key("shipping_address")
        json.raw(shippingAddress)
        json.key("history")
        json.beginArray()
        for event in history {
            json.beginObject()
            json.field("status", event.status.rawValue)
            json.field("at", event.at)
            json.field("reason", event.reason)
            json.endObject()
        }
        json.endArray()
        json.field("created_at", createdAt)
        json.endObject()
        return json.finish()
    }
}
