import Formats
import FoundationEssentials

/// A category, with the number of active products that are in it and not in one below.
package struct Category: Sendable {
    package let id: UUID
    package let parent: UUID?
    package let slug: String
    package let name: String
    /// The slugs from the root down: `home/kitchen`.
    package let path: String
    package let products: Int
}

/// The categories as a tree.
struct CategoryTree {
    private let children: [UUID?: [Category]]
    private let bySlug: [String: Category]

    init(_ categories: [Category]) {
        children = Dictionary(grouping: categories, by: \.parent)
        bySlug = Dictionary(categories.map { ($0.slug, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(slug: String) -> Category? { bySlug[slug] }

    /// `{"data": [category…]}` with the roots and all categories below them.
    func json() -> [UInt8] {
        var json = JSONWriter(capacity: 256 * bySlug.count)
        json.beginObject()
        json.key("data")
        json.beginArray()
        for root in children[nil] ?? [] { write(root, to: &json, depth: 0) }
        json.endArray()
        json.endObject()
        return json.finish()
    }

    /// A category with the categories below it.
    func json(of category: Category) -> [UInt8] {
        var json = JSONWriter()
        write(category, to: &json, depth: 0)
        return json.finish()
    }

    private func write(_ category: Category, to json: inout JSONWriter, depth: Int) {
        json.beginObject()
        json.field("id", category.id)
        json.field("slug", category.slug)
        json.field("name", category.name)
        json.field("path", category.path)
        json.field("product_count", total(category, depth: depth))
        json.key("children")
        json.beginArray()
        // The limit of the depth ends it even if the table held a circle.
        if depth < 32 { for child in children[category.id] ?? [] { write(child, to: &json, depth: depth + 1) } }
        json.endArray()
        json.endObject()
    }

    private func total(_ category: Category, depth: Int) -> Int {
        guard depth < 32 else { return category.products }
        return (children[category.id] ?? []).reduce(category.products) { $0 + total($1, depth: depth + 1) }
    }
}
