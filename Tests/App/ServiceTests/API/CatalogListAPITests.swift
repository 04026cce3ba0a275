import Testing
import TestSupport

/// Lists of products over HTTP; each with the cache and without.
@Suite(.shop(CatalogGoods.shelf, environments: [[:], ["CACHE": "off"]]))
struct CatalogListAPITests {
    private func client(cached: Bool) throws -> ShopClient {
        ShopClient(try Shop.current, service: cached ? 0 : 1)
    }

    /// Walks a list to its end, page by page, and gives the ids in order; by the cursor and by the link in turn.
    private func walk(_ query: String, limit: Int = 3, _ client: ShopClient) async throws -> [String] {
        var ids: [String] = []
        let first = "/v1/products?" + (query.isEmpty ? "" : query + "&") + "limit=\(limit)"
        var path = first
        for number in 0..<100 {
            let page = try await client.get(path)
            try #require(page.status == 200, "\(page.response.text)")
            let data = page["data"].elements
            #expect(data.count <= limit)
            ids += data.map { $0["id"].text }
            guard page["next_cursor"] != .null else {
                #expect(page.header("Link") == nil)
                return ids
            }
            #expect(data.count == limit, "a short page in the middle")
            let cursor = page["next_cursor"].text
            let link = page.header("Link") ?? ""
            #expect(link.hasPrefix("</v1/products?") && link.hasSuffix("cursor=\(cursor)>; rel=\"next\""), "\(link)")
            path = number.isMultiple(of: 2) ? "\(first)&cursor=\(cursor)" : String(link.prefix { $0 != ">" }.dropFirst())
        }
        throw TestFailure("the list \(query) has no end")
    }

    private func ids(_ goods: [Goods]) -> [String] { goods.map { $0.id.uuidString.lowercased() } }

    private func expect(
        _ query: String, _ expected: [String], cached: Bool, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let client = try client(cached: cached)
        #expect(try await walk(query, client) == expected, sourceLocation: sourceLocation)
        #expect(try await walk(query, limit: 100, client) == expected, sourceLocation: sourceLocation)
    }

    private static func sorted(_ goods: [Goods], by areInOrder: (Goods, Goods) -> Bool?) -> [Goods] {
        goods.sorted { areInOrder($0, $1) ?? ($0.id.uuidString < $1.id.uuidString) }
    }

    private static let newest = sorted(CatalogGoods.active) { left, right in
        left.age == right.age ? left.id.uuidString > right.id.uuidString : left.age > right.age
    }
    private static let cheapest = sorted(CatalogGoods.active) { left, right in
        left.price == right.price ? nil : left.price < right.price
    }
    private static let dearest = sorted(CatalogGoods.active) { left, right in
        left.price == right.price ? left.id.uuidString > right.id.uuidString : left.price > right.price
    }

    @Test("a walk through every sort shows each product once, in order, ties by id", arguments: [true, false])
    func sorts(cached: Bool) async throws {
        try await expect("", ids(Self.newest), cached: cached)
        try await expect("sort=newest", ids(Self.newest), cached: cached)
        try await expect("sort=price", ids(Self.cheapest), cached: cached)
        try await expect("sort=-price", ids(Self.dearest), cached: cached)
        let byName = try await Shop.current.execute("SELECT id FROM product WHERE status = 'active' ORDER BY name, id")
        try await expect("sort=name", byName.split(separator: "\n").map(String.init), cached: cached)
    }

