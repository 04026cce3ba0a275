import Formats
import FoundationEssentials

/// A product as the catalogue shows it.
package struct Product: Sendable {
    package let id: UUID
    package let slug: String
    package let name: String
    package let description: String
    package let category: CategoryReference?
    /// JSON arrays, as the database keeps them.
    package let tags: [UInt8]
    package let images: [UInt8]
    package let price: Money
    package let status: String
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let variants: [Variant]

    /// What of it is known for minutes, with holes for the stock.
    package func document() -> StockedDocument {
        var json = JSONWriter(capacity: 1024 + description.utf8.count)
        json.beginObject()
        json.field("id", id)
        json.field("slug", slug)
        json.field("name", name)
        json.field("description", description)
        json.field("category", category)
        json.key("tags")
        json.raw(tags)
        json.key("images")
        json.raw(images)
        json.field("price", price)
        json.key("variants")
        json.beginArray()
        for (index, variant) in variants.enumerated() {
            json.beginObject()
            json.field("id", variant.id)
            json.field("sku", variant.sku)
            json.field("name", variant.name)
            json.key("options")
            json.raw(variant.options)
            json.field("price", variant.price)
            json.key("available")
            json.availableHole(index)
            json.key("in_stock")
            json.inStockHole(index)
            json.endObject()
        }
        json.endArray()
        json.field("status", status)
        json.field("created_at", createdAt)
        json.field("updated_at", updatedAt)
        json.endObject()
        return StockedDocument(variants: variants.map(\.id), template: json.finish())
    }
}

extension JSONWriter {
    /// `"name": {"slug", "name"}`, or null.
    mutating func field(_ name: StaticString, _ category: CategoryReference?) {
        key(name)
        guard let category else { return null() }
        beginObject()
        field("slug", category.slug)
        field("name", category.name)
        endObject()
    }
}
