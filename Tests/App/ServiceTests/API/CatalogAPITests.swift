import Testing
import TestSupport

/// Products and categories over HTTP; each with the cache and without.
@Suite(.serialized, .shop(ProductGoods.shelf, environments: [[:], ["CACHE": "off"]]))
struct CatalogAPITests {
    private func client(cached: Bool) throws -> ShopClient {
        ShopClient(try Shop.current, service: cached ? 0 : 1)
    }

    /// Asks again until it holds: within seconds, however busy the machine is.
    private func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = Deadline(seconds: 10)
        while !deadline.isOver {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("not within 10 s: \(what)")
    }

    @Test("a product is found by id and by slug, with all that the contract names", arguments: [true, false])
    func product(cached: Bool) async throws {
        let client = try client(cached: cached)
        let mug = ProductGoods.shelf[0]
        for name in ["mug", mug.id.uuidString.lowercased(), mug.id.uuidString] {
            let answer = try await client.get("/v1/products/" + name)
            #expect(answer.status == 200)
            #expect(
                answer.json == [
                    "id": .string(mug.id.uuidString.lowercased()), "slug": "mug", "name": "Mug \"Fern\" <b>ü</b>",
                    "description": "Line one\nline two \\ \u{1F375}", "brand": .null, "attributes": [],
                    "category": [
                        "slug": "kitchen", "name": "Kitchen",
                        "path": [["slug": "home", "name": "Home"], ["slug": "kitchen", "name": "Kitchen"]],
                    ],
                    "tags": ["enamel", "green"],
                    "images": [["url": "https://img.example/1.jpg", "alt": "front"], ["url": "/assets/2.jpg", "alt": ""]],
                    "price": .usd(1299), "price_range": ["min": .usd(1299), "max": .usd(1599)],
                    "variants": [
                        [
                            "id": .string(mug.variants[0].id.uuidString.lowercased()), "sku": "MUG-S", "name": "MUG-S",
                            "options": ["size": "S"], "price": .usd(1299), "compare_at_price": .null, "available": 7,
                            "in_stock": true,
                        ],
                        [
                            "id": .string(mug.variants[1].id.uuidString.lowercased()), "sku": "MUG-L", "name": "MUG-L",
                            "options": ["size": "L"], "price": .usd(1599), "compare_at_price": .null, "available": 0,
                            "in_stock": false,
                        ],
                    ],
                    "status": "active", "created_at": answer["created_at"], "updated_at": answer["updated_at"],
                ])
            #expect(answer["created_at"].text.hasPrefix("2026-01-01T00:00:00"))
            #expect(answer["created_at"].text.hasSuffix("Z"))
        }
    }

    @Test("what is not there, or not yet or no longer sold, is 404", arguments: [true, false])
    func missing(cached: Bool) async throws {
        let client = try client(cached: cached)
        var names = ["nothing", "MUG", "mug%20", "draft", "archived", "019a0000-0000-7000-8000-000000000000", "019a0000-0000"]
        names += ProductGoods.shelf.filter { $0.status != "active" }.map(\.id.uuidString)
        names.append(String(repeating: "x", count: 3_000))
        for name in names {
            let answer = try await client.get("/v1/products/" + name)
            #expect(answer.status == 404 && answer.code == "not_found", "\(name.prefix(50))")
        }
        for path in ["/v1/categories/nothing", "/v1/categories/home%2Fkitchen", "/v1/products/mug/", "/v1/products//", "/v1"] {
            #expect(try await client.get(path).status == 404, "\(path)")
        }
        let listed = try await client.get("/v1/products?limit=100")["data"].elements.map { $0["slug"].text }
        #expect(!listed.contains("draft") && !listed.contains("archived"))
    }

    @Test("categories are a tree whose counts take in what is below", arguments: [true, false])
    func categories(cached: Bool) async throws {
        let client = try client(cached: cached)
        let tree = try await client.get("/v1/categories")
        #expect(tree["data"].elements.map { $0["slug"].text } == ["garden", "home"])
        let home = tree["data"][1]
        #expect(home["product_count"] == 1)
        #expect(home["path"] == "home")
        #expect(home["children"].elements.count == 1)
        #expect(home["children"][0]["slug"] == "kitchen" && home["children"][0]["path"] == "home/kitchen")
        #expect(home["children"][0]["product_count"] == 1)
        let one = try await client.get("/v1/categories/home")
        #expect(one.json == home)
    }

    @Test("an ETag sent back brings 304, and HEAD says what GET would", arguments: [true, false])
    func conditions(cached: Bool) async throws {
        let client = try client(cached: cached)
        for path in ["/v1/products/mug", "/v1/products?limit=2&sort=name", "/v1/categories", "/v1/categories/home"] {
            let answer = try await client.get(path)
            #expect(answer.status == 200)
            let tag = answer.tag
            try #require(tag.hasPrefix("\"") && tag.count > 10, "\(path)")
            #expect(answer.header("Cache-Control")?.hasPrefix("max-age=") == true)
            for value in [tag, "W/" + tag, "*", "\"other\", \(tag)"] {
                let again = try await client.get(path, [("If-None-Match", value)])
                #expect(again.status == 304, "\(path) \(value)")
                #expect(again.tag == tag && again.header("Cache-Control") == answer.header("Cache-Control"))
                #expect(again.header("Content-Type") == nil)
            }
            for value in ["\"other\"", "", "other", String(tag.dropLast())] {
                let again = try await client.get(path, [("If-None-Match", value)])
                #expect(again.status == 200 && again.response.body == answer.response.body, "\(path) \(value)")
            }
            let head = try await client.send("HEAD", path)
            #expect(head.status == 200 && head.tag == tag)
            #expect(head.header("Content-Length") == "\(answer.response.body.count)")
            #expect(head.header("Link") == answer.header("Link"))
        }
        #expect(try await client.send("HEAD", "/v1/products/nothing").status == 404)
    }

    @Test("what an order takes is gone from the product within a moment, and back after its end", arguments: [true, false])
    func stock(cached: Bool) async throws {
        let client = try client(cached: cached)
        let available = { try await client.get("/v1/products/sold")["variants"][0]["available"].number }
        let before = try await available()
        let order = TestOrder(try await client.order([("SOLD", 3)]))
        try await eventually("the order shows in what is available") { try await available() == before - 3 }
        #expect(try await client.cancel(order).status == 200)
        try await eventually("the cancelled order shows in what is available") { try await available() == before }
    }

    @Test(
        "a write to the catalogue that is announced is seen within a moment, in products, lists, categories and 404s",
        arguments: [true, false])
    func edits(cached: Bool) async throws {
        let client = try client(cached: cached)
        let mark = cached ? "cached" : "direct"
        let list = "/v1/products?limit=100&include=total&category=garden"
        let before = try await client.get("/v1/products/edited")
        let total = try await client.get(list)["total"].number
        let count = try await client.get("/v1/categories/garden")["product_count"].number
        #expect(try await client.get("/v1/products/new-\(mark)").status == 404)
        var new = Goods("NEW-\(mark)", price: 77)
        new.category = nil
        try await Shop.current.execute(
            Goods.statements([new])
                + """
                UPDATE product SET category_id = (SELECT id FROM category WHERE slug = 'garden') WHERE slug = 'new-\(mark)';
                UPDATE product SET name = 'Edited \(mark)', updated_at = now() WHERE slug = 'edited';
                \(Shop.announcement)
                """)
        try await eventually("the new name") { try await client.get("/v1/products/edited")["name"].text == "Edited \(mark)" }
        try await eventually("the new product") { try await client.get("/v1/products/new-\(mark)").status == 200 }
        try await eventually("the list's total") { try await client.get(list)["total"].number == total + 1 }
        try await eventually("the category's count") {
            try await client.get("/v1/categories/garden")["product_count"].number == count + 1
        }
        let after = try await client.get("/v1/products/edited", [("If-None-Match", before.tag)])
        #expect(after.status == 200 && after.tag != before.tag)
        try await Shop.current.execute("UPDATE product SET status = 'archived' WHERE slug = 'new-\(mark)'; \(Shop.announcement)")
        try await eventually("the archived product is gone") { try await client.get("/v1/products/new-\(mark)").status == 404 }
    }

    @Test("what is sold out and comes in shows in lists without any announcement", arguments: [true, false])
    func restock(cached: Bool) async throws {
        let client = try client(cached: cached)
        let shown = {
            try await client.get("/v1/products?limit=100")["data"].elements.first { $0["slug"] == "later-in-stock" }?["in_stock"]
        }
        #expect(try await shown() != nil)
        let isThere = try await shown() == true
        try await Shop.current.execute(
            """
            WITH v AS (SELECT id FROM variant WHERE sku = 'LATER-IN-STOCK'), s AS (UPDATE stock SET on_hand = on_hand \(isThere ? "- 1" : "+ 1") \
            FROM v WHERE variant_id = v.id) INSERT INTO stock_movement (variant_id, on_hand, reserved, reason) \
            SELECT id, \(isThere ? -1 : 1), 0, 'adjustment' FROM v;
            """)
        try await eventually("the list shows the stock") { try await shown() == .boolean(!isThere) }
    }

    @Test("many who ask at once for a thing not yet cached all get it")
    func stampede() async throws {
        try await Shop.current.execute(Shop.announcement)
        let bodies = try await Crowd.run(16, of: Shop.current) { _, client in
            try (0..<20).map { _ in try client.get("/v1/products/spade").response.text }
        }
        #expect(Set(bodies.joined()).count == 1)
    }
}