    @Test("each filter lets through what it says, in every sort", arguments: [true, false])
    func filters(cached: Bool) async throws {
        let filters: [(String, (Goods) -> Bool)] = [
            ("category=home", { $0.category?.split(separator: "/").first == "home" }),
            ("category=kitchen", { $0.category?.hasPrefix("home/kitchen") == true }),
            ("category=knives", { $0.category == "home/kitchen/knives" }),
            ("category=home-office", { $0.category == "home-office" }),
            ("category=nowhere", { _ in false }),
            ("min_price=1000", { $0.price >= 1000 }),
            ("max_price=999", { $0.price <= 999 }),
            ("min_price=1000&max_price=1000", { $0.price == 1000 }),
            ("in_stock=true", CatalogGoods.isInStock),
            ("in_stock=false", { !CatalogGoods.isInStock($0) }),
            (
                "category=home&min_price=600&in_stock=true",
                {
                    $0.category?.split(separator: "/").first == "home" && $0.price >= 600 && CatalogGoods.isInStock($0)
                }
            ),
        ]
        for (query, isIncluded) in filters {
            try await expect(query, ids(Self.newest.filter(isIncluded)), cached: cached)
            try await expect(query + "&sort=price", ids(Self.cheapest.filter(isIncluded)), cached: cached)
            try await expect(query + "&sort=-price", ids(Self.dearest.filter(isIncluded)), cached: cached)
            let total = try await client(cached: cached).get("/v1/products?\(query)&include=total&limit=1")
            #expect(total["total"].number == Int64(CatalogGoods.active.count(where: isIncluded)))
        }
    }

    @Test("a search finds names, tags and texts, the best first, and takes every other sort", arguments: [true, false])
    func search(cached: Bool) async throws {
        let found = { (product: Goods) in
            product.name.contains("Enamel") || !product.tags.isEmpty || product.description.contains("enamel")
        }
        let client = try client(cached: cached)
        let ranked = try await walk("q=enamel", client)
        #expect(Set(ranked).count == ranked.count)
        #expect(Set(ranked) == Set(ids(CatalogGoods.active.filter(found))))
        #expect(Set(ranked.prefix(2)) == Set(ids(CatalogGoods.shelf.filter { $0.name == "Enamel mug" })))
        #expect(try await walk("q=enamel&sort=relevance", limit: 100, client) == ranked)
        try await expect("q=enamel&sort=newest", ids(Self.newest.filter(found)), cached: cached)
        try await expect("q=Enamels&sort=price", ids(Self.cheapest.filter(found)), cached: cached)
        try await expect(
            "q=enamel&sort=-price&min_price=1000", ids(Self.dearest.filter { found($0) && $0.price >= 1000 }),
            cached: cached)
        let byName = try await Shop.current.execute(
            "SELECT id FROM product WHERE status = 'active' AND search @@ websearch_to_tsquery('english', 'enamel') ORDER BY name, id"
        )
        try await expect("q=enamel&sort=name", byName.split(separator: "\n").map(String.init), cached: cached)
        try await expect("q=%20%20", ids(Self.newest), cached: cached)
        for strange in [
            "q=zzzzqqqq", "q=the", "q=%22", "q=-%22%22", "q=%27%20OR%201=1", "q=%26%7C%21%3A%2A",
            "q=%F0%9F%A5%AD",
        ] {
            #expect(try await walk(strange, client).isEmpty, "\(strange)")
        }
    }

    @Test("a list's items are summaries of their products", arguments: [true, false])
    func summaries(cached: Bool) async throws {
        let page = try await client(cached: cached).get("/v1/products?limit=100")
        #expect(page["data"].elements.count == CatalogGoods.active.count)
        for (item, product) in zip(page["data"].elements, Self.newest) {
            #expect(item["slug"].text == product.slug)
            #expect(item["name"].text == product.name)
            #expect(item["price"] == .usd(product.price))
            #expect(item["in_stock"] == .boolean(CatalogGoods.isInStock(product)))
            #expect(item["category"]["slug"].text == product.category?.split(separator: "/").last.map(String.init) ?? "")
            #expect(item["tags"].elements.map(\.text) == product.tags)
            #expect(item["status"] == "active")
        }
        #expect(page["total"] == .absent)
    }

    @Test("20 are shown where nothing is said, 1 to 100 where it is", arguments: [true, false])
    func limits(cached: Bool) async throws {
        let client = try client(cached: cached)
        #expect(try await client.get("/v1/products")["data"].elements.count == 20)
        #expect(try await client.get("/v1/products?limit=1")["data"].elements.count == 1)
        for limit in ["0", "101", "-1", "+5", "1.5", "1e1", "", "abc", "99999999999999999999", "5%20"] {
            let answer = try await client.get("/v1/products?limit=\(limit)")
            #expect(answer.status == 400, "limit=\(limit)")
            #expect(answer.code == "invalid_parameter", "limit=\(limit)")
        }
    }

