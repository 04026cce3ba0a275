import Formats
import Foundation
import TestSupport
import Testing

/// What searches find, and in which order; with the cache and without.
@Suite(
    .shop(SearchGoods.shelf, environments: [[:], ["CACHE": "off"], ["CACHE": "off", "SEARCH_SOLD_OUT_LAST": "off"]]), .serialized)
struct SearchAPITests {
    private func client(_ service: Int = 1) throws -> ShopClient { ShopClient(try Shop.current, service: service) }

    private func found(_ query: String, more: String = "", service: Int = 1) async throws -> [String] {
        let answer = try await client(service).get("/v1/products?limit=100&q=" + PercentEncoding.encode(query) + more)
        try #require(answer.status == 200, "\(query): \(answer.response.text)")
        return answer["data"].elements.map { $0["slug"].text }
    }

    @Test(
        "one product is found by many ways to write it",
        arguments: [
            ("TS-0815/XL", "tee"), ("ts0815xl", "tee"), ("TS 0815 XL", "tee"), ("ts-0815", "tee"), ("TS08", "tee"),
            ("t-shirt", "tee"), ("tshirt", "tee"), ("cafe creme", "cafe"), ("CAFÉ", "cafe"), ("Cafe\u{301}", "cafe"),
            ("crem", "cafe"), ("Blue TS-0815/XL", "tee"), ("TS-0815/XL unheard", "tee"), ("kaesemesser", "knife"),
            ("Käsemesser", "knife"), ("kasemes", "knife"), ("zwilling", "knife"),
            ("silber", "knife"), ("geschenk", "knife"), ("kitchen", "knife"), ("running", "shoes"), ("runs", "shoes"),
            ("the who", "band"), ("The Who", "band"), ("\"the who\"", "band"), ("花瓶", "vase"), ("瓶", "vase"), ("陶器の花瓶", "vase"),
            ("ティーポット", "pot"), ("てぃーぽっと", "pot"), ("ﾃｨｰﾎﾟｯﾄ", "pot"), ("ポット", "pot"), ("ถ้วย", "cup"), ("กาแฟ", "cup"),
            ("İstanbul", "rug"), ("istanbul", "rug"), ("ﬁne", "rug"), ("oneill", "rug"), ("O’Neill", "rug"), ("ёлка", "tree"),
            ("елка", "tree"), ("новый", "tree"), ("أسرة", "family"), ("اسره", "family"), ("rouge", "cafe"), ("1.5 l", "pot"),
            ("커피잔", "korean"), ("커피", "korean"),
        ])
    func finds(query: String, slug: String) async throws {
        #expect(try await found(query).first == slug, "\(query)")
    }

    @Test("a typo is corrected, and the answer says so", arguments: [0, 1])
    func typos(service: Int) async throws {
        _ = try await Shop.current.execute("SELECT search_words_count()")
        for (query, corrected, slug) in [
            ("kasemeser", "kasemesser", "knife"), ("zwiling", "zwilling", "knife"), ("runing shooes", "running shoes", "shoes"),
            ("isatnbul rug", "istanbul rug", "rug"), ("geschenkk -lamp", "geschenk -lamp", "knife"),
        ] {
            let answer = try await client(service).get("/v1/products?include=total&q=" + PercentEncoding.encode(query))
            #expect(answer["data"].elements.first?["slug"].text == slug, "\(query): \(answer.response.text.prefix(300))")
            #expect(answer["corrected_query"].text == corrected, "\(query)")
            #expect(answer["total"].number == Int64(answer["data"].elements.count))
        }
        for query in ["knife", "zzzzqqqq", "abc", "kasemesser", "TS-0816"] {
            #expect(try await client(service).get("/v1/products?q=\(query)")["corrected_query"] == .absent, "\(query)")
        }
    }

    @Test("exact SKU, exact name, beginning of the name, all words in the name, all words anywhere")
    func tiers() async throws {
        #expect(try await found("lamp").prefix(4) == ["lamp-sku", "lamp", "lamp-shade", "desk-lamp"])
        #expect(try await found("table lamp").first == "table-lamp")
        #expect(try await found("lamp table").first == "table-lamp")
        #expect(try await found("\"lamp table\"").isEmpty)
    }

