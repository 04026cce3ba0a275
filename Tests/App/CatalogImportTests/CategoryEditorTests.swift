import PostgresClient
import ShopTestSupport
import TestSupport
import Testing

@testable import CatalogImport

/// Against a real server, each test in a shop of its own.
@Suite("Changes of categories")
struct CategoryEditorTests {
    private struct Stage {
        let shop: ShopDatabase
        let editor: CategoryEditor

        /// A shop with a product in each of these categories.
        init(_ categories: String...) throws {
            shop = try ShopDatabase()
            let rows = categories.enumerated().map { #"{"id": \#($0), "name": "N \#($0)", "price": 1, "category": "\#($1)"}"# }
            try shop.load(rows.joined(separator: "\n"))
            editor = try CategoryEditor(BlockingConnection(connectionString: shop.database.url))
        }

        func tree() throws -> String { try shop.query("SELECT path || ' ' || name FROM category ORDER BY path") }
        func history() throws -> String {
            try shop.query("SELECT s.slug, c.slug FROM category_slug s JOIN category c ON c.id = s.category_id ORDER BY 1")
        }
        func version() throws -> String { try shop.query("SELECT version FROM catalog_version") }

        /// Expects an error, and that nothing has changed.
        func refuses(_ error: CategoryError, _ body: (CategoryEditor) throws -> Void) throws {
            let before = try shop.snapshot()
            #expect(throws: error) { try body(editor) }
            #expect(try shop.snapshot() == before)
        }
    }

    @Test("A list has each category after its parent, with its names and products")
    func list() throws {
        let stage = try Stage("Home/Kitchen", #"Home/In\\/Out"#, "茶", "Home/Kitchen")
        #expect(
            try stage.editor.list() == [
                .init(slug: "home", names: ["Home"], products: 0), .init(slug: "in-out", names: ["Home", "In/Out"], products: 1),
                .init(slug: "kitchen", names: ["Home", "Kitchen"], products: 2), .init(slug: "茶", names: ["茶"], products: 1),
            ])
    }

    @Test("A new name brings its slug, here and in the paths below, and the former slug stays known")
    func rename() throws {
        let stage = try Stage("Home/Kitchen/Knives", "Home-Office", "Küche")
        let version = try stage.version()
        #expect(try stage.editor.rename("home", to: "  House &  Hearth ") == "house-hearth")
        #expect(
            try stage.tree()
                == "home-office Home-Office\nhouse-hearth House & Hearth\nhouse-hearth/kitchen Kitchen\n"
                + "house-hearth/kitchen/knives Knives\nkueche Küche")
        #expect(try stage.history() == "home|house-hearth")
        #expect(try stage.version() != version)
        // A slug that is taken gets a number; a name of the same slug keeps it.
        #expect(try stage.editor.rename("kueche", to: "Kitchen") == "kitchen-2")
        #expect(try stage.editor.rename("kitchen-2", to: "KITCHEN!") == "kitchen-2")
        #expect(try stage.editor.rename("kitchen-2", to: "home") == "home")
        #expect(try stage.history() == "home|house-hearth\nkitchen-2|home\nkueche|home")
        #expect(try stage.shop.violations() == "")
        try stage.refuses(.nameTaken("home", slug: "home")) { _ = try $0.rename("home-office", to: "HOME") }
        try stage.refuses(.unknown("kueche", now: "home")) { _ = try $0.rename("kueche", to: "x") }
        try stage.refuses(.unknown("none", now: nil)) { _ = try $0.rename("none", to: "x") }
        for name in ["", "  ", "a\u{7}b", String(repeating: "x", count: 201)] {
            try stage.refuses(.name) { _ = try $0.rename("home", to: name) }
        }
    }

    @Test("A category moves with all below it, keeps its slug, and never into itself")
    func move() throws {
        let stage = try Stage("Home/Kitchen", "Home/Kitchen/Knives", "Yard/Kitchen", "a/b/c/d/e/f/g/h", "Home")
        try stage.editor.move("kitchen", below: nil)
        #expect(try stage.tree().contains("kitchen Kitchen\nkitchen/knives Knives"))
        try stage.refuses(.nameTaken("Kitchen", slug: "kitchen-2")) { try $0.move("kitchen", below: "yard") }
        try stage.refuses(.circle("kitchen", "knives")) { try $0.move("kitchen", below: "knives") }
        try stage.refuses(.circle("kitchen", "kitchen")) { try $0.move("kitchen", below: "kitchen") }
        try stage.refuses(.depth) { try $0.move("home", below: "h") }
        try stage.refuses(.depth) { try $0.move("kitchen", below: "g") }
        try stage.editor.move("knives", below: "g")
        #expect(try stage.shop.query("SELECT path FROM category WHERE slug = 'knives'") == "a/b/c/d/e/f/g/knives")
        #expect(try stage.history() == "")
        #expect(try stage.shop.violations() == "")
    }

