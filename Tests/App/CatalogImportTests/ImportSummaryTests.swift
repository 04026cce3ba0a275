import Foundation
import PostgresClient
import ShopTestSupport
import TestSupport
import Testing

@testable import CatalogImport

/// What lists show of a product is kept with its row by every writer.
@Suite("Summaries of products")
struct ImportSummaryTests {
    private static let tee = #"""
        {"id":"1","name":"A \"tee\" \\ é茶","price":1250,"compare_at_price":1500,"brand":"Smith, \"Sons\"","tags":["a\"b","ü"],
        "category":"Wear/Töps & \"more\"","images":[{"url":"/a.jpg","alt":"A \\ \"b\""}],
        "variants":[{"sku":"A","price":1250,"options":{"size":"S"}},{"sku":"B","price":1400,"options":{"size":"M"}}]}
        """#.replacingOccurrences(of: "\n", with: "")

    /// The two parts of the JSON of each product, put together as for one that is sold out.
    private static func shown(_ shop: ShopDatabase) throws -> [[String: Any]] {
        let rows = try shop.query(
            """
            SELECT encode(substr(s, 5, n), 'hex') || encode(convert_to('false', 'UTF8'), 'hex') || encode(substr(s, 5 + n), 'hex')
            FROM (SELECT slug, s, ('x' || encode(substr(s, 1, 4), 'hex'))::bit(32)::integer AS n FROM (
                SELECT slug, substr(summary, 22 + 16 * cardinality(variants)) AS s FROM product) p) p ORDER BY slug
            """)
        return try rows.split(separator: "\n").map { row in
            let digits = Array(row.utf8)
            let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
                UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
            }
            return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        }
    }

    private static func sound(_ shop: ShopDatabase) throws {
        #expect(try shop.violations() == "")
    }

    @Test("a list shows what the import wrote, with any characters")
    func characters() throws {
        let shop = try ShopDatabase()
        try shop.load(Self.tee)
        try Self.sound(shop)
        let product = try #require(try Self.shown(shop).first)
        #expect(product["name"] as? String == #"A "tee" \ é茶"#)
        #expect(product["brand"] as? String == #"Smith, "Sons""#)
        #expect(product["tags"] as? [String] == ["a\"b", "ü"])
        #expect((product["category"] as? [String: Any])?["name"] as? String == #"Töps & "more""#)
        #expect((product["image"] as? [String: Any])?["alt"] as? String == #"A \ "b""#)
        #expect((product["price_range"] as? [String: [String: Any]])?["max"]?["amount"] as? Int == 140_000)
        #expect((product["compare_at_price"] as? [String: Any])?["amount"] as? Int == 150_000)
        #expect(product["variant_count"] as? Int == 2 && product["in_stock"] as? Bool == false)
        #expect(product["status"] as? String == "active")
        let times = try shop.query(
            #"SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM product"#)
        #expect(product["created_at"] as? String == times)
    }

    @Test("it follows every writer: of the product, its variants, its category")
    func writers() throws {
        let shop = try ShopDatabase()
        try shop.load(#"{"id":"1","name":"A","price":1,"category":"Home/Cups"}"#)
        func last(_ key: String) throws -> String { String(describing: try Self.shown(shop).first?[key] ?? "") }
        _ = try shop.query("UPDATE product SET name = 'B', brand = 'Acme', price = 7; UPDATE variant SET price = 7")
        try Self.sound(shop)
        #expect(try last("name") == "B" && last("brand") == "Acme" && last("price_range").contains("7"))
        // As the release before inserts them.
        _ = try shop.query(
            """
            INSERT INTO variant (id, product_id, sku, name, price, position) SELECT gen_random_uuid(), id, 'X', 'X', 3, 1 FROM product;
            INSERT INTO stock (variant_id) SELECT id FROM variant WHERE sku = 'X'
            """)
        try Self.sound(shop)
        #expect(try last("variant_count") == "2")
        _ = try shop.query("UPDATE variant SET active = false WHERE sku = 'X'")
        try Self.sound(shop)
        #expect(try last("variant_count") == "1")
        _ = try shop.query("UPDATE category SET name = 'Mugs' WHERE slug = 'cups'")
        try Self.sound(shop)
        #expect(try last("category").contains("Mugs"))
        let editor = try CategoryEditor(BlockingConnection(connectionString: shop.database.url))
        _ = try editor.rename("cups", to: "Beakers")
        try Self.sound(shop)
        #expect(try last("category").contains("beakers"))
        _ = try editor.merge("beakers", into: "home")
        try Self.sound(shop)
        #expect(try last("category").contains("home"))
    }

    @Test("the procedure fills in products from before, and makes caches read lists again")
    func fill() throws {
        let shop = try ShopDatabase()
        try shop.load(Self.tee)
        let summary = try shop.query("SELECT summary FROM product")
        let version = try shop.query("SELECT version FROM catalog_version")
        _ = try shop.query("UPDATE product SET summary = NULL")
        _ = try shop.query("CALL product_summary_fill()")
        #expect(try shop.query("SELECT summary FROM product") == summary)
        _ = try shop.query(
            """
            ALTER TABLE product DISABLE TRIGGER product_summary_keep; UPDATE product SET summary = NULL, variants = '{}';
            ALTER TABLE product ENABLE TRIGGER product_summary_keep; CALL product_summary_fill()
            """)
        #expect(try shop.query("SELECT summary FROM product") == summary)
        #expect(try shop.query("SELECT version FROM catalog_version") != version)
    }

    /// Without the lock in `product_depth_refresh()`, a transaction that waited for another one wrote a range of prices of before.
    @Test("two writers of one product, and one of its category, never leave a summary that differs from its rows")
    func concurrentWriters() async throws {
        let shop = try ShopDatabase()
        try shop.load(
            #"{"id":"1","name":"A","price":5,"category":"Cups","variants":[{"sku":"A","price":5},{"sku":"B","price":5},{"sku":"C","price":5}]}"#
        )
        let url = shop.database.url
        await withTaskGroup(of: Int.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    (try? await onOwnThread {
                        var random = SeededGenerator(seed: UInt64(writer))
                        let connection = try BlockingConnection(connectionString: url)
                        // A category is locked before its products, and a product before its category.
                        try connection.execute("SET deadlock_timeout = '20ms'")
                        var written = 0
                        for _ in 0..<60 {
                            let (sku, number) = (
                                ["A", "B", "C"].randomElement(using: &random) ?? "A", Int64.random(in: 1...99, using: &random)
                            )
                            do {
                                switch writer {
                                case 0: try connection.query("UPDATE category SET name = \("Cups \(number)")")
                                case 1 where number % 4 == 0: try connection.query("UPDATE product SET name = \("A \(number)")")
                                default:
                                    try connection.query(
                                        "UPDATE variant SET price = \(number), active = \(number % 5 > 0) WHERE sku = \(sku)")
                                }
                                written += 1
                            } catch let error as PostgresError where error.sqlState == SQLState.deadlockDetected { continue }
                        }
                        return written
                    }) ?? 0
                }
            }
            for await written in group { #expect(written > 30) }
        }
        // Each writer's last transaction may have been the last of all.
        #expect(
            try shop.query(
                """
                SELECT p.summary = product_summary(p), p.variants = v.variants, p.price_min = v.low, p.price_max = v.high FROM product p
                CROSS JOIN (SELECT coalesce(array_agg(id ORDER BY position, id), '{}') AS variants, coalesce(min(price), 5) AS low,
                    coalesce(max(price), 5) AS high FROM variant WHERE active) v
                """) == "t|t|t|t")
    }
}
