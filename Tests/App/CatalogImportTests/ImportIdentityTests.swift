import ShopTestSupport
import TestSupport
import Testing

@testable import CatalogImport

@Suite("Which product a row is")
struct ImportIdentityTests {
    private func lines(_ rows: String...) -> String { rows.joined(separator: "\n") }

    @Test("Its id, whatever else changed; the slug stays what it was")
    func byID() throws {
        let shop = try ShopDatabase()
        try shop.load(#"{"id": "x", "sku": "S", "name": "Mug", "price": 1}"#)
        let outcome = try shop.load(#"{"id": "x", "sku": "T", "name": "Cup", "price": 2}"#)
        #expect(outcome.report.updated == 1)
        #expect(
            try shop.query("SELECT p.slug, p.name, p.price, v.sku, v.price FROM product p JOIN variant v ON v.product_id = p.id")
                == "mug|Cup|200|T|200")
    }

    @Test("Else its SKU, else its slug; an id that the product has not had yet is given to it")
    func bySKUAndSlug() throws {
        let shop = try ShopDatabase()
        try shop.load(lines(#"{"sku": "S", "name": "Mug", "price": 1}"#, #"{"slug": "cup", "name": "Cup", "price": 1}"#))
        let outcome = try shop.load(
            lines(
                #"{"id": 1, "sku": "S", "name": "Mug B", "price": 1}"#, #"{"id": 2, "slug": "cup", "name": "Cup B", "price": 1}"#)
        )
        #expect(outcome.report.updated == 2)
        #expect(try shop.query("SELECT external_id, slug, name FROM product ORDER BY 1") == "1|mug|Mug B\n2|cup|Cup B")
        #expect(
            try shop.load(lines(#"{"id": 1, "name": "Mug B", "price": 1}"#, #"{"id": 2, "name": "Cup B", "price": 1}"#))
                .report.unchanged == 2)
    }

    @Test("The SKU of any of its variants")
    func byVariantSKU() throws {
        let shop = try ShopDatabase()
        try shop.load(#"{"name": "Tee", "price": 1, "variants": [{"sku": "T-S"}, {"sku": "T-M"}]}"#)
        let outcome = try shop.load(#"{"name": "T-shirt", "price": 1, "variants": [{"sku": "T-M"}, {"sku": "T-L"}]}"#)
        #expect(outcome.report.updated == 1)
        #expect(try shop.query("SELECT sku, active, position FROM variant ORDER BY sku") == "T-L|t|1\nT-M|t|0\nT-S|f|0")
        #expect(try shop.violations() == "")
    }

    @Test("With nothing but a name: the first row of it the first product, the second the second")
    func byName() throws {
        let shop = try ShopDatabase()
        let text = lines(
            #"{"name": "Mug", "price": 1}"#, #"{"name": "Mug", "price": 2}"#, #"{"name": "MUG", "price": 3}"#,
            #"{"name": "Mug 2", "price": 4}"#, #"{"name": "Mug", "price": 5}"#)
        try shop.load(text)
        let slugs = try shop.query("SELECT slug, price FROM product ORDER BY price")
        #expect(slugs == "mug|100\nmug-3|200\nmug-4|300\nmug-2|400\nmug-5|500")
        let snapshot = try shop.snapshot()
        #expect(try shop.load(text).report.unchanged == 5)
        #expect(try shop.snapshot() == snapshot)
        // Fewer rows: those that are left are still who they were.
        #expect(try shop.load(lines(#"{"name": "Mug 2", "price": 4}"#, #"{"name": "MUG", "price": 3}"#)).report.unchanged == 2)
        #expect(try shop.load(lines(#"{"name": "Mug", "price": 1}"#)).report.unchanged == 1)
    }

    @Test("A name alone finds the product of its slug, but never one that another row is")
    func byNameSlug() throws {
        let shop = try ShopDatabase()
        try shop.load(#"{"id": 1, "name": "Mug", "price": 1}"#)
        #expect(try shop.load(#"{"name": "Mug", "price": 2}"#).report.updated == 1)
        let text = lines(#"{"name": "Mug", "price": 3}"#, #"{"id": 1, "name": "Mug", "price": 4}"#)
        #expect(try shop.load(text).report.created == 1)
        #expect(try shop.query("SELECT external_id, slug, price FROM product ORDER BY slug") == "1|mug|400\n|mug-2|300")
        #expect(try shop.load(text).report.unchanged == 2)
    }

    @Test("Names that repeat get slugs of their own, which they keep in whatever order they come again")
    func repeatedNames() throws {
        let shop = try ShopDatabase()
        try shop.load(lines(#"{"id": 1, "name": "Mug", "price": 1}"#, #"{"id": 2, "name": "Mug", "price": 1}"#))
        let outcome = try shop.load(
            lines(
                #"{"id": 3, "name": "mug!", "price": 1}"#, #"{"id": 2, "name": "Mug", "price": 1}"#,
                #"{"id": 1, "name": "Mug", "price": 1}"#))
        #expect(outcome.report.created == 1)
        #expect(outcome.report.unchanged == 2)
        #expect(try shop.query("SELECT external_id, slug FROM product ORDER BY 1") == "1|mug\n2|mug-2\n3|mug-3")
    }

    @Test("Thousands of one name get the numbers 2 to the last, past those that others have already")
    func thousandsOfOneName() throws {
        let shop = try ShopDatabase()
        try shop.load(
            lines(#"{"slug": "mug-3", "name": "Third", "price": 1}"#, #"{"slug": "mug-1000", "name": "Far", "price": 1}"#))
        let text = (0..<4_000).map { "{\"id\": \($0), \"name\": \"Mug\", \"price\": 1}" }.joined(separator: "\n")
        #expect(try shop.load(text).report.created == 4_000)
        #expect(
            try shop.query(
                "SELECT count(*), max(substring(slug FROM '[0-9]+$')::int) FROM product WHERE name = 'Mug'") == "4000|4002")
        #expect(
            try shop.query("SELECT slug FROM product WHERE external_id IN ('0', '1', '2', '998') ORDER BY external_id::int")
                == "mug\nmug-2\nmug-4\nmug-1001")
        #expect(try shop.load(text).report.unchanged == 4_000)
    }

    @Test("A long name's slug has room for its number")
    func longNames() throws {
        let shop = try ShopDatabase()
        let name = String(repeating: "abcdefg ", count: 20)
        try shop.load((0..<120).map { "{\"id\": \($0), \"name\": \"\(name)\", \"price\": 1}" }.joined(separator: "\n"))
        #expect(try shop.query("SELECT count(DISTINCT slug), max(length(slug)) <= 80 FROM product") == "120|t")
        #expect(try shop.violations() == "")
    }

    @Test(
        "What belongs to another product is refused",
        arguments: [
            (#"{"id": 2, "sku": "S", "name": "B", "price": 1}"#, "sku"),
            (#"{"id": 2, "slug": "a", "name": "B", "price": 1}"#, "slug"),
            (#"{"slug": "c", "sku": "S", "name": "B", "price": 1}"#, "slug"),
            (#"{"id": 3, "sku": "S", "name": "C", "price": 1}"#, "sku"),
            (#"{"id": 3, "name": "C", "price": 1, "variants": [{"sku": "C"}, {"sku": "S"}]}"#, "variants/1/sku"),
        ])
    func foreign(row: String, field: String) throws {
        let shop = try ShopDatabase()
        try shop.load(
            lines(#"{"id": 1, "sku": "S", "name": "A", "price": 1}"#, #"{"id": 3, "slug": "c", "name": "C", "price": 1}"#))
        let snapshot = try shop.snapshot()
        let outcome = try shop.load(row)
        #expect(outcome.faults.map(\.field) == [field])
        #expect(outcome.faults.map(\.line) == [1])
        #expect(try shop.snapshot() == snapshot)
    }

    @Test(
        "What may be there once in a file is refused the second time, with the line of the first",
        arguments: [
            (#""id": 1"#, "id"), (#""sku": "S""#, "sku"), (#""slug": "s""#, "slug"),
            (#""variants": [{"sku": "V"}]"#, "variants/0/sku"),
        ])
    func twice(field: String, name: String) throws {
        let shop = try ShopDatabase()
        let text = lines(
            "{\(field), \"name\": \"A\", \"price\": 1}", "{\"name\": \"Other\", \"price\": 1}",
            "{\(field), \"name\": \"B\", \"price\": 2}")
        let outcome = try shop.load(text, onError: .skip)
        #expect(outcome.faults == [RowError(line: 3, field: name, reason: "is in line 1 already")])
        #expect(try shop.query("SELECT name FROM product ORDER BY 1") == "A\nOther")
    }

    @Test("Two rows that turn out to be one product: the second is refused")
    func sameProduct() throws {
        let shop = try ShopDatabase()
        try shop.load(#"{"id": 1, "sku": "S", "slug": "a", "name": "A", "price": 1}"#)
        let outcome = try shop.load(
            lines(#"{"id": 1, "name": "A", "price": 2}"#, #"{"sku": "S", "name": "A", "price": 3}"#), onError: .skip)
        #expect(outcome.faults == [RowError(line: 2, field: "", reason: "is the same product as line 1")])
        #expect(try shop.query("SELECT price FROM product") == "200")
    }

    @Test("A SKU that is missing is made of what the product is called: the same in every shop, and never one that is taken")
    func derivedSKUs() throws {
        let text = lines(
            #"{"id": 1, "name": "A", "price": 1}"#, #"{"slug": "b", "name": "B", "price": 1}"#,
            #"{"id": 3, "name": "C", "price": 1, "variants": [{"options": {"size": "S"}}, {"options": {"size": "M"}}, {"options": {"size": "M"}}]}"#
        )
        let list =
            "SELECT p.name, v.position, v.sku FROM variant v JOIN product p ON p.id = v.product_id WHERE p.name <> 'Squatter' ORDER BY 1, 2"
        let shop = try ShopDatabase()
        try shop.load(text)
        let skus = try shop.query(list)
        #expect(skus.split(separator: "\n").count == 5)
        #expect(try shop.query("SELECT count(*) FROM variant WHERE sku !~ '^P-[0-9A-F]{10}$'") == "0")
        let other = try ShopDatabase()
        try other.load(text)
        #expect(try other.query(list) == skus)
        #expect(try other.load(text).report.unchanged == 3)

        let taken = try #require(skus.split(separator: "\n").first?.split(separator: "|").last)
        let third = try ShopDatabase()
        try third.load("{\"id\": 9, \"sku\": \"\(taken)\", \"name\": \"Squatter\", \"price\": 1}")
        try third.load(text)
        #expect(try third.query(list).split(separator: "\n").dropFirst() == skus.split(separator: "\n").dropFirst())
        #expect(try third.load(text).report.unchanged == 3)
    }

    @Test("Names that differ are different products, also where their slugs would be one")
    func sameSlug() throws {
        let shop = try ShopDatabase()
        try shop.load(lines(#"{"name": "C", "price": 1}"#, #"{"name": "茶", "price": 2}"#))
        let text = lines(#"{"name": "C++", "price": 3}"#, #"{"name": "油", "price": 4}"#, #"{"name": "c", "price": 1}"#)
        #expect(try shop.load(text).report.created == 2)
        #expect(
            try shop.query("SELECT name, slug, price FROM product ORDER BY price")
                == "c|c|100\n茶|茶|200\nC++|c-2|300\n油|油|400")
        #expect(try shop.load(text).report.unchanged == 3)
    }

    @Test("Products of an earlier release, known by name alone, are found by the slugs that it made")
    func earlierSlugs() throws {
        let shop = try ShopDatabase()
        let rows = [#"{"name": "茶", "price": 1}"#, #"{"name": "Müll", "price": 2}"#, #"{"name": "茶", "price": 3}"#]
        try shop.load(rows.joined(separator: "\n"))
        // What the earlier release gave them.
        _ = try shop.query(
            """
            UPDATE product SET slug = CASE price WHEN 100 THEN 'item' WHEN 200 THEN 'mull' ELSE 'item-2' END
            """)
        let snapshot = try shop.snapshot()
        #expect(try shop.load(rows.joined(separator: "\n")).report.unchanged == 3)
        #expect(try shop.snapshot() == snapshot)
        #expect(try shop.load(#"{"name": "MÜLL", "price": 2}"#).report.updated == 1)
        let more = rows + [#"{"name": "茶", "price": 4}"#, #"{"name": "油", "price": 5}"#]
        #expect(try shop.load(more.joined(separator: "\n")).report.created == 2)
        #expect(
            try shop.query("SELECT slug, price FROM product ORDER BY price") == "item|100\nmull|200\nitem-2|300\n茶|400\n油|500")
        #expect(try shop.load(more.joined(separator: "\n")).report.unchanged == 5)
        #expect(try shop.violations() == "")
    }
}
