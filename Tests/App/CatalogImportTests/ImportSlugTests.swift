import ShopTestSupport
import TestSupport
import Testing

@testable import CatalogImport

/// Slugs that an import changes, and what remains of the former ones.
@Suite("Changed slugs")
struct ImportSlugTests {
    private func row(_ id: Int, _ slug: String, stock: Int? = nil) -> String {
        #"{"id": \#(id), "name": "P \#(id)", "slug": "\#(slug)", "price": 1\#(stock.map { ", \"stock\": \($0)" } ?? "")}"#
    }

    private func lines(_ rows: [String]) -> String { rows.joined(separator: "\n") }

    private func slugs(_ shop: ShopDatabase) throws -> String {
        try shop.query("SELECT external_id, slug FROM product ORDER BY external_id::int")
    }

    private func history(_ shop: ShopDatabase) throws -> String {
        try shop.query(
            "SELECT s.slug, p.external_id FROM product_slug s JOIN product p ON p.id = s.product_id ORDER BY s.slug")
    }

    @Test("The former slug is kept; a slug that comes back is in use again")
    func kept() throws {
        let shop = try ShopDatabase()
        try shop.load(row(1, "a"))
        try shop.load(row(1, "b"))
        try shop.load(row(1, "c"))
        #expect(try history(shop) == "a|1\nb|1")
        #expect(try shop.load(row(1, "c")).report.unchanged == 1)
        try shop.load(row(1, "a"))
        #expect(try slugs(shop) == "1|a")
        #expect(try history(shop) == "a|1\nb|1\nc|1")
    }

    @Test("Two products swap their slugs in one import, more in a circle, and a new one takes a slug that is given up")
    func swaps() throws {
        let shop = try ShopDatabase()
        try shop.load(lines([row(1, "a"), row(2, "b"), row(3, "c")]))
        #expect(try shop.load(lines([row(1, "b"), row(2, "a")])).report.updated == 2)
        #expect(try slugs(shop) == "1|b\n2|a\n3|c")
        #expect(try history(shop) == "a|1\nb|2")
        #expect(try shop.load(lines([row(1, "c"), row(2, "b"), row(3, "a")])).report.updated == 3)
        #expect(try slugs(shop) == "1|c\n2|b\n3|a")
        #expect(try history(shop) == "a|2\nb|1\nc|3")
        let outcome = try shop.load(lines([row(4, "c"), row(1, "d")]))
        #expect(outcome.faults.isEmpty && outcome.report.created == 1 && outcome.report.updated == 1)
        #expect(try slugs(shop) == "1|d\n2|b\n3|a\n4|c")
        #expect(try history(shop) == "a|2\nb|1\nc|1")
        #expect(try shop.query("SELECT count(*) FROM product_slug WHERE slug LIKE '~%'") == "0")
        #expect(try shop.violations() == "")
    }

    @Test("A slug whose product keeps it is refused, and with it what depends on it")
    func refused() throws {
        let shop = try ShopDatabase()
        try shop.load(lines([row(1, "a"), row(2, "b", stock: 5), row(3, "c")]))
        #expect(try shop.load(row(1, "b")).faults == [RowError(line: 1, field: "slug", reason: "belongs to another product")])
        // Orders hold more of the second product than its row has, so it stays, and keeps its slug.
        _ = try shop.query(
            """
            UPDATE stock SET reserved = 3 WHERE variant_id = (SELECT v.id FROM variant v JOIN product p ON p.id = v.product_id
            WHERE p.external_id = '2')
            """)
        let outcome = try shop.load(lines([row(1, "b"), row(2, "z", stock: 1), row(3, "a")]), onError: .skip)
        #expect(outcome.faults.map(\.line) == [2, 1, 3])
        #expect(outcome.faults.map(\.field) == ["stock", "slug", "slug"])
        #expect(try slugs(shop) == "1|a\n2|b\n3|c")
        #expect(try history(shop) == "")
    }

    @Test("Random exchanges of slugs end as the file says, and each former slug leads to the last that had it")
    func random() throws {
        var random = SeededGenerator(seed: 77)
        let shop = try ShopDatabase()
        let slugs = (0..<40).map { "s\($0)-x" }
        var current = Array(slugs.prefix(30))
        try shop.load(lines(current.enumerated().map { row($0, $1) }))
        var last: [String: Int] = [:]
        for _ in 0..<25 {
            let changed = Array(slugs.shuffled(using: &random).prefix(30))
            for (id, slug) in current.enumerated() where changed[id] != slug { last[slug] = id }
            current = changed
            #expect(try shop.load(lines(current.enumerated().map { row($0, $1) }.shuffled(using: &random))).faults.isEmpty)
            #expect(try self.slugs(shop) == current.enumerated().map { "\($0)|\($1)" }.joined(separator: "\n"))
            #expect(try history(shop) == last.sorted { $0.key < $1.key }.map { "\($0.key)|\($0.value)" }.joined(separator: "\n"))
        }
    }

    @Test("Any statement that changes a slug leaves the former one, as those of the release before do")
    func statements() throws {
        let shop = try ShopDatabase()
        try shop.load(#"{"id": 1, "name": "A", "slug": "a", "price": 1, "category": "Tee"}"#)
        _ = try shop.query(
            "UPDATE product SET slug = 'b'; UPDATE product SET slug = 'b'; UPDATE category SET slug = 'shirts', path = 'shirts'")
        #expect(try history(shop) == "a|1")
        #expect(
            try shop.query("SELECT s.slug, c.slug FROM category_slug s JOIN category c ON c.id = s.category_id") == "tee|shirts")
        _ = try shop.query("DELETE FROM stock; DELETE FROM variant; DELETE FROM product")
        #expect(try shop.query("SELECT count(*) FROM product_slug") == "0")
    }
}