/// What the suite sells. Beside it, since a macro cannot look into the type it is attached to.
enum ProductGoods {
    static let shelf: [Goods] = {
        var mug = Goods("MUG-S", name: "Mug \"Fern\" <b>ü</b>", price: 1299, stock: 7)
        mug.slug = "mug"
        mug.description = "Line one\nline two \\ \u{1F375}"
        mug.category = "home/kitchen"
        mug.tags = ["enamel", "green"]
        mug.images = #"[{"url": "https://img.example/1.jpg", "alt": "front"}, {"url": "/assets/2.jpg", "alt": ""}]"#
        mug.variants[0].options = #"{"size": "S"}"#
        mug.variants.append(Goods.Variant(sku: "MUG-L", options: #"{"size": "L"}"#, price: 1599, stock: 0))
        mug.variants.append(Goods.Variant(sku: "MUG-OLD", price: 1, stock: 5, isActive: false))
        var draft = Goods("DRAFT")
        draft.status = "draft"
        draft.category = "home/kitchen"
        var archived = Goods("ARCHIVED")
        archived.status = "archived"
        var spade = Goods("SPADE", stock: 100)
        spade.category = "garden"
        return [mug, draft, archived, spade, Goods("EDITED"), Goods("SOLD", stock: 50), Goods("LATER-IN-STOCK", stock: 0)]
    }()
}
