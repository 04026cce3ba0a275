import TestSupport
import Testing

/// Brands, attributes, options and ranges of prices: shown, and filtered by.
@Suite(.shop(DepthGoods.shelf, environments: [[:], ["CACHE": "off"]]))
struct ProductDepthAPITests {
    private func client(cached: Bool) throws -> ShopClient { ShopClient(try Shop.current, service: cached ? 0 : 1) }

    /// The slugs of a whole list, two at a time.
    private func slugs(_ query: String, _ client: ShopClient) async throws -> [String] {
        var slugs: [String] = []
        var path = "/v1/products?limit=2&" + query
        for _ in 0..<20 {
            let page = try await client.get(path)
            try #require(page.status == 200, "\(query): \(page.response.text)")
            slugs += page["data"].elements.map { $0["slug"].text }
            guard page["next_cursor"] != .null else { return slugs }
            let link = page.header("Link") ?? ""
            path = String(link.prefix { $0 != ">" }.dropFirst())
        }
        throw TestFailure("the list \(query) has no end")
    }

    @Test(
        "one of several values of a parameter, and all parameters",
        arguments: [
            ("brand=Acme", "lamp,coat,tee"), ("brand=Acme,Bolt", "lamp,mug,coat,tee"),
            ("brand=Acme&brand=Bolt", "lamp,mug,coat,tee"),
            ("brand=acme", ""), ("brand=Smith%5C,%20Sons", "chair"), ("brand=Smith,Sons", ""), ("tag=gift", "mug,tee"),
            ("tag=gift&brand=Acme", "tee"), ("option.size=M", "coat,tee"), ("option.SIZE=M,L", "coat,tee"),
            ("option.size=XXL", ""),
            ("option.size=L&option.Colour=red", "tee"), ("attr.colour=red", "lamp,tee"),
            ("attr.colour=red,blue", "lamp,coat,tee"),
            ("attr.material=steel", "lamp,mug"), ("attr.dry=true", "coat"), ("attr.weight=1.20", "coat"),
            ("attr.weight.min=1", "lamp,coat"),
            ("attr.weight.max=0.25", "mug,tee"), ("attr.weight.min=0.24&attr.weight.max=1.2", "mug,coat"),
            ("attr.weight.min=-5&attr.weight.max=0", ""),
            ("attr.weight.min=1&brand=Acme&category=wear", "coat"), ("attr.none=1", ""), ("category=wear&tag=gift", "tee"),
            ("in_stock=true&option.size=M", "tee"), ("brand=Acme&sort=name", "coat,lamp,tee"),
            ("brand=Acme&sort=price", "tee,lamp,coat"),
            ("brand=Acme&sort=-price", "coat,lamp,tee"), ("q=tee&brand=Acme", "tee"), ("q=tee&brand=Bolt", ""),
            ("unknown.size=M&brand=Bolt", "mug"),
        ])
    func facets(query: String, expected: String) async throws {
        for cached in [true, false] {
            let client = try client(cached: cached)
            #expect(try await slugs(query, client).joined(separator: ",") == expected, "\(query)")
            let total = try await client.get("/v1/products?limit=1&include=total&\(query)")["total"].number
            #expect(total == Int64(expected.split(separator: ",").count), "\(query)")
        }
    }

    @Test(
        "a product is in a range of prices with any of its variants, and sorted by the least price",
        arguments: [
            ("min_price=1400", "lamp,coat,tee"), ("min_price=1300&max_price=1390", ""), ("min_price=1200&max_price=1260", "tee"),
            ("max_price=1250", "mug,tee"), ("min_price=1400&max_price=1400", "tee"),
            ("min_price=1400&max_price=1400&in_stock=true", ""),
            ("min_price=1251&max_price=5000&sort=price", "tee,lamp"), ("min_price=1251&sort=-price", "coat,lamp,tee"),
            ("min_price=1251&sort=price", "tee,lamp,coat"), ("max_price=1400&sort=price", "mug,tee"),
            ("sort=price", "mug,tee,lamp,coat"),
            ("min_price=1251&sort=price&brand=Acme", "tee,lamp,coat"), ("min_price=1251&sort=price&category=wear", "tee,coat"),
            ("min_price=1300&max_price=1390&sort=price&category=wear", ""), ("currency=EUR&min_price=1", "chair"),
        ])
    func prices(query: String, expected: String) async throws {
        for cached in [true, false] {
            #expect(try await slugs(query, client(cached: cached)).joined(separator: ",") == expected, "\(query)")
        }
    }

