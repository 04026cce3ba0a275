import Foundation

/// A product for a test's shop, written to the database as an import would.
struct Goods: Sendable {
    struct Variant: Sendable {
        var id = UUID()
        var sku: String
        var options = "{}"
        var price: Int64 = 1000
        var stock = 10
        var isActive = true
        /// The names of its options in their own order.
        var optionOrder = "{}"
        var compareAtPrice: Int64?
    }

    var id = UUID()
    var slug: String
    var name: String
    var description = ""
    /// A path such as `home/kitchen`; its parents are made too.
    var category: String?
    var tags: [String] = []
    var brand: String?
    /// As the database keeps them.
    var attributes = "[]"
    var images = "[]"
    var currency = "USD"
    var status = "active"
    /// Seconds after the beginning of 2026.
    var age = 0
    var variants: [Variant]

    /// A product of one variant.
    init(_ sku: String, name: String? = nil, price: Int64 = 1000, stock: Int = 10) {
        slug = sku.lowercased()
        self.name = name ?? "Product \(sku)"
        variants = [Variant(sku: sku, price: price, stock: stock)]
    }

    var price: Int64 { variants.first?.price ?? 0 }
    var createdAt: String { "timestamptz '2026-01-01 00:00:00Z' + interval '\(age) seconds'" }

    /// The statements that put all of it into an empty catalogue, with the ledger's rows.
    static func statements(_ goods: [Goods]) -> String {
        var sql = "BEGIN;\n"
        for path in Set(goods.compactMap(\.category).flatMap(ancestors)).sorted() {
            let slug = path.split(separator: "/").last.map(String.init) ?? path
            let parent = path.split(separator: "/").dropLast().joined(separator: "/")
            sql += """
                INSERT INTO category (id, parent_id, slug, name, path) VALUES (gen_random_uuid(), \
                (SELECT id FROM category WHERE path = \(quoted(parent))), \(quoted(slug)), \
                \(quoted(slug.capitalized)), \(quoted(path)));

                """
        }
        for product in goods { sql += product.statement }
        return sql + "COMMIT;\n"
    }

    private var statement: String {
        let tags = tags.map { "\"\($0)\"" }.joined(separator: ",")
        var sql = """
            INSERT INTO product (id, slug, name, description, category_id, tags, images, brand, attributes, currency, price, status, \
            created_at, updated_at) VALUES ('\(id)', \(Self.quoted(slug)), \(Self.quoted(name)), \
            \(Self.quoted(description)), (SELECT id FROM category WHERE path = \(Self.quoted(category ?? ""))), \
            \(Self.quoted("{\(tags)}")), \(Self.quoted(images)), \(brand.map(Self.quoted) ?? "NULL"), \(Self.quoted(attributes)), '\(currency)', \(price), '\(status)', \(createdAt), \
            \(createdAt));

            """
        for (position, variant) in variants.enumerated() {
            sql += """
                INSERT INTO variant (id, product_id, sku, name, options, option_order, compare_at_price, price, position, active) VALUES \
                ('\(variant.id)', '\(id)', \(Self.quoted(variant.sku)), \(Self.quoted(variant.sku)), \
                \(Self.quoted(variant.options)), '\(variant.optionOrder)', \(variant.compareAtPrice.map(String.init) ?? "NULL"), \
                \(variant.price), \(position), \(variant.isActive));
                INSERT INTO stock (variant_id, on_hand) VALUES ('\(variant.id)', \(variant.stock));
                INSERT INTO stock_movement (variant_id, on_hand, reserved, reason) VALUES \
                ('\(variant.id)', \(variant.stock), 0, 'import');

                """
        }
        return sql
    }

    private static func ancestors(_ path: String) -> [String] {
        let parts = path.split(separator: "/")
        return parts.indices.map { parts[...$0].joined(separator: "/") }
    }

    static func quoted(_ text: String) -> String {
        "'" + text.replacingOccurrences(of: "'", with: "''") + "'"
    }
}
