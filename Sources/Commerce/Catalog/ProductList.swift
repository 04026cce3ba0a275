import Formats

/// A page of products as its JSON.
struct ProductList {
    /// Of the page's products.
    let stock: ProductStock
    /// The cursor of the next page.
    let next: String?
    /// The Link field that goes with it.
    let link: String?
    let total: Int64?

    /// The document with holes for the stock, and the stock as it was read.
    /// - Parameter products: hands the products out, in order, with their places.
    func loaded(_ products: ((Int, ProductSummary) throws -> Void) throws -> Void) rethrows -> CatalogCache.Loaded {
        var json = JSONWriter(capacity: 256 + stock.products * 480)
        json.beginObject()
        json.key("data")
        json.beginArray()
        try products { place, product in
            let variants = stock.range(of: place)
            product.write(to: &json, firstVariant: variants.lowerBound, variants: variants.count)
        }
        json.endArray()
        json.field("next_cursor", next)
        if let total { json.field("total", total) }
        json.endObject()
        return (StockedDocument(variants: stock.variants, template: json.finish(), link: link), stock.available)
    }
}
