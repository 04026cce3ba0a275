import Foundation
import TestSupport
import Testing

/// What an Idempotency-Key gives out, and to whom; three services with different secrets share the database.
@Suite(.shop(SecretGoods.shelf, environments: SecretGoods.environments))
struct OrderSecretsAPITests {
    private func client() throws -> ShopClient { ShopClient(try Shop.current) }

    private func cart() async throws -> TestCart {
        let cart = try await client().makeCart()
        try await client().add("SECRET", 1, to: cart)
        return cart
    }

    private func body(_ cart: TestCart) -> String { #"{"cart_id":"\#(cart.id)",\#(ShopClient.buyer)}"# }

    /// Sends an order as a service of another secret gets it, whose 503 is what is looked for.
    private func order(_ service: Int, _ key: String, _ headers: [(String, String)] = [], _ body: String) async throws -> Answer {
        let http = try Shop.current.services[service].client()
        return Answer(
            try await onOwnThread {
                try http.request(
                    "POST", "/v1/orders", headers: headers + [("Idempotency-Key", key), ("Content-Type", "application/json")],
                    body: Array(body.utf8))
            })
    }

    @Test("a repeated order from a cart is answered to the holder of the cart's token only")
    func cartToken() async throws {
        let (client, key) = (try client(), Shop.newKey())
        let (mine, other) = (try await cart(), try await cart())
        let placed = try await client.order(mine, key: key)
        #expect(placed.status == 201)
        for headers in [
            [], [("X-Cart-Token", "not-the-token")], [("X-Cart-Token", "")], [other.header],
            [("X-Cart-Token", placed["access_token"].text)],
        ] {
            let refused = try await client.send("POST", "/v1/orders", headers + [("Idempotency-Key", key)], json: body(mine))
            let unknown = try await client.send(
                "POST", "/v1/orders", headers + [("Idempotency-Key", Shop.newKey())], json: body(mine))
            #expect(refused.status == 404 && refused.code == "not_found" && refused["access_token"] == .absent, "\(headers)")
            #expect(refused["detail"] == unknown["detail"] && refused.header("Idempotent-Replayed") == nil)
        }
        let again = try await client.order(mine, key: key)
        #expect(again.status == 201 && again.response.body == placed.response.body && again.tag == placed.tag)
        #expect(again.header("Idempotent-Replayed") == "true")
    }

    @Test("a key that another client has used is a new key") func scope() async throws {
        let (client, key) = (try client(), Shop.newKey())
        let first = try await client.order(try await cart(), key: key)
        let second = try await client.order(try await cart(), key: key)
        let third = try await client.order([("SECRET", 1)], key: key)
        #expect([first, second, third].map(\.status) == [201, 201, 201])
        #expect(Set([first, second, third].map { $0["id"].text }).count == 3)
        #expect([second, third].allSatisfy { $0.header("Idempotent-Replayed") == nil })
    }

    @Test("no token stands anywhere in the database") func dump() async throws {
        let client = try client()
        let cart = try await cart()
        let placed = [try await client.order(cart), try await client.order([("SECRET", 1)])]
        let database = try Shop.current.database
        let dump = try await onOwnThread {
            try Command.check([TestEnvironment.read().postgresPrograms + "/pg_dump", "--data-only", database.url])
        }
        #expect(dump.contains(placed[0]["number"].text) && dump.contains(placed[1]["number"].text))
        for token in placed.map({ $0["access_token"].text }) + [cart.token] {
            #expect(token.utf8.count == 43 && !dump.contains(token))
            // As pg_dump writes bytea.
            #expect(!dump.contains(token.utf8.map { String($0, radix: 16) }.joined()))
        }
    }

    @Test("while the service's secret rotates, an answer is given where its secret is known, and never a second order")
    func rotation() async throws {
        // Before the rotation, during it, after it.
        let (before, during, after) = (0, 1, 2)
        for place in [before, during, after] {
            let cart = try await cart()
            let cases = [(body(cart), [cart.header]), (#"{"items":[{"sku":"SECRET","quantity":1}],\#(ShopClient.buyer)}"#, [])]
            for (body, headers) in cases {
                let key = Shop.newKey()
                let placed = try await order(place, key, headers, body)
                #expect(placed.status == 201)
                for reader in [before, during, after] {
                    let again = try await order(reader, key, headers, body)
                    if reader == during || reader == place || place == during && reader == after {
                        #expect(again.status == 201 && again.response.body == placed.response.body && again.tag == placed.tag)
                    } else {
                        #expect(again.status == 503 && again.code == "unavailable" && again.header("Retry-After") == "1")
                    }
                    #expect(try await order(reader, key, headers, body + " ").code == "idempotency_key_reused")
                }
                let orders = try await Shop.current.execute(
                    "SELECT count(*) FROM idempotency WHERE location = '\(placed.header("Location") ?? "")'")
                #expect(orders == "1")
            }
        }
    }

    @Test("what release 1.0 kept in clear is answered again, to the cart's holder only") func former() async throws {
        let client = try client()
        let cart = try await cart()
        let cases: [(String, [(String, String)])] = [
            (body(cart), [cart.header]), (#"{"items":[{"sku":"SECRET","quantity":1}],\#(ShopClient.buyer)}"#, []),
        ]
        for (body, headers) in cases {
            let key = Shop.newKey()
            let placed = try await client.send("POST", "/v1/orders", headers + [("Idempotency-Key", key)], json: body)
            #expect(placed.status == 201)
            // As release 1.0 writes it.
            let name = "5:guest15:POST /v1/orders\(key.utf8.count):\(key)"
            try await Shop.current.execute(
                """
                WITH gone AS (DELETE FROM idempotency WHERE location = '\(placed.header("Location") ?? "")' RETURNING request_hash, location)
                INSERT INTO idempotency (id, request_hash, status, location, body) SELECT sha256(convert_to(\(Goods.quoted(name)), 'UTF8')),
                    request_hash, 201, location, convert_to(\(Goods.quoted(placed.response.text)), 'UTF8') FROM gone
                """)
            let again = try await client.send("POST", "/v1/orders", headers + [("Idempotency-Key", key)], json: body)
            #expect(again.status == 201 && again.response.body == placed.response.body && again.tag == placed.tag)
            #expect(again.header("Idempotent-Replayed") == "true")
            guard !headers.isEmpty else {
                #expect(try await client.send("POST", "/v1/orders", [("Idempotency-Key", key)], json: body + " ").status == 422)
                continue
            }
            let other = try await self.cart()
            for token in [other.header, ("X-Cart-Token", "not-the-token")] {
                #expect(try await client.send("POST", "/v1/orders", [token, ("Idempotency-Key", key)], json: body).status == 404)
            }
            #expect(
                try await client.send("POST", "/v1/orders", headers + [("Idempotency-Key", key)], json: body + " ").code
                    == "cart_converted")
        }
    }

    @Test("release 1.0 writes and finds what it needs; what it cannot open is no answer of its own") func release10() async throws
    {
        let shop = try Shop.current
        let written = try await shop.execute(
            """
            BEGIN; INSERT INTO idempotency (id, request_hash, status, location, body) VALUES ('\\x01', '', 201, '/v1/orders/1', '{}');
            SELECT id, request_hash, status, location, body FROM idempotency WHERE id = '\\x01'; ROLLBACK;
            """)
        #expect(written.contains("/v1/orders/1"))
        let placed = try await client().order([("SECRET", 1)])
        // It takes NULL for a fault of its own, 500, and so neither sends sealed bytes nor places a second order.
        let seen = try await shop.execute(
            "SELECT body IS NULL FROM idempotency WHERE location = '\(placed.header("Location") ?? "")'")
        #expect(seen == "t")
    }

    @Test("a converted cart names its order to the cart's holder, wherever it is met") func converted() async throws {
        let client = try client()
        let cart = try await cart()
        let placed = try await client.order(cart)
        let order: JSON = ["id": placed["id"], "number": placed["number"]]
        let refusals = [
            try await client.order(cart), try await client.add("SECRET", 1, to: cart),
            try await client.set("SECRET", 0, in: cart),
            try await client.send("DELETE", cart.path + "/items/SECRET", [cart.header]),
            try await client.send("DELETE", cart.path, [cart.header]),
            try await client.send("POST", "/v1/carts", [cart.header], json: #"{"from_cart":"\#(cart.id)"}"#),
        ]
        for refusal in refusals {
            #expect(refusal.status == 409 && refusal.code == "cart_converted" && refusal["order"] == order)
        }
        let read = try await client.read(cart)
        #expect(read["status"] == "converted" && read["order"] == order && read["access_token"] == .absent)
        #expect(try await client.get(cart.path, [("X-Cart-Token", placed["access_token"].text)]).status == 404)
        #expect(try await client.read(try await self.cart())["order"] == .absent)
        // The request that lost the race for the cart learns of the winner's order.
        let raced = try await self.cart()
        let answers = try await Crowd.run(12, of: Shop.current) { _, client in try client.order(raced) }
        let winner = try #require(answers.first { $0.status == 201 })
        let named: JSON = ["id": winner["id"], "number": winner["number"]]
        #expect(answers.filter { $0.status == 201 }.count == 1)
        for loser in answers where loser.status != 201 { #expect(loser.code == "cart_converted" && loser["order"] == named) }
    }

    @Test("of an order that was lost, a new cart has the lines again, at today's prices and no more than there is") func again()
        async throws
    {
        let client = try client()
        let cart = try await client.makeCart()
        for (sku, count) in [("AGAIN", 5), ("DEARER", 2), ("LEAVES", 1), ("SOLD", 3)] {
            try await client.add(sku, count, to: cart)
        }
        let order = TestOrder(try await client.order(cart))
        func make(_ more: String = "", _ headers: [(String, String)]) async throws -> Answer {
            try await client.send("POST", "/v1/carts", headers, json: #"{"from_cart":"\#(cart.id)"\#(more)}"#)
        }
        #expect(try await make("", [cart.header]).code == "cart_converted")
        #expect(try await client.cancel(order).status == 200)
        try await Shop.current.execute(
            """
            UPDATE variant SET price = 1200 WHERE sku = 'DEARER'; UPDATE product SET status = 'archived' WHERE slug = 'leaves';
            WITH s AS (UPDATE stock SET on_hand = CASE sku WHEN 'AGAIN' THEN 4 ELSE 0 END FROM variant WHERE id = variant_id
                AND sku IN ('AGAIN', 'SOLD') RETURNING variant_id, on_hand)
            INSERT INTO stock_movement (variant_id, on_hand, reserved, reason) SELECT variant_id, on_hand - 10, 0, 'adjustment' FROM s;
            """)
        let other = try await self.cart()
        for headers in [[], [("X-Cart-Token", "no")], [other.header]] { #expect(try await make("", headers).status == 404) }
        #expect(try await make(#","currency":"EUR""#, [cart.header]).pointers == ["/currency"])
        let made = try await make(#","currency":"USD""#, [cart.header])
        #expect(made.status == 201 && made["status"] == "active" && made["version"] == 1 && made["id"].text != cart.id)
        #expect(made["items"].elements.map { $0["sku"] } == ["AGAIN", "DEARER", "LEAVES", "SOLD"])
        #expect(made["items"].elements.map { $0["quantity"] } == [4, 2, 1, 3])
        #expect(
            made["items"].elements.map { $0["adjustment"] } == [
                "quantity_reduced", "price_changed", "unavailable", "unavailable",
            ])
        #expect(made["items"][1]["unit_price"] == .usd(1200))
        let read = try await client.read(TestCart(made))
        #expect(
            read["items"].elements.map { $0["quantity"] } == [4, 2, 1, 3]
                && read["items"].elements.map { $0["sku"] } == made["items"].elements.map { $0["sku"] })
        #expect(try await client.read(cart)["status"] == "converted")
        // It is a cart as any other.
        for sku in ["LEAVES", "SOLD"] { #expect(try await client.set(sku, 0, in: TestCart(made)).status == 200) }
        let placed = try await client.order(TestCart(made))
        #expect(placed.status == 201 && placed["total"] == .usd(4 * 1000 + 2 * 1200))
    }

    @Test("carts that are still of use are not copied; one that expired is") func otherCarts() async throws {
        let client = try client()
        let cart = try await cart()
        func make() async throws -> Answer {
            try await client.send("POST", "/v1/carts", [cart.header], json: #"{"from_cart":"\#(cart.id)"}"#)
        }
        #expect(try await make().code == "cart_active")
        try await Shop.current.execute("UPDATE cart SET status = 'merged' WHERE id = '\(cart.id)'")
        #expect(try await make().code == "cart_merged")
        try await Shop.current.execute(
            "UPDATE cart SET status = 'active', expires_at = now() - interval '1 day' WHERE id = '\(cart.id)'")
        let made = try await make()
        #expect(made.status == 201 && made["items"].elements.map { $0["sku"] } == ["SECRET"])
        let empty = try await client.makeCart()
        try await Shop.current.execute("UPDATE cart SET expires_at = now() - interval '1 day' WHERE id = '\(empty.id)'")
        let copy = try await client.send("POST", "/v1/carts", [empty.header], json: #"{"from_cart":"\#(empty.id)"}"#)
        #expect(copy.status == 201 && copy["items"] == [])
        for body in [#"{"from_cart":"x"}"#, #"{"from_cart":7}"#] {
            #expect(try await client.send("POST", "/v1/carts", [cart.header], json: body).pointers == ["/from_cart"])
        }
        #expect(try await client.send("POST", "/v1/carts", json: #"{"from_cart":null,"currency":null}"#).status == 201)
    }
}

/// What the suite sells and runs with. Beside it, since a macro cannot look into the type it is attached to.
enum SecretGoods {
    static let shelf = [Goods("SECRET", stock: 1_000), Goods("AGAIN"), Goods("DEARER"), Goods("LEAVES"), Goods("SOLD")]
    static let environments: [[String: String]] = [
        ["ENCRYPTION_KEY": first], ["ENCRYPTION_KEY": second, "ENCRYPTION_KEY_PREVIOUS": first], ["ENCRYPTION_KEY": second],
    ]
    private static let first = "the-first-secret-of-a-shop-that-rotates-it"
    private static let second = "the-second-secret-of-a-shop-that-rotates-it"
}