    @Test("a cursor that was altered, cut, or made for another list is refused", arguments: [true, false])
    func cursors(cached: Bool) async throws {
        let client = try client(cached: cached)
        let cursor = try await client.get("/v1/products?sort=price&limit=3")["next_cursor"].text
        try #require(!cursor.isEmpty)
        #expect(cursor.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
        // The page size is no part of the filter.
        #expect(try await client.get("/v1/products?sort=price&limit=50&cursor=\(cursor)").status == 200)
        #expect(try await client.get("/v1/products?cursor=&limit=3").status == 200)
        var broken = [
            "sort=name", "sort=-price", "", "sort=price&category=home", "sort=price&q=enamel",
            "sort=price&in_stock=true",
        ]
        .map { "\($0)&cursor=\(cursor)" }
        let letters = Array(cursor)
        for index in stride(from: 0, to: letters.count, by: 3) {
            var altered = letters
            altered[index] = altered[index] == "A" ? "B" : "A"
            broken.append("sort=price&cursor=" + String(altered))
        }
        broken += [
            "A", "AA", String(cursor.dropLast()), String(cursor.dropFirst()), cursor + "A", cursor + "=", cursor + "==",
            "%20" + cursor, "%2B%2F", String(repeating: "A", count: 5_000), "null", cursor.lowercased(),
        ]
        .map { "sort=price&cursor=" + $0 }
        for query in broken {
            let answer = try await client.get("/v1/products?limit=3&" + query)
            #expect(answer.status == 400 && answer.code == "invalid_cursor", "\(query)")
        }
    }

    @Test("a value that a parameter cannot have is refused by name; an unknown parameter is not", arguments: [true, false])
    func parameters(cached: Bool) async throws {
        let client = try client(cached: cached)
        let faults = [
            ("min_price=-1", "min_price"), ("min_price=1.5", "min_price"), ("min_price=abc", "min_price"),
            (
                "min_price=",
                "min_price"
            ),
            ("max_price=1e3", "max_price"), ("max_price=+1", "max_price"), ("max_price=9223372036854775808", "max_price"),
            ("min_price=2&max_price=1", "max_price"), ("in_stock=yes", "in_stock"),
            (
                "in_stock=",
                "in_stock"
            ), ("in_stock=TRUE", "in_stock"),
            ("sort=", "sort"), ("sort=Price", "sort"), ("sort=relevance", "sort"), ("sort=price,name", "sort"),
            ("q=" + String(repeating: "a", count: 201), "q"), ("category=", "category"),
        ]
        for (query, name) in faults {
            let answer = try await client.get("/v1/products?" + query)
            #expect(answer.status == 400 && answer.code == "invalid_parameter", "\(query)")
            #expect(answer["errors"].elements.map { $0["parameter"].text } == [name], "\(query)")
        }
        let several = try await client.get("/v1/products?in_stock=1&sort=x&min_price=y")
        #expect(Set(several["errors"].elements.map { $0["parameter"].text }) == ["in_stock", "sort", "min_price"])
        for query in ["%zz=1", "q=%", "q=%f", "q=%ff", "q=%c0%80", "q=%00", "=%zz", String(repeating: "a&", count: 101)] {
            let answer = try await client.get("/v1/products?" + query)
            // What is no percent-encoding at all, the server refuses before anybody looks at the query.
            #expect(answer.status == 400 && ["malformed_query", "bad_request"].contains(answer.code), "\(query)")
        }
        for query in [
            "utm_source=x&foo", "&&&", "=", "min_price=0&max_price=9223372036854775807",
            "q=" + String(repeating: "a", count: 200),
            "sort=price&sort=bogus", "include=everything", "include=total,more", "q=a+b%20c",
        ] {
            #expect(try await client.get("/v1/products?" + query).status == 200, "\(query)")
        }
    }
}
