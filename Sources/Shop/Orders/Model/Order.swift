import Formats
import FoundationEssentials
import Web

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
    package func json() -> [UInt8] { document().bytes }

    /// The order as JSON with the guest's secret in it, shown when the order is placed.
    package func json(accessToken: String) -> [UInt8] { placed(accessToken: accessToken).body }

    /// The answer to the request that placed it: with the secret, and with the tag of the order without it.
    func placed(accessToken: String) -> (body: [UInt8], tag: EntityTag) {
        let document = document()
        var body: [UInt8] = []
        body.reserveCapacity(document.bytes.count + accessToken.utf8.count + 20)
        body.append(contentsOf: document.bytes[..<document.place])
        var json = JSONWriter(appendingTo: body, isWithin: true)
        json.field("access_token", accessToken)
        body = json.finish()
        body.append(contentsOf: document.bytes[document.place...])
        return (body, EntityTag(of: document.bytes))
    }

    /// - Returns: the order as JSON, and where in it the secret's member belongs
    private func document() -> (bytes: [UInt8], place: Int) {
        var json = JSONWriter(capacity: 1024 + lines.count * 320)
        json.beginObject()
        json.field("id", id)
        json.field("number", number)
        let place = json.bytes.count
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
        return (json.finish(), place)
    }
}
