import TestSupport
import Testing

/// Requests for slugs that products and categories had before; each with the cache and without.
@Suite(.serialized, .shop(SlugGoods.shelf, environments: [[:], ["CACHE": "off"]]))
struct SlugHistoryAPITests {
    private func client(cached: Bool) throws -> ShopClient { ShopClient(try Shop.current, service: cached ? 0 : 1) }

    private func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = Deadline(seconds: 10)
        while !deadline.isOver {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("not within 10 s: \(what)")
    }

    @Test("a former slug leads to the present one; a slug in use belongs to the product that has it", arguments: [true, false])
    func products(cached: Bool) async throws {
        let client = try client(cached: cached)
        let contract = try OpenAPIContract(try await client.get("/openapi.json").response.body)
        let mark = cached ? "cached" : "direct"
        let path = "/v1/products/\(mark)-a"
        let tag = try await client.get(path).tag
        #expect(try await client.get("/v1/products/\(mark)-b").status == 404)
        try await Shop.current.execute("UPDATE product SET slug = '\(mark)-茶' WHERE slug = '\(mark)-a'; \(Shop.announcement)")
        try await eventually("the redirect") { try await client.get(path).status == 301 }
        for method in ["GET", "HEAD"] {
            for headers in [
                [], [("If-None-Match", tag)], [("If-None-Match", "*")], [("If-Match", "\"x\"")], [("Accept-Encoding", "gzip")],
            ] {
                let answer = try await client.send(method, path, headers)
                #expect(answer.status == 301, "\(method) \(headers)")
                #expect(answer.header("Location") == "/v1/products/\(mark)-%E8%8C%B6")
                #expect(answer.header("Cache-Control")?.hasPrefix("max-age=") == true)
                if method == "GET" {
                    #expect(answer.json == ["location": .string("/v1/products/\(mark)-%E8%8C%B6")])
                    #expect(contract.violations(of: answer.response, to: "GET", path) == [])
                }
            }
        }
        let target = try await client.get("/v1/products/\(mark)-%E8%8C%B6")
        #expect(target.status == 200 && target["slug"].text == "\(mark)-茶")
        #expect(try await client.get("/v1/products/" + target["id"].text).status == 200)
        // Changed once more: one redirect, not two.
        try await Shop.current.execute("UPDATE product SET slug = '\(mark)-c' WHERE slug = '\(mark)-茶'; \(Shop.announcement)")
        try await eventually("the new target") { try await client.get(path).header("Location") == "/v1/products/\(mark)-c" }
        #expect(try await client.get("/v1/products/\(mark)-%E8%8C%B6").header("Location") == "/v1/products/\(mark)-c")
        // Another product takes the slug.
        try await Shop.current.execute("UPDATE product SET slug = '\(mark)-a' WHERE slug = '\(mark)-other'; \(Shop.announcement)")
        try await eventually("the new owner") { try await client.get(path).status == 200 }
        #expect(try await client.get(path)["name"].text == "Product \(mark)-OTHER")
        // A product that is not on sale is not found by a former slug either.
        try await Shop.current.execute("UPDATE product SET status = 'draft' WHERE slug = '\(mark)-c'; \(Shop.announcement)")
        try await eventually("the end") { try await client.get("/v1/products/\(mark)-%E8%8C%B6").status == 404 }
    }

    @Test("a former slug of a category leads to the present one, and lists its products", arguments: [true, false])
    func categories(cached: Bool) async throws {
        let client = try client(cached: cached)
        let contract = try OpenAPIContract(try await client.get("/openapi.json").response.body)
        let (first, second) = cached ? ("tees", "cups") : ("shirts", "pots")
        func slugs(_ category: String) async throws -> [String] {
            let list = try await client.get("/v1/products?category=\(category)&include=total")
            #expect(list["total"].number == Int64(list["data"].elements.count))
            return list["data"].elements.map { $0["slug"].text }
        }
        let products = try await slugs(first)
        #expect(products.count == 1)
        #expect(try await client.get("/v1/categories/\(first)").status == 200)
        try await Shop.current.execute(
            """
            UPDATE category SET slug = '\(first)-油', path = replace(path, '\(first)', '\(first)-油') WHERE slug = '\(first)';
            \(Shop.announcement)
            """)
        try await eventually("the redirect") { try await client.get("/v1/categories/\(first)").status == 301 }
        let moved = try await client.get("/v1/categories/\(first)", [("If-None-Match", "*")])
        #expect(moved.status == 301 && moved.header("Location") == "/v1/categories/\(first)-%E6%B2%B9")
        #expect(contract.violations(of: moved.response, to: "GET", "/v1/categories/\(first)") == [])
        #expect(try await client.get("/v1/categories/\(first)-%E6%B2%B9")["slug"].text == "\(first)-油")
        for category in [first, "\(first)-%E6%B2%B9"] { #expect(try await slugs(category) == products, "\(category)") }
        #expect(try await slugs("nothing") == [])
        #expect(try await client.get("/v1/categories/nothing").status == 404)
        // Another category takes the slug: it belongs to that one.
        let others = try await slugs(second)
        try await Shop.current.execute(
            "UPDATE category SET slug = '\(first)', path = '\(first)' WHERE slug = '\(second)'; \(Shop.announcement)")
        try await eventually("the new owner") { try await client.get("/v1/categories/\(first)").status == 200 }
        #expect(try await slugs(first) == others)
        #expect(try await slugs(second) == others)
        #expect(others != products)
    }

    @Test("pages of a list by a former slug follow one another")
    func pages() async throws {
        for cached in [true, false] {
            let client = try client(cached: cached)
            try await Shop.current.execute(
                """
                UPDATE category SET slug = 'moved-\(cached)', path = 'moved-\(cached)' WHERE slug IN ('many', 'moved-true');
                \(Shop.announcement)
                """)
            try await eventually("the redirect") { try await client.get("/v1/categories/many").status == 301 }
            var (seen, cursor): ([String], String) = ([], "")
            repeat {
                let page = try await client.get(
                    "/v1/products?category=many&limit=2" + (cursor.isEmpty ? "" : "&cursor=\(cursor)"))
                #expect(page.status == 200)
                seen += page["data"].elements.map { $0["slug"].text }
                cursor = page["next_cursor"].text
            } while !cursor.isEmpty && seen.count < 20
            #expect(Set(seen).count == 5 && seen.count == 5)
        }
    }
}

/// What the suite sells. Beside it, since a macro cannot look into the type it is attached to.
enum SlugGoods {
    static let shelf: [Goods] = {
        var goods = ["cached-A", "cached-OTHER", "direct-A", "direct-OTHER"].map { Goods($0) }
        for category in ["tees", "cups", "shirts", "pots"] {
            var product = Goods("IN-\(category)")
            product.category = category
            goods.append(product)
        }
        for number in 0..<5 {
            var product = Goods("MANY-\(number)")
            product.category = "many"
            goods.append(product)
        }
        return goods
    }()
}
