import Money
import Formats
import FoundationEssentials

/// What was bought, as it was called and priced then. Later edits of the catalogue change none of it.
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
