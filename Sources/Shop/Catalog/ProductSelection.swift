import Formats
import FoundationEssentials

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
    /// The variants of the products, product by product.
    let variants: [UUID]
    /// How many pieces of each of them can be bought.
    let available: [Int]
    /// Why each was chosen, in their order.
    let reasons: [String]

    /// The document with placeholders for the stock, and the stock as it was read.
    /// - Parameter products: calls its argument with each product in order
    func loaded(_ products: ((ProductSummary) -> Void) throws -> Void) rethrows -> CatalogCache.Loaded {
        var json = JSONWriter(capacity: 32 + reasons.count * 660)
        json.beginObject()
        json.key("data")
        json.beginArray()
        var (place, first) = (0, 0)
        try products { product in
            product.write(to: &json, firstVariant: first, reason: place < reasons.count ? reasons[place] : "")
            place += 1
            first += product.variantCount
        }
        json.endArray()
        json.endObject()
        return (StockTemplate(variants: variants, template: json.finish()), available)
    }
}
