import Formats
import FoundationEssentials
import Money
import Web

/// An order as its shopper sees it.
package struct Order: Sendable {
    package let id: UUID
    package let number: String
    package let status: OrderStatus
    package let paymentStatus: PaymentStatus
    package let email: String
    /// The language of the shopper, as in `de`; nil where it is unknown.
    package let locale: String?
    package let lines: [OrderLine]
    package let totals: OrderTotals
    /// A JSON object.
    package let shippingAddress: [UInt8]
    package let history: [OrderEvent]
    package let createdAt: Timestamp

    package init(
        id: UUID, number: String, status: OrderStatus, paymentStatus: PaymentStatus, email: String, locale: String? = nil,
        lines: [OrderLine], totals: OrderTotals, shippingAddress: [UInt8], history: [OrderEvent], createdAt: Timestamp
    ) {
        self.id = id
        self.number = number
        self.status = status
        self.paymentStatus = paymentStatus
        self.email = email
        self.locale = locale
        self.lines = lines
        self.totals = totals
        self.shippingAddress = shippingAddress
        self.history = history
        self.createdAt = createdAt
    }

    /// The one currency of all its amounts.
    package var currency: String { totals.total.currency }

    /// The order as JSON.
    package func json() -> [UInt8] { document().bytes }

    /// The order as JSON with the guest's secret in it, for the response to the request that placed it, and without it, as GET
    /// returns it. The tag is that of the order without the secret.
    package func json(accessToken: String) -> (body: [UInt8], withoutToken: OrderDocument) {
        let document = document()
        return (document.bytes(accessToken: accessToken), document)
    }

    private func document() -> OrderDocument {
        var json = JSONWriter(capacity: 1024 + lines.count * 320)
        json.beginObject()
        json.field("id", id)
        json.field("number", number)
        let tokenIndex = json.bytes.count
        json.field("status", status.rawValue)
        json.field("payment_status", paymentStatus.rawValue)
        json.field("email", email)
        if let locale { json.field("locale", locale) }
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
        return OrderDocument(bytes: json.finish(), tokenIndex: tokenIndex)
    }
}

/// An order as JSON, without the guest's secret.
package struct OrderDocument: Sendable {
    package let bytes: [UInt8]
    /// Where the secret belongs.
    let tokenIndex: Int

    package var tag: EntityTag { EntityTag(of: bytes) }

    /// The same with the secret in it.
    func bytes(accessToken: String) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(bytes.count + accessToken.utf8.count + 20)
        body.append(contentsOf: bytes[..<tokenIndex])
        var json = JSONWriter(appendingTo: body, isWithin: true)
        json.field("access_token", accessToken)
        body = json.finish()
        body.append(contentsOf: bytes[tokenIndex...])
        return body
    }
}

/// A line of an order, with the name and the price at the time of the order. Later changes of the catalogue do not change it.
package struct OrderLine: Equatable, Sendable {
    package let variant: UUID
    package let product: UUID
    package let sku: String
    package let name: String
    /// A JSON object.
    package let options: [UInt8]
    package let image: String?
    package let quantity: Int
    package let unitPrice: Money
    package let tax: Money
    package let total: Money

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("sku", sku)
        json.field("product_id", product)
        json.field("name", name)
        json.key("options")
        json.raw(options)
        json.field("image", image)
        json.field("quantity", quantity)
        json.field("unit_price", unitPrice)
        json.field("line_total", total)
        json.field("tax", tax)
        json.endObject()
    }
}

/// A step in an order's history.
package struct OrderEvent: Equatable, Sendable {
    package let status: OrderStatus
    package let at: Timestamp
    package let reason: String?
}

/// The id or the number with which a request names an order.
package enum OrderReference: Sendable {
    case id(UUID)
    case number(String)

    /// Nil for a text that is neither an id nor a number.
    package init?(_ text: String) {
        if let id = UUID(utf8: text.utf8) {
            self = .id(id)
        } else if let number = OrderNumber.parse(text) {
            self = .number(number)
        } else {
            return nil
        }
    }
}