    @Test("by an attribute that is not filterable, lists find nothing; one that is not searchable is in no search")
    func attributeFlags() async throws {
        let (shop, client) = (try Shop.current, try client(cached: false))
        func found(_ query: String) async throws -> String { try await slugs(query, client).joined(separator: ",") }
        _ = try await shop.execute(
            "INSERT INTO attribute (code, name, type) VALUES ('material', 'Material', 'choice'), ('size_cm', 'Size', 'number')")
        #expect(try await found("attr.material=steel") == "lamp,mug")
        #expect(try await found("q=enamel") == "mug")
        _ = try await shop.execute(
            """
            UPDATE attribute SET filterable = false, searchable = false WHERE code = 'material';
            UPDATE product SET attributes = attributes || '[{"code":"size_cm","value":7}]' WHERE slug = 'mug'
            """)
        for query in ["attr.material=steel", "attr.material=steel&sort=name", "attr.material=steel&q=mug", "q=enamel"] {
            #expect(try await found(query) == "", "\(query)")
            #expect(try await client.get("/v1/products?limit=1&include=total&\(query)")["total"].number == 0, "\(query)")
        }
        // The others work as before, and this one is still shown.
        #expect(try await found("attr.size_cm.min=7") == "mug")
        _ = try await shop.execute("UPDATE attribute SET filterable = false WHERE code = 'size_cm'")
        #expect(try await found("attr.size_cm.min=7") == "")
        #expect(try await found("attr.colour=red") == "lamp,tee")
        #expect(try await client.get("/v1/products/mug")["attributes"].elements.map { $0["code"].text }.contains("material"))
        _ = try await shop.execute(
            """
            UPDATE attribute SET searchable = true WHERE code = 'material'; DELETE FROM attribute WHERE code IN ('material', 'size_cm');
            UPDATE product SET attributes = attributes - 2 WHERE slug = 'mug'
            """)
        #expect(try await found("q=enamel") == "mug")
    }

    @Test("products by their ids come in that order; unknown ones are left out") func ids() async throws {
        let shelf = DepthGoods.shelf
        let wanted = [shelf[2], shelf[0], shelf[4], shelf[0]].map { $0.id.uuidString.lowercased() }
        for cached in [true, false] {
            let client = try client(cached: cached)
            let page = try await client.get(
                "/v1/products?limit=1&ids=\(wanted.joined(separator: ",")),00000000-0000-7000-8000-000000000001,\(shelf[5].id.uuidString)"
            )
            #expect(page["data"].elements.map { $0["slug"].text } == ["coat", "tee", "chair"])
            #expect(page["next_cursor"] == .null)
            #expect(try await slugs("ids=\(wanted.joined(separator: "&ids="))&tag=gift", client) == ["tee"])
        }
    }

    @Test(
        "a value that cannot be is refused by its name",
        arguments: [
            ("ids=", "ids"), ("ids=tee", "ids"), ("ids=00000000-0000-7000-8000-000000000001&sort=name", "sort"),
            ("ids=00000000-0000-7000-8000-000000000001&q=a", "q"), ("brand=", "brand"), ("brand=,", "brand"),
            ("brand=%01", "brand"),
            ("attr.weight.min=heavy", "attr.weight.min"), ("attr.weight.max=1e3", "attr.weight.max"),
            ("attr.a%01=1", "attr.a\u{1}"),
        ])
    func refused(query: String, name: String) async throws {
        let answer = try await client(cached: false).get("/v1/products?" + query)
        #expect(answer.status == 400 && answer.code == "invalid_parameter", "\(answer.response.text)")
        #expect(answer["errors"].elements.map { $0["parameter"].text } == [name])
    }

    @Test("too many values or ids are refused") func bounds() async throws {
        let client = try client(cached: false)
        let values = (0...100).map(String.init).joined(separator: ",")
        #expect(try await client.get("/v1/products?brand=" + values).status == 400)
        let names = (0...20).map { "attr.a\($0)=1" }.joined(separator: "&")
        #expect(try await client.get("/v1/products?" + names).status == 400)
        let ids = Array(repeating: "00000000-0000-7000-8000-000000000001", count: 101).joined(separator: ",")
        #expect(try await client.get("/v1/products?ids=" + ids).status == 400)
    }

