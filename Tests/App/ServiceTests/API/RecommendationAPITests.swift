import Foundation
import TestSupport
import Testing

/// Recommendations over HTTP, from orders that the job has counted; each with the cache and without.
@Suite(.serialized, .shop(RecommendationGoods.shelf, environments: [[:], ["CACHE": "off"]]))
struct RecommendationAPITests {
    private func client(cached: Bool = true) throws -> ShopClient { ShopClient(try Shop.current, service: cached ? 0 : 1) }

    private func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = Deadline(seconds: 30)
        while !deadline.isOver {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("not within 30 s: \(what)")
    }

    /// Orders of these SKUs an hour ago, counted by the job.
    private func buy(_ orders: [[String]]) async throws {
        let before = try await Shop.current.execute("SELECT orders FROM purchase_cursor")
        var sql = "BEGIN;"
        for skus in orders {
            let id = UUID()
            let number = id.uuidString.lowercased()
            sql += """
                INSERT INTO orders (id, number, status, payment_status, email, currency, subtotal, total, shipping_address,
                    access_token_hash, created_at)
                    VALUES ('\(id)', '\(number)', 'confirmed', 'captured', 'bob@example.com', 'USD', \(skus.count * 1000),
                        \(skus.count * 1000), '{}', '',
                    now() - interval '1 hour');
                INSERT INTO order_history (order_id, position, status) VALUES ('\(id)', 1, 'pending_payment'), ('\(id)', 2,
                    'confirmed');
                INSERT INTO idempotency (id, request_hash, status, location, body) SELECT sha256(convert_to(number, 'UTF8')),
                    '', 201, '/v1/orders/' || id,
                    convert_to(json_build_object('id', id, 'number', number, 'total', json_build_object('amount', total))::text,
                        'UTF8')
                    FROM orders WHERE id = '\(id)';
                INSERT INTO reservation (order_id, state, expires_at) VALUES ('\(id)', 'captured', now() - interval '50 minutes');
                """
            for (position, sku) in skus.enumerated() {
                sql += """
                    INSERT INTO order_line (order_id, position, variant_id, product_id, sku, name, options, quantity,
                        unit_price, line_total)
                        SELECT '\(id)', \(position + 1), id, product_id, sku, name, '{}', 1, 1000, 1000 FROM variant WHERE sku =
                            '\(sku)';
                    INSERT INTO stock_movement (variant_id, order_id, on_hand, reserved, reason)
                        SELECT v.id, '\(id)', m.* FROM variant v, (VALUES (0, 1, 'reserve'), (-1, -1, 'capture')) m WHERE v.sku
                            = '\(sku)';
                    UPDATE stock SET on_hand = on_hand - 1 WHERE variant_id = (SELECT id FROM variant WHERE sku = '\(sku)');
                    """
            }
        }
        // The cursor may have passed the orders of another test, which were made later.
        sql += "UPDATE purchase_cursor SET added_at = '-infinity'; COMMIT;"
        try await Shop.current.execute(sql)
        try await count(until: "SELECT orders = \((Int(before) ?? 0) + orders.count) FROM purchase_cursor")
    }

    /// Makes the job run until a query says true, and the services forget what they have cached.
    private func count(until query: String) async throws {
        try await eventually(query) {
            try await Shop.current.execute("UPDATE job SET due_at = now() WHERE name = 'purchase_count' AND claimed_by IS NULL")
            try await Task.sleep(for: .milliseconds(200))
            return try await Shop.current.execute(query) == "t"
        }
        try await Shop.current.execute(Shop.announcement)
        try await Task.sleep(for: .milliseconds(300))
    }

    /// The slugs and reasons of an answer.
    private func items(_ answer: Answer) -> [String] { answer["data"].elements.map { "\($0["slug"].text) \($0["reason"].text)" } }

    private func recommended(_ product: String, _ query: String = "", cached: Bool = true) async throws -> [String] {
        let answer = try await client(cached: cached).get("/v1/products/\(product)/recommendations\(query)")
        #expect(answer.status == 200, "\(answer.response.text.prefix(300))")
        return items(answer)
    }

    private func recommended(skus: [String], _ query: String = "") async throws -> [String] {
        let list = skus.map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try await client().send("POST", "/v1/recommendations\(query)", json: "{\"skus\":[\(list)]}")
        #expect(answer.status == 200, "\(answer.response.text.prefix(300))")
        return items(answer)
    }

