import Formats
import FoundationEssentials
import PostgresClient

/// A product as the catalogue shows it. Valid as long as the rows it was read from: it is written as JSON at once.
struct Product {
    let id: UUID
    let slug: UnsafeBufferPointer<UInt8>
    let name: UnsafeBufferPointer<UInt8>
    let description: UnsafeBufferPointer<UInt8>
    let category: CategoryReference?
    let brand: UnsafeBufferPointer<UInt8>?
    /// A JSON array, as it is shown; nil where it has none.
    let attributes: UnsafeBufferPointer<UInt8>?
    let tags: PostgresTexts
    /// A JSON array, as the database keeps it.
    let images: UnsafeBufferPointer<UInt8>?
    let price: Int64
    /// Of its active variants.
    let prices: ClosedRange<Int64>
    let currency: UnsafeBufferPointer<UInt8>
    let status: UnsafeBufferPointer<UInt8>
    let createdAt: Timestamp
    let updatedAt: Timestamp
    let variants: [Variant]

    /// Its JSON, with placeholders for the stock.
    func document() -> StockTemplate {
        var json = JSONWriter(capacity: 640 + description.count + variants.count * 256)
        json.beginObject()
        json.field("id", id)
        json.field("slug", utf8: slug)
        json.field("name", utf8: name)
        json.field("description", utf8: description)
        json.field("category", category)
        json.field("brand", utf8: brand)
        json.key("attributes")
        if let attributes { json.raw { $0.append(compacting: attributes) } } else { json.raw("[]".utf8) }
        json.field("tags", tags)
        json.field("images", jsonb: images)
        json.field("price", amount: price, currency: currency)
        json.priceRange(prices, currency: currency)
        json.key("variants")
        json.beginArray()
        for (index, variant) in variants.enumerated() {
            json.beginObject()
            json.field("id", variant.id)
            json.field("sku", utf8: variant.sku)
            json.field("name", utf8: variant.name)
            json.field("options", jsonb: variant.options)
            json.field("price", amount: variant.price, currency: currency)
            json.compareAtPrice(variant.compareAtPrice, price: variant.price, currency: currency)
            json.key("available")
            json.availablePlaceholder(index)
            json.key("in_stock")
            json.inStockPlaceholder(index)
            json.endObject()
        }
        json.endArray()
        json.field("status", utf8: status)
        json.field("created_at", createdAt)
        json.field("updated_at", updatedAt)
        json.endObject()
        return StockTemplate(variants: variants.map(\.id), template: json.finish())
    }
}

/// A variant of a product, such as one size in one colour. Valid as long as the row it was read from.
struct Variant {
    let id: UUID
    let sku: UnsafeBufferPointer<UInt8>
    let name: UnsafeBufferPointer<UInt8>
    /// A JSON object with the options in their own order: `{"size": "M"}`.
    let options: UnsafeBufferPointer<UInt8>?
    /// In the product's currency.
    let price: Int64
    /// The price before it was reduced.
    let compareAtPrice: Int64?
    /// How many pieces could be bought when it was read.
    let available: Int
}