    @Test("what is sold out comes last, but for an exact name, unless the shop wants it otherwise")
    func soldOut() async throws {
        let found = try await found("chair")
        #expect(found == ["chair", "wooden-chair", "mention-chair", "garden-chair"])
        let otherwise = try await self.found("chair", service: 2)
        #expect(Set(otherwise.prefix(3)) == ["chair", "wooden-chair", "garden-chair"] && otherwise.last == "mention-chair")
    }

    @Test("of equal matches the one that sold best comes first")
    func popular() async throws {
        _ = try await Shop.current.execute(
            """
            INSERT INTO product_sales (product_id, sold) SELECT id, CASE slug WHEN 'identical-1' THEN 10 ELSE 5 END FROM product
            WHERE slug IN ('identical-1', 'identical-2')
            """)
        #expect(try await found("identical") == ["identical-1", "identical-2", "identical-0"])
        // No counted order has them, which the audit would tell.
        _ = try await Shop.current.execute("DELETE FROM product_sales")
    }

    @Test("what is not on sale is never found, and a change of the product shows at once")
    func hidden() async throws {
        #expect(try await found("secret") == [])
        #expect(try await found("SECRET-1") == [])
        let shop = try Shop.current
        _ = try await shop.execute("UPDATE product SET status = 'active', name = 'Open thing' WHERE slug = 'secret-1'")
        #expect(try await found("open thing") == ["secret-1"])
        #expect(try await found("SECRET-1") == ["secret-1"])
        _ = try await shop.execute(
            "UPDATE product SET brand = 'Quillon', attributes = '[{\"code\":\"wood\",\"value\":\"yew\"}]' WHERE slug = 'secret-1'"
        )
        #expect(try await found("quillon yew") == ["secret-1"])
        _ = try await shop.execute("UPDATE variant SET options = '{\"size\":\"gigantic\"}' WHERE sku = 'SECRET-1'")
        #expect(try await found("gigantic") == ["secret-1"])
        _ = try await shop.execute("UPDATE category SET name = 'Cuisine' WHERE slug = 'kitchen'")
        #expect(try await found("cuisine").contains("knife"))
        _ = try await shop.execute("UPDATE category SET name = 'Kitchen' WHERE slug = 'kitchen'")
        // Tags filter searches as soon as they are written.
        let tags = try await shop.execute("SELECT tags FROM product WHERE slug = 'knife'")
        _ = try await shop.execute("UPDATE product SET tags = '{sharp}' WHERE slug = 'knife'")
        #expect(try await found("silber", more: "&tag=sharp") == ["knife"])
        #expect(try await found("silber", more: "&tag=geschenk") == [])
        _ = try await shop.execute("UPDATE product SET tags = '\(tags)' WHERE slug = 'knife'")
        _ = try await shop.execute("UPDATE product SET status = 'draft' WHERE slug = 'secret-1'")
        #expect(try await found("quillon") == [])
        // Whatever wrote the tables, the rows are those that a new index would have.
        _ = try await shop.execute("CREATE TABLE kept AS SELECT product_id, name_key, name, words FROM search_product")
        _ = try await shop.execute("TRUNCATE search_product")
        _ = try await shop.execute("CALL search_reindex()")
        let other = try await shop.execute(
            "SELECT count(*) FROM kept k FULL JOIN search_product s USING (product_id) WHERE (k.words, k.name) IS DISTINCT FROM (s.words, s.name)"
        )
        #expect(other == "0")
    }

