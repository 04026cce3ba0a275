import Formats
import FoundationEssentials
import Inventory

/// What another feature chose for a request.
package enum ProductSelection: Sendable {
    /// Products, in the order in which they are shown.
    case products([SelectedProduct])
    /// The path where the answer is now.
    case redirect(String)
}

/// A product that another feature chose.
package struct SelectedProduct: Equatable, Sendable {
    package let id: UUID
    /// Why, as clients read it.
    package let reason: String

    package init(id: UUID, reason: String) {
        self.id = id
        self.reason = reason
    }
}

/// Chosen products as their JSON: each as in a list, and why it was chosen.
struct ProductSelectionDocument {
    /// The stock of the products.
    let stock: ProductStock
    /// Why each was chosen, in their order.
    let reasons: [String]

    /// The document with placeholders for the stock, and the stock as it was read.
    /// - Parameter products: calls its argument with each product in order, and its index
    func loaded(_ products: ((Int, ProductSummary) -> Void) throws -> Void) rethrows -> CatalogCache.Loaded {
        var json = JSONWriter(capacity: 32 + stock.products * 500)
        json.beginObject()
        json.key("data")
        json.beginArray()
        try products { place, product in
            let variants = stock.range(of: place)
            var summary = JSONWriter(capacity: 480)
            product.write(to: &summary, firstVariant: variants.lowerBound, variants: variants.count)
            var reason = JSONWriter(capacity: 32)
            reason.beginObject()
            reason.field("reason", place < reasons.count ? reasons[place] : "")
            reason.endObject()
            // However a summary is written, it is an object with members: the reason becomes its last one.
            json.raw(summary.finish().dropLast() + [UInt8(ascii: ",")] + reason.finish().dropFirst())
        }
        json.endArray()
        json.endObject()
        return (StockTemplate(variants: stock.variants, template: json.finish()), stock.available)
    }
}
