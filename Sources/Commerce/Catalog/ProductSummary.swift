import Formats
import FoundationEssentials

/// A product as a list shows it.
package struct ProductSummary: Sendable {
    package let id: UUID
    package let slug: String
    package let name: String
    package let category: CategoryReference?
    /// JSON, as the database keeps it.
    package let tags: [UInt8]
    /// The first picture as JSON.
    package let image: [UInt8]?
    package let price: Money
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let variants: [UUID]
    /// What could be bought of each variant when it was read.
    package let available: [Int]

    /// Writes it, with a hole for its stock: its variants begin at `first` in the list's document.
    func write(to json: inout JSONWriter, firstVariant first: Int) {
        json.beginObject()
        json.field("id", id)
        json.field("slug", slug)
        json.field("name", name)
        json.field("category", category)
        json.key("tags")
        json.raw(tags)
        json.key("image")
        if let image { json.raw(image) } else { json.null() }
        json.field("price", price)
        json.field("variant_count", variants.count)
        json.key("in_stock")
        json.anyInStockHole(first, count: variants.count)
        json.field("status", "active")
        json.field("created_at", createdAt)
        json.field("updated_at", updatedAt)
        json.endObject()
    }
}
