import Foundation
import PostgresClient
import ShopTestSupport
import TestSupport
import Testing

@testable import CatalogImport

/// What is shown of a product is kept by every writer.
@Suite("Documents of products")
struct ImportDocumentTests {
    private static let tee = #"""
        {"id":"1","name":"A \"tee\" \\ é茶","description":"Line 1\n\"Line\" 2: {\"a\": [1, 2]}","price":12.50,"compare_at_price":15,
        "brand":"Smith, \"Sons\"","tags":["a\"b","ü"],"category":"Wear/Töps & \"more\"/Tees",
        "attributes":{"colour":"red","sizes":["S, M","\"L\" : x"],"weight":{"value":1.2,"unit":"kg"}},
        "images":[{"url":"/a.jpg","alt":"A \\ \"b\" : [ {"}],
        "variants":[{"sku":"A","price":12.50,"options":{"size":"S","colour":"dark : \"red\""},"stock":3},
        {"sku":"B","price":14,"compare_at_price":14,"options":{"size":"M","colour":"b"}}]}
        """#.replacingOccurrences(of: "\n", with: "")

    /// The JSON of each product as it is shown with a stock of 7 for each variant.
    private static func texts(_ shop: ShopDatabase) throws -> [String] {
        let rows = try shop.query(
            """
            SELECT encode(document, 'hex') FROM product_document JOIN product p ON p.id = product_id ORDER BY slug
            """)
        return rows.split(separator: "\n").map { row in
            let digits = Array(row.utf8)
            let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
                UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
            }
            #expect(bytes.first == 1)
            var text: [UInt8] = []
            var rest = bytes.dropFirst()
            var places: [UInt8] = []
            while let byte = rest.popFirst() {
                guard byte < 0x20 else {
                    text.append(byte)
                    continue
                }
                text += byte == 1 ? Array("7".utf8) : Array("true".utf8)
                #expect(rest.popFirst() == 0)
                places.append(rest.popFirst() ?? .max)
            }
            // Two places for each variant, in their order.
            #expect(places == places.indices.map { UInt8($0 / 2) })
            return String(decoding: text, as: UTF8.self)
        }
    }

    private static func shown(_ shop: ShopDatabase) throws -> [[String: Any]] {
        try texts(shop).map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    private static func names(_ product: [String: Any]?) -> [String] {
        let category = product?["category"] as? [String: Any]
        return (category?["path"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    }

    private static let violations = """
        SELECT p.slug FROM product p LEFT JOIN product_document d ON d.product_id = p.id CROSS JOIN LATERAL product_document_of(p) w
        WHERE (d.variants, d.document) IS DISTINCT FROM (w.variants, w.document) OR p.summary IS DISTINCT FROM product_summary(p)
        """

    private static func sound(_ shop: ShopDatabase) throws {
        #expect(try shop.query(violations) == "")
    }

    @Test("a page shows what the import wrote, with any characters, its members in their order, and no spaces between them")
    func characters() throws {
        let shop = try ShopDatabase()
        try shop.load(Self.tee)
        #expect(try shop.violations() == "")
        let product = try #require(try Self.shown(shop).first)
        #expect(product["name"] as? String == #"A "tee" \ é茶"#)
        #expect((product["images"] as? [[String: Any]])?.first?["alt"] as? String == #"A \ "b" : [ {"#)
        #expect(Self.names(product) == ["Wear", #"Töps & "more""#, "Tees"])
        #expect((product["category"] as? [String: Any])?["name"] as? String == "Tees")
        #expect((product["price_range"] as? [String: [String: Any]])?["max"]?["amount"] as? Int == 1_400)
        let attributes = try #require(product["attributes"] as? [[String: Any]])
        #expect(attributes.map { $0["code"] as? String } == ["colour", "sizes", "weight"])
        #expect(attributes[1]["value"] as? [String] == ["S, M", #""L" : x"#])
        let ids = try shop.query("SELECT id FROM variant ORDER BY position").split(separator: "\n")
        let times = try shop.query(
            #"SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM product"#)
        let id = try shop.query("SELECT id FROM product")
        let text = try #require(try Self.texts(shop).first)
        #expect(text.hasPrefix(#"{"id":"\#(id)","slug":"#))
        let tail = #"""
            ,"brand":"Smith, \"Sons\"","attributes":[{"code":"colour","name":"colour","type":"colour","value":"red"},\#
            {"code":"sizes","name":"sizes","type":"choice","value":["S, M","\"L\" : x"]},\#
            {"code":"weight","name":"weight","type":"number","value":1.2,"unit":"kg"}],"tags":["a\"b","ü"],\#
            "images":[{"alt":"A \\ \"b\" : [ {","url":"/a.jpg"}],"price":{"amount":1250,"currency":"USD"},\#
            "price_range":{"min":{"amount":1250,"currency":"USD"},"max":{"amount":1400,"currency":"USD"}},"variants":[\#
            {"id":"\#(ids[0])","sku":"A","name":"S / dark : \"red\"","options":{"size":"S","colour":"dark : \"red\""},\#
            "price":{"amount":1250,"currency":"USD"},"compare_at_price":{"amount":1500,"currency":"USD"},"available":7,"in_stock":true},\#
            {"id":"\#(ids[1])","sku":"B","name":"M / b","options":{"size":"M","colour":"b"},\#
            "price":{"amount":1400,"currency":"USD"},"compare_at_price":null,"available":7,"in_stock":true}],\#
            "status":"active","created_at":"\#(times)","updated_at":"\#(times)"}
            """#
        #expect(text.hasSuffix(tail), "\(text)")
    }

    @Test("it follows every writer: of the product, its variants, categories above it, attributes")
    func writers() throws {
        let shop = try ShopDatabase()
        try shop.load(Self.tee)
        func after(_ sql: String) throws -> [String: Any] {
            _ = try shop.query(sql)
            try Self.sound(shop)
            return try Self.shown(shop).first ?? [:]
        }
        #expect(try after("UPDATE product SET description = 'New'")["description"] as? String == "New")
        #expect(
            (try after("UPDATE variant SET sku = sku || '-1'")["variants"] as? [[String: Any]])?[1]["sku"] as? String == "B-1")
        // As the release before inserts them.
        let added = try after(
            """
            INSERT INTO variant (id, product_id, sku, name, price, position) SELECT gen_random_uuid(), id, 'X', 'X', 3, -1 FROM product;
            INSERT INTO stock (variant_id) SELECT id FROM variant WHERE sku = 'X'
            """)
        #expect((added["variants"] as? [[String: Any]])?.map { $0["sku"] as? String } == ["X", "A-1", "B-1"])
        #expect((added["price_range"] as? [String: [String: Any]])?["min"]?["amount"] as? Int == 3)
        _ = try after("DELETE FROM stock WHERE variant_id IN (SELECT id FROM variant WHERE sku = 'X')")
        #expect((try after("DELETE FROM variant WHERE sku = 'X'")["variants"] as? [Any])?.count == 2)
        #expect(Self.names(try after("UPDATE category SET name = 'Clothes' WHERE slug = 'wear'")).first == "Clothes")
        #expect(try after("UPDATE attribute SET name = 'Weight, net' WHERE code = 'weight'").description.contains("Weight, net"))
        #expect((try after("UPDATE attribute SET shown = false WHERE code <> 'colour'")["attributes"] as? [Any])?.count == 1)
        #expect((try after("DELETE FROM attribute WHERE code = 'colour'")["attributes"] as? [Any])?.isEmpty == true)
        let again = try after("INSERT INTO attribute (code, name, type) VALUES ('colour', 'Farbe', 'colour')")
        #expect((again["attributes"] as? [[String: Any]])?.first?["name"] as? String == "Farbe")

        // What cannot be bought has none.
        #expect(try after("UPDATE variant SET active = false").isEmpty)
        #expect(!(try after("UPDATE variant SET active = true")).isEmpty)
        #expect(try after("UPDATE product SET status = 'archived'").isEmpty)
        #expect(try after("UPDATE product SET name = 'B'").isEmpty)
        #expect(try after("UPDATE product SET status = 'active'")["name"] as? String == "B")
        try shop.load(#"{"id":"1","name":"C","price":1}"#)
        #expect(try after("SELECT")["name"] as? String == "C")
        _ = try shop.query("DELETE FROM stock; DELETE FROM stock_movement; DELETE FROM product")
        #expect(try shop.query("SELECT count(*) FROM product_document") == "0")
    }

    @Test("a category that is renamed, moved or merged is shown so by products in it and below it")
    func categories() throws {
        let shop = try ShopDatabase()
        try shop.load(
            """
            {"id":"1","name":"A","price":1,"category":"Home/Kitchen/Cups"}
            {"id":"2","name":"B","price":1,"category":"Home/Kitchen"}
            {"id":"3","name":"C","price":1,"category":"Garden/Pots"}
            """)
        let editor = try CategoryEditor(BlockingConnection(connectionString: shop.database.url))
        func paths() throws -> [[String]] {
            try Self.sound(shop)
            return try Self.shown(shop).map(Self.names)
        }
        #expect(try paths() == [["Home", "Kitchen", "Cups"], ["Home", "Kitchen"], ["Garden", "Pots"]])
        let slug = try editor.rename("kitchen", to: "Cooking")
        #expect(try paths() == [["Home", "Cooking", "Cups"], ["Home", "Cooking"], ["Garden", "Pots"]])
        try editor.move(slug, below: "garden")
        #expect(try paths() == [["Garden", "Cooking", "Cups"], ["Garden", "Cooking"], ["Garden", "Pots"]])
        _ = try editor.merge(slug, into: "home")
        #expect(try paths() == [["Home", "Cups"], ["Home"], ["Garden", "Pots"]])
        try editor.move("garden", below: "home")
        #expect(try paths() == [["Home", "Cups"], ["Home"], ["Home", "Garden", "Pots"]])
    }

    @Test("the procedure fills in products from before, and makes caches read them again")
    func fill() throws {
        let shop = try ShopDatabase()
        try shop.load(Self.tee)
        try shop.load(#"{"id":"2","name":"B","price":1,"status":"draft"}"#)
        let documents = try shop.query("SELECT * FROM product_document")
        let version = try shop.query("SELECT version FROM catalog_version")
        _ = try shop.query("DELETE FROM product_document; CALL product_document_fill()")
        #expect(try shop.query("SELECT * FROM product_document") == documents)
        #expect(try shop.query("SELECT version FROM catalog_version") != version)
        // Repeated, it writes nothing.
        let rows = try shop.query("SELECT ctid, xmin FROM product_document")
        _ = try shop.query("CALL product_document_fill()")
        #expect(try shop.query("SELECT ctid, xmin FROM product_document") == rows)
    }

    /// It fails without `product_document_lock()`, and without the lock on products in `product_document_refresh()`.
    @Test(
        "writers of one product, its categories and attributes never leave another document, nor wait for each other in a circle")
    func concurrentWriters() async throws {
        let shop = try ShopDatabase()
        try shop.load(
            #"{"id":"1","name":"A","price":5,"category":"Home/Kitchen/Cups","attributes":{"colour":"red"},"# + #""variants":["#
                + #"{"sku":"A","price":5,"stock":9},{"sku":"B","price":5,"stock":9},{"sku":"C","price":5,"stock":9}]}"#)
        let url = shop.database.url
        try await withThrowingTaskGroup(of: Int.self) { group in
            for writer in 0..<6 {
                group.addTask {
                    try await onOwnThread {
                        var random = SeededGenerator(seed: UInt64(writer))
                        let connection = try BlockingConnection(connectionString: url)
                        var written = 0
                        for _ in 0..<50 {
                            let (sku, slug, number) = (
                                ["A", "B", "C"].randomElement(using: &random) ?? "A",
                                ["home", "kitchen", "cups"].randomElement(using: &random) ?? "home",
                                Int64.random(in: 1...99, using: &random)
                            )
                            try connection.transaction {
                                switch writer {
                                case 0:
                                    try connection.query("UPDATE category SET name = \("Cups \(number)") WHERE slug = \(slug)")
                                    try connection.query("UPDATE category SET updated_at = now()")
                                case 1: try connection.query("UPDATE attribute SET name = \("Colour \(number)")")
                                case 2:
                                    // As an import: variants, then their product.
                                    try connection.query("UPDATE variant SET name = \("A \(number)") WHERE sku = \(sku)")
                                    try connection.query("UPDATE product SET name = \("A \(number)")")
                                case 3:
                                    try connection.query(
                                        "UPDATE stock SET on_hand = \(Int32(number)) WHERE variant_id IN (SELECT id FROM variant WHERE sku = \(sku))"
                                    )
                                default:
                                    try connection.query(
                                        """
                                        UPDATE variant SET price = \(number), compare_at_price = \(number * 2), active = \(number % 5 > 0) \
                                        WHERE sku = \(sku)
                                        """)
                                }
                            }
                            written += 1
                        }
                        return written
                    }
                }
            }
            for try await written in group { #expect(written == 50) }
        }
        try Self.sound(shop)
    }
}