    @Test("A category that is merged leaves its products, the categories below it and its slugs to the other one")
    func merge() throws {
        let stage = try Stage("Tees/Long", "Tees", "Tees", "Shirts/Short", "Shirts", "Old")
        _ = try stage.editor.rename("old", to: "Ancient")
        #expect(try stage.editor.merge("ancient", into: "tees") == 1)
        #expect(try stage.editor.merge("tees", into: "shirts") == 3)
        #expect(try stage.tree() == "shirts Shirts\nshirts/long Long\nshirts/short Short")
        #expect(try stage.history() == "ancient|shirts\nold|shirts\ntees|shirts")
        #expect(
            try stage.shop.query(
                "SELECT c.slug, count(*) FROM product p JOIN category c ON c.id = p.category_id GROUP BY 1 ORDER BY 1")
                == "long|1\nshirts|4\nshort|1")
        #expect(try stage.shop.violations() == "")
        try stage.refuses(.circle("shirts", "long")) { _ = try $0.merge("shirts", into: "long") }
        try stage.refuses(.unknown("tees", now: "shirts")) { _ = try $0.merge("tees", into: "long") }
        // A category below the other one goes up into it.
        #expect(try stage.editor.merge("long", into: "shirts") == 1)
        let other = try Stage("A/Same", "B/same")
        try other.refuses(.nameTaken("same", slug: "same-2")) { _ = try $0.merge("a", into: "b") }
    }

    @Test("Only an empty category is deleted")
    func delete() throws {
        let stage = try Stage("Home/Kitchen", "Empty/Too")
        try stage.refuses(.notEmpty("home", products: 0, children: 1)) { try $0.delete("home") }
        try stage.refuses(.notEmpty("kitchen", products: 1, children: 0)) { try $0.delete("kitchen") }
        _ = try stage.shop.query("UPDATE product SET status = 'archived', category_id = NULL WHERE external_id = '1'")
        let version = try stage.version()
        try stage.editor.delete("too")
        try stage.editor.delete("empty")
        #expect(try stage.tree() == "home Home\nhome/kitchen Kitchen")
        #expect(try stage.version() != version)
    }

    @Test("Products whose category has another name or slug are told as changed, if a target wants to know")
    func events() throws {
        let stage = try Stage("Tees", "Shirts", "Shirts")
        _ = try stage.shop.query(
            """
            INSERT INTO event_target (id, kind, address, events, state) VALUES
            ('00000000-0000-7000-8000-000000000009', 'webhook', 'https://example.com/', '{*}', 'active'); DELETE FROM outbox
            """)
        _ = try stage.editor.rename("tees", to: "T-Shirts")
        #expect(try stage.shop.query("SELECT payload::json->'category'->>'slug' FROM outbox ORDER BY 1") == "t-shirts")
        _ = try stage.editor.merge("shirts", into: "t-shirts")
        #expect(try stage.shop.query("SELECT count(*) FROM outbox WHERE payload::json->'category'->>'slug' = 't-shirts'") == "3")
    }

    @Test("Random changes keep the tree whole, and every former slug leads to a category")
    func random() throws {
        var random = SeededGenerator(seed: 9)
        let stage = try Stage("a/b/c", "a/d", "e/f", "g", "h/i/j/k", "l", "m/n")
        let names = ["A", "B", "Tee", "tee!", "茶", "油", "C", "C++", "Müll"]
        var done = 0
        for _ in 0..<300 {
            let slugs = try stage.editor.list().map(\.slug)
            guard slugs.count > 2, let slug = slugs.randomElement(using: &random), let other = slugs.randomElement(using: &random)
            else {
                break
            }
            do {
                switch Int.random(in: 0..<12, using: &random) {
                case 0: _ = try stage.editor.merge(slug, into: other)
                case 1: try stage.editor.delete(slug)
                case 2..<6: try stage.editor.move(slug, below: Bool.random(using: &random) ? other : nil)
                default: _ = try stage.editor.rename(slug, to: names.randomElement(using: &random) ?? "")
                }
                done += 1
            } catch is CategoryError { continue }
            #expect(try stage.shop.violations() == "")
        }
        #expect(done > 50)
        #expect(try stage.shop.query("SELECT count(*) FROM product WHERE category_id IS NULL") == "0")
    }
}
