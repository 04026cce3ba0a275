import ShopTestSupport
import TestSupport
import Testing

@testable import CatalogImport

/// Against a real server, each test in a shop of its own.
@Suite("Categories of imported rows")
struct ImportCategoryTests {
    private func rows(_ categories: [String]) -> String {
        categories.enumerated().map { index, category in
            let escaped = category.replacing("\\", with: "\\\\")
            return #"{"id": \#(index), "name": "N \#(index)", "price": 1, "category": "\#(escaped)"}"#
        }.joined(separator: "\n")
    }

    private func tree(_ shop: ShopDatabase) throws -> String {
        try shop.query("SELECT path || ' ' || name FROM category ORDER BY path")
    }

    private func places(_ shop: ShopDatabase) throws -> [String] {
        try shop.query("SELECT c.slug FROM product p JOIN category c ON c.id = p.category_id ORDER BY p.external_id::int")
            .split(separator: "\n").map(String.init)
    }

    @Test("Names that make one slug, or none of ASCII, are categories of their own, which every import finds again")
    func apart() throws {
        let shop = try ShopDatabase()
        let text = rows(["C", "C++", "C#", "茶", "油", "Чай", "Müll", "Home/Tee", "Garden/Tee", "c", " home /  TEE"])
        try shop.load(text)
        // Numbers follow the order of the names, not of the rows.
        #expect(try places(shop) == ["c", "c-3", "c-2", "茶", "油", "chay", "muell", "tee-2", "tee", "c", "tee-2"])
        #expect(try shop.violations() == "")
        let snapshot = try shop.snapshot()
        #expect(try shop.load(text).report.unchanged == 11)
        #expect(try shop.snapshot() == snapshot)
    }

    @Test("Case, white space and composition make no difference, in any order of the rows")
    func folded() throws {
        let names = ["Straße/Café", "STRASSE/CAFE\u{301}", "strasse / café", " Straße  /Café"]
        for order in [names, names.reversed()] {
            let shop = try ShopDatabase()
            #expect(try shop.load(rows(order)).report.categories == 2)
            #expect(Set(try places(shop)) == ["cafe"])
        }
    }

    @Test("A name without a path is at the root")
    func root() throws {
        let shop = try ShopDatabase()
        try shop.load(rows(["Home/Kitchen"]))
        try shop.load(rows(["Home/Kitchen", "Kitchen", "Kitchen/Knives"]))
        #expect(try tree(shop) == "home Home\nhome/kitchen Kitchen\nkitchen-2 Kitchen\nkitchen-2/knives Knives")
    }

    @Test("A backslash makes a slash part of a name; another separator makes all slashes so")
    func separators() throws {
        let shop = try ShopDatabase()
        try shop.load(rows([#"Parts/Input\/Output"#]))
        #expect(try tree(shop) == "parts Parts\nparts/input-output Input/Output")
        let path = try #require(CategoryPath(separator: ">"))
        #expect(try shop.load(rows(["Parts > Input/Output"]), categoryPath: path).report.categories == 0)
        #expect(try shop.load(rows([#"Parts > A\>B/C"#]), categoryPath: path).report.categories == 1)
        #expect(try shop.query("SELECT name, slug FROM category WHERE slug LIKE 'a%'") == "A>B/C|a-b-c")
        #expect(try shop.violations() == "")
    }

    @Test("A slug that an earlier release gave stays")
    func earlier() throws {
        let shop = try ShopDatabase()
        let text = rows(["茶", "Müll/油"])
        try shop.load(text)
        _ = try shop.query(
            """
            UPDATE category SET slug = 'item', path = 'item' WHERE name = '茶';
            UPDATE category SET slug = 'mull', path = 'mull' WHERE name = 'Müll';
            UPDATE category SET slug = 'item-2', path = 'mull/item-2' WHERE name = '油'
            """)
        let snapshot = try shop.snapshot()
        #expect(try shop.load(text).report.unchanged == 2)
        #expect(try shop.snapshot() == snapshot)
    }

    @Test("Thousands of random paths make the same tree in any order, and nothing the second time")
    func random() throws {
        var random = SeededGenerator(seed: 1_414)
        let words = ["C", "C++", "C#", "c", "茶", "油", "Tee", "tee", "Чай", "Chay", "A & B", "A\\/B", "Müll", "Mull", "Straße"]
        let paths = (0..<2_000).map { _ in
            (0..<Int.random(in: 1...3, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }.joined(
                separator: "/")
        }
        let shop = try ShopDatabase()
        try shop.load(rows(paths))
        #expect(try shop.violations() == "")
        let snapshot = try shop.snapshot()
        #expect(try shop.load(rows(paths)).report.unchanged == 2_000)
        #expect(try shop.snapshot() == snapshot)
        let other = try ShopDatabase()
        try other.load(rows(paths.shuffled(using: &random)))
        let names = "SELECT lower(string_agg(name, '/' ORDER BY path)) FROM category"
        #expect(try other.query("SELECT count(*) FROM category") == shop.query("SELECT count(*) FROM category"))
        #expect(try other.query(names).count == shop.query(names).count)
    }
}
