import Formats

/// How many products a filter lets through, counted as far as anybody looks at it.
struct ProductTotal: Equatable {
    /// Beyond this many nothing is counted: it would cost PostgreSQL the more the larger the shop is.
    static let maximum: Int64 = 10_000

    /// At most ``maximum``.
    let number: Int64
    /// False: there are more.
    let isExact: Bool

    /// - Parameter counted: what was counted, up to one more than ``maximum``
    init(counted: Int64) {
        number = min(counted, Self.maximum)
        isExact = counted <= Self.maximum
    }
}

/// A page of products as its JSON.
struct ProductList {
    /// Of the page's products.
    let stock: ProductStock
    /// The cursor of the next page.
    let next: String?
    /// The Link field that goes with it.
    let link: String?
    let total: ProductTotal?

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
        if let total {
            json.field("total", total.number)
            json.field("total_relation", total.isExact ? "eq" : "gte")
        }
        json.endObject()
        return (StockTemplate(variants: stock.variants, template: json.finish(), link: link), stock.available)
    }
}