    @Test("compounds are found by their end, written apart and together; Arabic words with the article and without")
    func compounds() async throws {
        let shop = try Shop.current
        _ = try await shop.execute("UPDATE search_setting SET languages = '{de,en}'")
        _ = try await shop.execute(
            """
            UPDATE product SET status = 'active', name = 'Müllers Küchenstühle und Löffel, 500 ml', tags = '{"الشاي",Teegläser}',
            description = 'وللأطفال', brand = 'Schroeder Grün' WHERE slug = 'secret-1'; SELECT search_words_count();
            """)
        for query in [
            "stuhl", "stühle", "stuehle", "stuhl für", "für stühle", "löffeln", "kuchenstuhl", "küchen stühle", "kuechen stuehle",
            "gläser", "teeglas", "glaeser", "mueller",
            "schröder", "gruen", "500ml", "شاي", "والشاي", "بالشاي", "شا", "الشا", "اطفال",
        ] {
            #expect(try await found(query).contains("secret-1"), "\(query)")
        }
        for query in ["nstuh", "uhl", "sekstuhl"] { #expect(try await !found(query).contains("secret-1"), "\(query)") }
        #expect(try await found("lampshade").contains("lamp-shade"))
        #expect(try await found("tshirt") == ["tee"])
        _ = try await shop.execute(
            "UPDATE product SET status = 'draft' WHERE slug = 'secret-1'; UPDATE search_setting SET languages = '{en}'; CALL search_reindex()"
        )
    }

    @Test("synonyms in a script without spaces count within words") func pairSynonyms() async throws {
        let shop = try Shop.current
        _ = try await shop.execute("INSERT INTO search_synonym VALUES ('かびん', '花瓶'), ('vessel', '花瓶')")
        #expect(try await found("かびん") == ["vase"])
        #expect(try await found("vessel") == ["vase"])
        _ = try await shop.execute("DELETE FROM search_synonym")
    }

    @Test("phrases, excluded words and alternatives")
    func operators() async throws {
        #expect(try await found("\"floor lamp\"").isEmpty)
        #expect(try await found("lamp -desk -table -shade -sku").contains("lamp"))
        #expect(try await !found("lamp -desk").contains("desk-lamp"))
        #expect(try await !found("chair -\"garden chair\"").contains("garden-chair"))
        #expect(Set(try await found("käsemesser or istanbul")) == ["knife", "rug"])
    }

    @Test("filters and other orders", arguments: [0, 1])
    func filters(service: Int) async throws {
        #expect(try await found("chair", more: "&in_stock=true", service: service) == ["wooden-chair", "mention-chair"])
        #expect(try await found("chair", more: "&in_stock=false", service: service) == ["chair", "garden-chair"])
        #expect(try await found("kasemesser", more: "&category=kitchen", service: service) == ["knife"])
        #expect(try await found("kasemesser", more: "&category=elsewhere", service: service) == [])
        // A SKU is no way around a filter, and a filter's value is text like any other.
        for more in ["&category=kitchen", "&category=elsewhere", "&tag=geschenk", "&tag=' | 'x", "&brand=%5C%27", "&attr.none=x"]
        {
            let query = "include=total&q=TS-0815/XL" + more.replacingOccurrences(of: " ", with: "%20")
            let answer = try await client(service).get("/v1/products?" + query)
            #expect(answer.status == 200 && answer["data"] == .array([]) && answer["total"].number == 0, "\(more)")
        }
        for more in ["&tag=geschenk", "&tag=none&tag=Zwilling", "&tag=geschenk&category=kitchen", "&tag=geschenk&sort=name"] {
            #expect(try await found("kasemesser", more: more, service: service) == ["knife"], "\(more)")
        }
        #expect(try await found("chair", more: "&max_price=1500&min_price=1500", service: service) == ["wooden-chair"])
        #expect(try await found("chair", more: "&sort=-price", service: service).first == "wooden-chair")
        #expect(try await found("TS-0815/XL", more: "&sort=price", service: service) == ["tee"])
        #expect(try await found("TS-0815/XL", more: "&in_stock=true", service: service) == ["tee"])
        let total = try await client(service).get("/v1/products?include=total&q=TS-0815/XL")
        #expect(total["total"].number == 1)
    }
}

/// What belongs to searches beside lists; on servers that a test may change. Words are counted when a test says so, and by no job.
@Suite("Searches beside lists", .serialized)
struct SearchCompanyTests {
    @Test("an exact name or SKU is first among thousands that mention it, and pages and totals agree") func crowd() async throws {
        let stage = try Stage()
        let service = try await stage.serve(["CACHE": "off", "WORKER": "off"])
        try await service.waitUntilWell()
        func get(_ query: String) async throws -> Answer {
            try await onOwnThread { Answer(try service.client(seconds: 30).request("GET", "/v1/products?" + query)) }
        }
        try await stage.execute(
            """
            DELETE FROM stock_movement; DELETE FROM stock; DELETE FROM variant; DELETE FROM product;
            INSERT INTO product (id, slug, name, description, currency, price) SELECT gen_random_uuid(), 'm-' || n,
                'Thing ' || n, 'It stands beside a lamp, and a lamp is a lamp.', 'USD', n FROM generate_series(1, 6000) n;
            INSERT INTO product (id, slug, name, currency, price) VALUES (gen_random_uuid(), 'the-lamp', 'Lamp', 'USD', 1),
                (gen_random_uuid(), 'by-sku', 'Other', 'USD', 1), (gen_random_uuid(), 'shade', 'Lamp shade', 'USD', 1),
                (gen_random_uuid(), 'red-lamp', 'Red lamp', 'USD', 1);
            INSERT INTO variant (id, product_id, sku, name, price) SELECT gen_random_uuid(), id, 'LA-MP', 'x', 1 FROM product
                WHERE slug = 'by-sku';
            """)
        let first = try await get("q=lamp&limit=4&include=total")
        #expect(first["data"].elements.map { $0["slug"].text } == ["by-sku", "the-lamp", "shade", "red-lamp"])
        #expect(first["total"].number == 6_004 && first["total_relation"] == "eq")
        var (seen, cursor) = (Set<String>(), "")
        for _ in 0..<100 {
            let page = try await get("q=lamp&limit=100&cursor=" + cursor)
            for element in page["data"].elements { #expect(seen.insert(element["id"].text).inserted) }
            guard page["next_cursor"] != .null else { break }
            cursor = page["next_cursor"].text
        }
        #expect(seen.count == 6_004)
        // A word that nearly all have, as the count of the words tells.
        try await stage.execute("INSERT INTO search_word VALUES ('lamp', 200000, 200000, true)")
        let common = try await get("q=lamp&limit=4&include=total")
        #expect(common["data"].elements.map { $0["slug"].text } == ["by-sku", "the-lamp", "shade", "red-lamp"])
        #expect(common["total_relation"] == "gte")
        // Its list goes on after the products that are ranked, as far as there are matches.
        var (all, next) = ([String](), "")
        for _ in 0..<100 {
            let page = try await get("q=lamp&limit=100&cursor=" + next)
            all += page["data"].elements.map { $0["id"].text }
            guard page["next_cursor"] != .null else { break }
            next = page["next_cursor"].text
        }
        #expect(all.count == 6_004 && Set(all) == seen)
        // Several common words, or one beside another condition, are counted.
        for query in ["lamp%20thing", "lamp%20-red", "lamp%20or%20shade"] {
            let counted = try await get("q=\(query)&include=total&limit=1")
            #expect((6_000...6_004).contains(counted["total"].number) && counted["total_relation"] == "eq", "\(query)")
        }
    }

    @Test("where few products have a word, those with a word like it follow, and are told of") func few() async throws {
        let stage = try Stage()
        let service = try await stage.serve(["CACHE": "off", "WORKER": "off"])
        try await service.waitUntilWell()
        func get(_ query: String) async throws -> Answer {
            try await onOwnThread { Answer(try service.client(seconds: 30).request("GET", "/v1/products?" + query)) }
        }
        try await stage.execute(
            """
            DELETE FROM stock_movement; DELETE FROM stock; DELETE FROM variant; DELETE FROM product;
            INSERT INTO product (id, slug, name, currency, price) SELECT gen_random_uuid(), 'lantern-' || n, 'Lantern ' || n, 'USD', n
                FROM generate_series(1, 1500) n;
            INSERT INTO product (id, slug, name, currency, price) SELECT gen_random_uuid(), 'house-' || n, 'House ' || n, 'USD', n
                FROM generate_series(1, 9) n;
            INSERT INTO product (id, slug, name, description, currency, price) VALUES
                (gen_random_uuid(), 'typo', 'Paper shade', 'For every lanterm.', 'USD', 5000),
                (gen_random_uuid(), 'horse', 'Horse', '', 'USD', 1), (gen_random_uuid(), 'mouse', 'Mouse', '', 'USD', 1),
                (gen_random_uuid(), 'sold', 'Lanterms', '', 'USD', 1);
            INSERT INTO variant (id, product_id, sku, name, price) SELECT gen_random_uuid(), id, slug, 'x', price FROM product;
            INSERT INTO stock (variant_id, on_hand) SELECT id, CASE sku WHEN 'sold' THEN 0 ELSE 3 END FROM variant;
            SELECT search_words_count();
            """)
        // As it was typed comes first, whatever else is better: in stock, in the name, of the whole catalogue.
        let first = try await get("q=lanterm&limit=3&include=total")
        #expect(Set(first["data"].elements.prefix(2).map { $0["slug"].text }) == ["typo", "sold"])
        #expect(first["corrected_query"].text == "lantern" && first["total"].number == 1_502)
        for more in ["", "&sort=price", "&in_stock=true", "&sort=name&currency=USD"] {
            var (all, cursor) = ([String](), "")
            for _ in 0..<40 {
                let page = try await get("q=lanterm&limit=100\(more)&cursor=" + cursor)
                #expect(page["corrected_query"].text == "lantern")
                all += page["data"].elements.map { $0["slug"].text }
                guard page["next_cursor"] != .null else { break }
                cursor = page["next_cursor"].text
            }
            let total = try await get("q=lanterm&limit=1&include=total" + more)
            #expect(all.count == Set(all).count && Int64(all.count) == total["total"].number, "\(more): \(all.count)")
            #expect(all.contains("typo"))
        }
        // A word that is as frequent as the one like it, or begins with another letter, is meant as it is; so is one beside which no
        // product has the other words.
        for query in ["horse", "mouse", "lanterm%20shade", "house", "lanter"] {
            #expect(try await get("q=\(query)")["corrected_query"] == .absent, "\(query)")
        }
        #expect(
            try await get("q=lanterm%20or%20horse")["data"].elements.prefix(3).map { $0["slug"].text }.sorted() == [
                "horse", "sold", "typo",
            ])
    }

