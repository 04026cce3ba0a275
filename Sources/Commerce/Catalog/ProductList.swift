import Formats
import FoundationEssentials

/// A page of products as its JSON.
struct ProductList {
    let products: [ProductSummary]
    /// The cursor of the next page.
    let next: String?
    /// The Link field that goes with it.
    let link: String?
    let total: Int64?

    /// The document with holes for the stock, and the stock as it was read.
    func loaded() -> CatalogCache.Loaded {
        var json = JSONWriter(capacity: 256 + products.count * 480)
        var variants: [UUID] = []
        var available: [Int] = []
        json.beginObject()
        json.key("data")
        json.beginArray()
        for product in products {
            product.write(to: &json, firstVariant: variants.count)
            variants += product.variants
            available += product.available
        }
        json.endArray()
        json.field("next_cursor", next)
        if let total { json.field("total", total) }
        json.endObject()
        return (StockedDocument(variants: variants, template: json.finish(), link: link), available)
    }
}
