import Formats
import FoundationEssentials
import PostgresClient

/// A product as a list shows it. Valid as long as the row it was read from.
struct ProductSummary {
    let id: UUID
    let slug: UnsafeBufferPointer<UInt8>
    let name: UnsafeBufferPointer<UInt8>
    let category: CategoryReference?
    let brand: UnsafeBufferPointer<UInt8>?
    let tags: PostgresTexts
    /// The first image: JSON as the database keeps it.
    let image: UnsafeBufferPointer<UInt8>?
    let price: Int64
    /// Of its active variants.
    let prices: ClosedRange<Int64>
    /// The price of the default variant before it was reduced.
    let compareAtPrice: Int64?
    let currency: UnsafeBufferPointer<UInt8>
    let createdAt: Timestamp
    let updatedAt: Timestamp

    /// Writes the product with a placeholder for its stock.
    /// - Parameters:
    ///   - first: the index of its first variant among those of the list
    ///   - variants: how many variants it has
    func write(to json: inout JSONWriter, firstVariant first: Int, variants: Int) {
        json.beginObject()
        json.field("id", id)
        json.field("slug", utf8: slug)
        json.field("name", utf8: name)
        json.field("category", category)
        json.field("brand", utf8: brand)
        json.field("tags", tags)
        json.field("image", jsonb: image)
        json.field("price", amount: price, currency: currency)
        json.priceRange(prices, currency: currency)
        json.compareAtPrice(compareAtPrice, price: price, currency: currency)
        json.field("variant_count", variants)
        json.key("in_stock")
        json.anyInStockPlaceholder(first, count: variants)
        json.field("status", "active")
        json.field("created_at", createdAt)
        json.field("updated_at", updatedAt)
        json.endObject()
    }
}