    @Test("what is bought together comes by lift and not by popularity, then what is related, then what sells well")
    func order() async throws {
        // The kettle is in every second order; tea and pot are seldom bought, but together.
        try await buy(
            Array(repeating: ["TEA", "POT"], count: 4) + Array(repeating: ["TEA", "KETTLE"], count: 4)
                + Array(repeating: ["KETTLE", "RUG"], count: 6) + Array(repeating: ["KETTLE"], count: 12)
                + Array(repeating: ["TEA", "SPOON"], count: 2) + Array(repeating: ["LAMP", "GONE"], count: 3))
        for cached in [true, false] {
            let tea = try await recommended("tea", "?limit=24", cached: cached)
            // Two common orders are too few. The kettle is popular: with tea less often than its share of all orders suggests.
            #expect(tea.first == "pot also_bought", "\(tea)")
            #expect(tea.filter { $0.hasSuffix("also_bought") } == ["pot also_bought"], "\(tea)")
            // Of the category, the nearest price first.
            #expect(tea.filter { $0.hasSuffix("related") }.prefix(2) == ["coffee related", "cocoa related"], "\(tea)")
            #expect(tea.contains("kettle popular"), "\(tea)")
            #expect(Set(tea).count == tea.count && !tea.contains { $0.hasPrefix("tea ") })
            for hidden in ["draft", "empty", "gone"] { #expect(!tea.contains { $0.hasPrefix(hidden) }, "\(tea)") }
            #expect(try await recommended("tea", "?limit=2", cached: cached) == Array(tea.prefix(2)))
            // What is sold out is shown only on request.
            #expect(try await !recommended("lamp", "?limit=24", cached: cached).contains { $0.hasPrefix("gone ") })
            #expect(try await recommended("lamp", "?in_stock=any", cached: cached).first == "gone also_bought")
            #expect(try await !recommended("lamp", "?in_stock=any&limit=24", cached: cached).contains { $0.hasPrefix("draft") })
        }
        // Those of a cart: none of its own products, unknown SKUs are ignored.
        let cart = try await recommended(skus: ["TEA", "LAMP", "no-such"], "?limit=24")
        #expect(cart.first == "pot also_bought" && !cart.contains { $0.hasPrefix("tea ") || $0.hasPrefix("lamp ") }, "\(cart)")
        #expect(try await recommended(skus: ["TEA", "POT"], "?limit=24").allSatisfy { !$0.hasSuffix("also_bought") })
        #expect(try await recommended(skus: ["no-such"]).first == "kettle popular")
        // An order that is cancelled no longer counts.
        try await Shop.current.execute(
            """
            BEGIN;
            CREATE TEMPORARY TABLE ended AS SELECT o.id FROM orders o JOIN order_line l ON l.order_id = o.id WHERE l.sku = 'POT'
                LIMIT 2;
            UPDATE stock s SET on_hand = on_hand + n FROM (SELECT variant_id, count(*) AS n FROM order_line WHERE order_id IN
                (SELECT id FROM ended)
                GROUP BY 1) l WHERE l.variant_id = s.variant_id;
            DELETE FROM stock_movement WHERE order_id IN (SELECT id FROM ended);
            INSERT INTO stock_movement (variant_id, order_id, on_hand, reserved, reason) SELECT variant_id, order_id, 0, q,
                reason FROM order_line,
                (VALUES (1, 'reserve'), (-1, 'release')) m (q, reason) WHERE order_id IN (SELECT id FROM ended);
            UPDATE reservation SET state = 'released' WHERE order_id IN (SELECT id FROM ended);
            INSERT INTO order_history (order_id, position, status) SELECT id, 3, 'cancelled' FROM ended;
            UPDATE orders SET status = 'cancelled', payment_status = 'refunded' WHERE id IN (SELECT id FROM ended);
            UPDATE purchase_cursor SET checked_id = '00000000-0000-0000-0000-000000000000';
            COMMIT
            """)
        try await count(until: "SELECT max(orders) = 2 FROM purchase_pair JOIN variant v USING (product_id) WHERE v.sku = 'POT'")
        for cached in [true, false] {
            #expect(try await !recommended("tea", cached: cached).contains("pot also_bought"))
        }
    }

    @Test("without any order, a product's relations are those of its category, its facets and its name")
    func related() async throws {
        try await Shop.current.execute(
            """
            UPDATE product SET brand = 'Ax', tags = '{oak}' WHERE slug IN ('stool-oak', 'draft');
            UPDATE product SET brand = 'Bx', tags = '{oak}' WHERE slug = 'desk'; \(Shop.announcement)
            """)
        try await Task.sleep(for: .milliseconds(300))
        for cached in [true, false] {
            let found = try await recommended("stool-oak", "?limit=24", cached: cached)
            // By a facet, then by a word of the name; the draft has both.
            #expect(found.prefix(2) == ["desk related", "chair-oak related"], "\(found)")
            #expect(!found.contains { $0.hasPrefix("draft") })
        }
    }

    @Test("answers keep the document; other values, unknown products and former slugs get theirs")
    func contract() async throws {
        for cached in [true, false] {
            let client = try client(cached: cached)
            let contract = try OpenAPIContract(try await client.get("/openapi.json").response.body)
            let path = "/v1/products/tea/recommendations"
            let answer = try await client.get(path)
            #expect(contract.violations(of: answer.response, to: "GET", path) == [])
            #expect(answer["data"].elements.allSatisfy { $0["in_stock"] == true })
            if cached {
                let tag = answer.tag
                #expect(try await client.get(path, [("If-None-Match", tag)]).status == 304)
            }
            for query in ["limit=0", "limit=25", "limit=x", "in_stock=false", "in_stock=1"] {
                let refused = try await client.get(path + "?" + query)
                #expect(refused.status == 400 && refused.code == "invalid_parameter", "\(query)")
                #expect(contract.violations(of: refused.response, to: "GET", path) == [])
            }
            for name in ["nothing", "draft", UUID().uuidString.lowercased(), String(repeating: "x", count: 201), "%00"] {
                let missing = try await client.get("/v1/products/\(name)/recommendations")
                #expect([400, 404].contains(missing.status), "\(name): \(missing.status)")
            }
            let list = try await client.send("POST", "/v1/recommendations?limit=2", json: #"{"skus":["TEA"]}"#)
            #expect(contract.violations(of: list.response, to: "POST", "/v1/recommendations") == [])
            #expect(list.status == 200 && list["data"].elements.count == 2 && list.header("Cache-Control") == "no-store")
            for body in ["{}", #"{"skus":[]}"#, #"{"skus":[1]}"#, #"{"skus":"TEA"}"#] {
                let refused = try await client.send("POST", "/v1/recommendations", json: body)
                #expect(refused.status == 422, "\(body)")
                #expect(contract.violations(of: refused.response, to: "POST", "/v1/recommendations") == [])
            }
            let huge = "{\"skus\":[\"TEA\"]" + String(repeating: " ", count: 64 << 10) + "}"
            #expect(try await client.send("POST", "/v1/recommendations", json: huge).status == 413)
            let hundred = (1...100).map { "\"\(String(repeating: "S", count: 90))\($0)\"" }.joined(separator: ",")
            #expect(try await client.send("POST", "/v1/recommendations", json: "{\"skus\":[\(hundred)]}").status == 200)
        }
        try await Shop.current.execute(
            "UPDATE product SET slug = 'rug-new' WHERE slug = 'rug'; \(Shop.announcement)")
        for cached in [true, false] {
            let client = try client(cached: cached)
            try await eventually("the redirect") {
                try await client.get("/v1/products/rug/recommendations?limit=5").status == 301
            }
            let moved = try await client.get("/v1/products/rug/recommendations?in_stock=any")
            let location = moved.header("Location") ?? ""
            #expect(location == "/v1/products/rug-new/recommendations?limit=8&in_stock=any")
            #expect(try await client.get(location).status == 200)
        }
    }
}

/// What the suite sells. Beside it, since a macro cannot look into the type it is attached to.
enum RecommendationGoods {
    static let shelf: [Goods] = {
        func product(_ sku: String, _ name: String, in category: String?, price: Int64 = 1_000, stock: Int = 100) -> Goods {
            var product = Goods(sku, name: name, price: price, stock: stock)
            product.category = category
            return product
        }
        var goods = [
            product("TEA", "Green leaves", in: "drinks", price: 1_000), product("COFFEE", "Beans", in: "drinks", price: 1_100),
            product("COCOA", "Brown powder", in: "drinks", price: 800), product("EMPTY", "Sold out", in: "drinks", stock: 0),
            product("POT", "Vessel", in: "kitchen"), product("KETTLE", "Boiler", in: "kitchen"),
            product("SPOON", "Ladle", in: "table"),
            product("RUG", "Carpet", in: nil), product("LAMP", "Light", in: nil), product("GONE", "Bulb", in: nil, stock: 3),
            product("STOOL-OAK", "Oaken stool", in: "seats"), product("CHAIR-OAK", "Oaken throne", in: "thrones"),
            product("DESK", "Table", in: "desks"), product("DRAFT", "Oaken secret", in: "drinks"),
        ]
        goods[13].status = "draft"
        return goods
    }()
}