    @Test("a product shows its brand, attributes, ranges, breadcrumbs, and options in their own order") func document()
        async throws
    {
        _ = try await Shop.current.execute(
            """
            INSERT INTO attribute (code, name, type, unit) VALUES ('colour', 'Colour', 'colour', NULL), \
            ('weight', 'Weight', 'number', 'kg'), ('dry', 'Keeps dry', 'boolean', NULL)
            """)
        for cached in [true, false] {
            let answer = try await client(cached: cached).get("/v1/products/coat")
            #expect(answer["brand"] == "Acme")
            #expect(answer["attributes"].elements.map { $0["code"].text } == ["colour", "weight", "dry"])
            #expect(answer["attributes"].elements.map { $0["type"].text } == ["colour", "number", "boolean"])
            #expect(answer["attributes"].elements.map { $0["unit"] } == [.absent, "kg", .absent])
            #expect(answer["price_range"]["min"] == .usd(9000) && answer["price_range"]["max"] == .usd(9000))
            #expect(answer["category"]["path"].elements.map { $0["slug"].text } == ["wear", "coats"])
            #expect(answer["category"]["path"].elements.map { $0["name"].text } == ["Wear", "Coats"])
            let variant = answer["variants"].elements.first ?? .absent
            #expect(variant["compare_at_price"] == .usd(12000))
            #expect(answer.response.text.contains(#""options":{"size":"M","colour":"blue"}"#))
            let mug = try await client(cached: cached).get("/v1/products/mug")
            #expect(mug["category"] == .null && mug["variants"].elements.first?["compare_at_price"] == .null)
        }
    }

    @Test("a list shows brands, ranges and reduced prices") func summaries() async throws {
        let page = try await client(cached: true).get("/v1/products?brand=Acme&sort=name")
        let items = page["data"].elements
        #expect(items.map { $0["brand"].text } == ["Acme", "Acme", "Acme"])
        #expect(items.map { $0["price_range"]["max"]["amount"].number } == [9000, 5000, 1400])
        #expect(items.map { $0["compare_at_price"] } == [.usd(12000), .null, .null])
        #expect(items.map { $0["variant_count"].number } == [1, 1, 2])
    }

    @Test("a line of a cart shows the slug, the image and the name of the variant") func cart() async throws {
        let client = try client(cached: true)
        let created = try await client.send("POST", "/v1/carts")
        let cart = try await client.send(
            "POST", "/v1/carts/\(created["id"].text)/items", [("X-Cart-Token", created["token"].text)],
            json: #"{"sku":"COAT","quantity":1}"#)
        let line = cart["items"].elements.first ?? .absent
        #expect(line["slug"] == "coat" && line["variant_name"] == "COAT")
        #expect(line["image"]["url"] == "/coat.jpg")
        #expect(cart.response.text.contains(#""options":{"size":"M","colour":"blue"}"#), "\(cart.response.text)")
    }
}

/// Six products: the last one is a draft, and the one before has another currency.
enum DepthGoods {
    static let shelf: [Goods] = {
        var tee = Goods("TEE", name: "Tee", price: 1250, stock: 3)
        tee.brand = "Acme"
        tee.tags = ["gift"]
        tee.category = "wear"
        tee.attributes = #"[{"code":"colour","value":"red"},{"code":"weight","value":0.2}]"#
        tee.variants[0].options = #"{"Size":"M","colour":"red"}"#
        tee.variants.append(Goods.Variant(sku: "TEE-L", options: #"{"Size":"L","colour":"blue"}"#, price: 1400, stock: 0))
        var old = Goods.Variant(sku: "TEE-S", options: #"{"Size":"XXL"}"#, price: 1350, stock: 9)
        old.isActive = false
        tee.variants.append(old)
        var mug = Goods("MUG", name: "Mug", price: 800)
        mug.brand = "Bolt"
        mug.tags = ["gift", "kitchen"]
        mug.attributes = #"[{"code":"material","value":["steel","enamel"]},{"code":"weight","value":0.24}]"#
        var coat = Goods("COAT", name: "Coat", price: 9000, stock: 0)
        coat.brand = "Acme"
        coat.category = "wear/coats"
        coat.images = #"[{"url": "/coat.jpg", "alt": "Coat"}]"#
        coat.attributes = #"[{"code":"colour","value":"blue"},{"code":"weight","value":1.2},{"code":"dry","value":true}]"#
        coat.variants[0].options = #"{"size":"M","colour":"blue"}"#
        coat.variants[0].optionOrder = "{size,colour}"
        coat.variants[0].compareAtPrice = 12_000
        var lamp = Goods("LAMP", name: "Lamp", price: 5000)
        lamp.brand = "Acme"
        lamp.attributes = #"[{"code":"colour","value":"red"},{"code":"material","value":"steel"},{"code":"weight","value":3}]"#
        var chair = Goods("CHAIR", name: "Chair", price: 4000)
        chair.brand = "Smith, Sons"
        chair.currency = "EUR"
        var draft = Goods("DRAFT", name: "Draft", price: 4000)
        draft.brand = "Acme"
        draft.status = "draft"
        var all = [tee, mug, coat, lamp, chair, draft]
        for (age, place) in [(1, 0), (3, 1), (2, 2), (4, 3), (0, 4), (9, 5)] { all[place].age = age }
        return all
    }()
}