    @Test("suggestions, synonyms and redirects") func company() async throws {
        let stage = try Stage()
        let service = try await stage.serve(["WORKER": "off"])
        try await service.waitUntilWell()
        func get(_ path: String) async throws -> Answer {
            try await onOwnThread { Answer(try service.client(seconds: 30).request("GET", path)) }
        }
        try await stage.execute(
            """
            INSERT INTO category (id, slug, name, path) VALUES ('00000000-0000-7000-8000-00000000000a', 'cafe', 'Café', 'cafe');
            INSERT INTO product (id, slug, name, brand, category_id, images, currency, price) VALUES
                (gen_random_uuid(), 'press', 'Crème press', 'Cafetière & Co', '00000000-0000-7000-8000-00000000000a',
                    '[{"url": "/assets/a.svg", "alt": "A"}]', 'USD', 1), (gen_random_uuid(), 'vase', '陶器の花瓶', NULL, NULL, '[]', 'USD', 1);
            INSERT INTO product (id, slug, name, status, currency, price) VALUES (gen_random_uuid(), 'no', 'Crème no', 'draft', 'USD', 1);
            SELECT search_words_count();
            """)
        for query in ["cre", "cr%C3%A8me%20pr", "press", "PRE"] {
            let found = try await get("/v1/products/suggestions?q=" + query)
            #expect(found["products"].elements.map { $0["slug"].text } == ["press"], "\(query): \(found.response.text)")
            #expect(found["products"].elements.first?["image"]["url"].text == "/assets/a.svg")
        }
        let caf = try await get("/v1/products/suggestions?q=caf%C3%A9")
        #expect(caf["categories"].elements.map { $0["slug"].text } == ["cafe"])
        #expect(try await get("/v1/products/suggestions?q=co")["brands"].elements.map { $0["value"].text } == ["Cafetière & Co"])
        try await stage.execute(
            """
            INSERT INTO product (id, slug, name, brand, currency, price) VALUES (gen_random_uuid(), 'tea', 'الشاي الأخضر', 'القهوة', 'USD', 1);
            SELECT search_words_count();
            """)
        for query in ["شاي", "الشاي", "شا"] {
            let found = try await get("/v1/products/suggestions?q=" + PercentEncoding.encode(query))
            #expect(found["products"].elements.map { $0["slug"].text } == ["tea"], "\(query)")
        }
        for query in ["قهوه", "القهو", "قه"] {
            let found = try await get("/v1/products/suggestions?q=" + PercentEncoding.encode(query))
            #expect(found["brands"].elements.map { $0["value"].text } == ["القهوة"], "\(query)")
        }
        #expect(try await get("/v1/products/suggestions?q=%E8%8A%B1%E7%93%B6")["products"].elements.count == 1)
        for nothing in ["", "?q=", "?q=%25", "?q=zzz", "?q='%3B--", "?q=_"] {
            let answer = try await get("/v1/products/suggestions" + nothing)
            #expect(answer.status == 200 && answer["products"] == .array([]) && answer["brands"] == .array([]), "\(nothing)")
        }
        #expect(try await get("/v1/products/suggestions?q=" + String(repeating: "a", count: 201)).status == 400)

        func run(_ arguments: String...) async throws -> Int32? {
            let ended = try await onOwnThread {
                try ServiceProcess.run(["search"] + arguments, environment: ["DATABASE_URL": stage.postgres.url])
            }
            guard case .exited(let status) = ended.status else { return nil }
            return status
        }
        #expect(try await run("synonym", "add", "Cafetière", "press") == 0)
        #expect(try await run("synonym", "add", "press", "PRESS") == 1)
        #expect(try await run("redirect", "set", "Opening hours", "/pages/hours") == 0)
        #expect(try await run("redirect", "set", "x", "https://elsewhere.example") == 64)
        #expect(try await get("/v1/products?q=cafetiere")["data"].elements.map { $0["slug"].text } == ["press"])
        #expect(try await get("/v1/products?q=opening%20HOURS")["redirect"].text == "/pages/hours")
        #expect(try await run("redirect", "remove", "opening hours") == 0)
        #expect(try await run("redirect", "remove", "opening hours") == 1)
        #expect(try await run("synonym", "remove", "press", "cafetiere") == 0)
        #expect(try await run("synonym", "list") == 0)
        #expect(try await run("reindex") == 0)
    }
}

/// Goods that are easy to miss.
enum SearchGoods {
    static let shelf: [Goods] = {
        func goods(
            _ slug: String, _ name: String, sku: String? = nil, description: String = "", tags: [String] = [],
            category: String? = nil, price: Int64 = 1000, stock: Int = 5
        ) -> Goods {
            var goods = Goods(sku ?? slug.uppercased(), name: name, price: price, stock: stock)
            goods.slug = slug
            goods.description = description
            goods.tags = tags
            goods.category = category
            return goods
        }
        var all = [
            goods("tee", "Blue T-Shirt", sku: "TS-0815/XL"),
            goods("cafe", "Café Crème", description: "Rouge et noir."),
            goods("knife", "Käsemesser", description: "silber", tags: ["geschenk", "Zwilling"], category: "kitchen"),
            goods("shoes", "Running shoes", description: "For every runner."),
            goods("band", "The Who"),
            goods("vase", "陶器の花瓶"), goods("pot", "ティーポット", description: "Volume 1.5 l"), goods("cup", "ถ้วยกาแฟ"),
            goods("rug", "İstanbul rug ﬁne O'Neill"), goods("tree", "Новый год ёлка"), goods("family", "أُسْرَة سعيدة"),
            goods("korean", "도자기 커피잔"),
            goods("lamp-sku", "Something else", sku: "LAMP"),
            goods("lamp", "Lamp", sku: "L-1"), goods("lamp-shade", "Lamp shade"), goods("desk-lamp", "Desk lamp"),
            goods("table-lamp", "Big table lamp"),
            goods("chair", "Chair", stock: 0), goods("garden-chair", "Garden chair", stock: 0),
            goods("wooden-chair", "Wooden chair", price: 1500), goods("mention-chair", "Cushion", description: "Fits any chair."),
            goods("secret-1", "Secret thing"),
        ]
        for number in 0..<3 { all.append(goods("identical-\(number)", "Identical")) }
        if let index = all.firstIndex(where: { $0.slug == "secret-1" }) { all[index].status = "draft" }
        return all
    }()
}
