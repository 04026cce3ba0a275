import Inventory
import Money
import Formats
import FoundationEssentials

/// One line of a cart: what the shopper asked for, at today's price.
package struct CartLine: Sendable {
    package let variant: UUID
    package let sku: String
    package let product: UUID
    package let name: String
    /// A JSON object.
    package let options: [UInt8]
    package let quantity: Int
    package let unitPrice: Money
    /// What it cost when the shopper last touched the line.
    package let seenPrice: Int64
    /// Whether the catalogue still offers it.
    package let isOffered: Bool
    package let available: Int
    /// The most that an order can have of it.
    package var maximum = LineQuantity.maximum
    /// Whether the quantity was cut to what can be bought, just now.
    package var isReduced = false

    /// Whether none of it can be bought; such a line counts nothing in the cart's sums.
    package var isUnavailable: Bool { !isOffered || available <= 0 }

    /// What a shopper should be told of the line.
    package var adjustment: String? {
        if isUnavailable { return "unavailable" }
        if isReduced { return "quantity_reduced" }
        if available < quantity { return "insufficient_stock" }
        return unitPrice.amount == seenPrice ? nil : "price_changed"
    }

    /// The same with no more than can be bought, unless that is none.
    var clamped: CartLine {
        let most = min(available, maximum)
        guard !isUnavailable, most > 0, most < quantity else { return self }
        return CartLine(
            variant: variant, sku: sku, product: product, name: name, options: options, quantity: most, unitPrice: unitPrice,
            seenPrice: seenPrice, isOffered: isOffered, available: available, maximum: maximum, isReduced: true)
    }

    func write(to json: inout JSONWriter, total: Money) {
        json.beginObject()
        json.field("sku", sku)
        json.field("product_id", product)
        json.field("name", name)
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
