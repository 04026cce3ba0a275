import Formats
import FoundationEssentials
import Inventory
import Money
import Web

/// A cart with the current prices and stock of its lines.
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
    /// - Parameter token: the guest's secret, shown once, when the cart is created.
    /// - Throws: `Problem` where the total is larger than an amount can be.
    package func json(token: String? = nil) throws(Problem) -> [UInt8] {
        // An order refuses unavailable lines, so they cost nothing here. A cart that was ordered shows what was ordered.
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

/// The status of a cart.
package enum CartStatus: Hashable, Sendable {
    case active
    /// An order was placed from it.
    case converted
    /// Its lines were moved to another cart.
    case merged
    /// It was not used in time.
    case expired
    /// A status that a later release has written. It is shown as it is, and the cart takes no writes.
    case unknown(String)

    /// As the database and clients spell it.
    package init(rawValue: String) {
        switch rawValue {
        case "active": self = .active
        case "converted": self = .converted
        case "merged": self = .merged
        case "expired": self = .expired
        default: self = .unknown(rawValue)
        }
    }

    /// The status of a cart that is stored with `rawValue`. A cart that is past its time has expired, even if the job that
    /// marks it has not run yet.
    package init(rawValue: String, isPastExpiry: Bool) {
        let status = CartStatus(rawValue: rawValue)
        self = status == .active && isPastExpiry ? .expired : status
    }

    /// As the database and clients spell it.
    package var rawValue: String {
        switch self {
        case .active: "active"
        case .converted: "converted"
        case .merged: "merged"
        case .expired: "expired"
        case .unknown(let status): status
        }
    }
}

/// One line of a cart, at the current price.
package struct CartLine: Sendable {
    package let variant: UUID
    package let sku: String
    package let product: UUID
    package let name: String
    /// The product's name in URLs.
    package let slug: String
    package let variantName: String
    /// The product's first image: a JSON object.
    package let image: [UInt8]?
    /// A JSON object.
    package let options: [UInt8]
    package let quantity: Int
    package let unitPrice: Money
    /// The price when the shopper last changed the line.
    package let seenPrice: Int64
    /// Whether the variant is on sale.
    package let isOffered: Bool
    package let available: Int
    /// The largest quantity that an order can have.
    package var maximum = LineQuantity.maximum
    /// Whether the quantity was just reduced to what is available.
    package var isReduced = false

    /// Whether none of it can be bought. Such a line adds nothing to the cart's total.
    package var isUnavailable: Bool { !isOffered || available <= 0 }

    /// What a shopper should know about the line.
    package var adjustment: String? {
        if isUnavailable { return "unavailable" }
        if isReduced { return "quantity_reduced" }
        if available < quantity { return "insufficient_stock" }
        return unitPrice.amount == seenPrice ? nil : "price_changed"
    }

    /// The line with no more than the available quantity. An unavailable line stays as it is.
    var clamped: CartLine {
        let most = min(available, maximum)
        guard !isUnavailable, most > 0, most < quantity else { return self }
        return CartLine(
            variant: variant, sku: sku, product: product, name: name, slug: slug, variantName: variantName, image: image,
            options: options, quantity: most, unitPrice: unitPrice, seenPrice: seenPrice, isOffered: isOffered,
            available: available, maximum: maximum, isReduced: true)
    }

    func write(to json: inout JSONWriter, total: Money) {
        json.beginObject()
        json.field("sku", sku)
        json.field("product_id", product)
        json.field("name", name)
        json.field("slug", slug)
        json.field("variant_name", variantName)
        json.key("image")
        if let image { json.raw(image) } else { json.null() }
        json.key("options")
        json.raw(options)
        json.field("quantity", quantity)
        json.field("unit_price", unitPrice)
        json.field("line_total", total)
        json.field("available", isOffered ? max(0, available) : 0)
        if let adjustment { json.field("adjustment", adjustment) }
        json.endObject()
    }
}

/// The order that was placed from a cart, as the holder of the cart's token sees it. Its contents need the order's own token.
package struct CartOrder: Sendable, Equatable {
    package let id: UUID
    package let number: String
    let status: String

    package init(id: UUID, number: String, status: String) {
        self.id = id
        self.number = number
        self.status = status
    }

    /// Whether it ended without payment, so that its shopper may want to order the same again.
    var isLost: Bool { status == "expired" || status == "cancelled" }
}
