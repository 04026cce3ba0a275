import Foundation
import Testing
import TestSupport

/// Carts over HTTP.
@Suite(.shop(CartGoods.shelf))
struct CartAPITests {
    private func client() throws -> ShopClient { ShopClient(try Shop.current) }

    @Test("a cart's life: made, filled, changed, emptied, deleted")
    func life() async throws {
        let client = try client()
        let made = try await client.send("POST", "/v1/carts")
        #expect(made.status == 201)
        let cart = TestCart(made)
        #expect(made.header("Location") == cart.path)
        #expect(cart.token.utf8.count >= 32)
        #expect(
            made.json == [
                "id": .string(cart.id), "token": .string(cart.token), "version": 1, "status": "active", "currency": "USD",
                "items": [],
                "subtotal": .usd(0), "discount": .usd(0), "tax": .usd(0), "shipping": .usd(0), "total": .usd(0),
                "updated_at": made["updated_at"], "expires_at": made["expires_at"],
            ])
        #expect(made["expires_at"].text > made["updated_at"].text)

        let added = try await client.add("SHIRT-S", 2, to: cart)
        #expect(added.status == 200 && added["version"] == 2)
        #expect(
            added["items"] == [
                [
                    "sku": "SHIRT-S", "product_id": .string(CartGoods.shelf[0].id.uuidString.lowercased()), "name": "Shirt",
                    "slug": "shirt-s", "variant_name": "SHIRT-S", "image": .null,
                    "options": ["size": "S"], "quantity": 2, "unit_price": .usd(2500), "line_total": .usd(5000), "available": 5,
                ]
            ])
        #expect(added["total"] == .usd(5000) && added["token"] == .absent)
        try await client.add("SHIRT-M", 1, to: cart)
        let more = try await client.add("SHIRT-S", 1, to: cart)
        #expect(more["items"].elements.map { $0["quantity"] } == [3, 1])
        #expect(more["subtotal"] == .usd(3 * 2500 + 2700) && more["version"] == 4)

        let set = try await client.set("SHIRT-S", 1, in: cart)
        #expect(set["items"][0]["quantity"] == 1 && set["total"] == .usd(5200))
        let read = try await client.read(cart)
        #expect(read.json == set.json && read.tag == set.tag)
        #expect(read.header("Cache-Control") == "private, no-cache")
        #expect(try await client.set("SHIRT-S", 0, in: cart)["items"].elements.map { $0["sku"] } == ["SHIRT-M"])
        let emptied = try await client.send("DELETE", cart.path + "/items/SHIRT-M", [cart.header])
        #expect(emptied.status == 200 && emptied["items"] == [] && emptied["total"] == .usd(0) && emptied["version"] == 7)

        let deleted = try await client.send("DELETE", cart.path, [cart.header])
        #expect(deleted.status == 204)
        #expect(try await client.read(cart).status == 404)
        #expect(try await client.send("DELETE", cart.path, [cart.header]).status == 404)
        #expect(try await client.add("SHIRT-S", 1, to: cart).status == 404)
    }

    @Test("without its token a cart is not there, whatever is tried, and nothing happens to it")
    func tokens() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        let other = try await client.makeCart()
        try await client.add("SHIRT-S", 1, to: cart)
        let before = try await client.read(cart)
        let calls: [(String, String, String?)] = [
            ("GET", cart.path, nil), ("HEAD", cart.path, nil), ("DELETE", cart.path, nil),
            ("POST", cart.path + "/items", #"{"sku":"SHIRT-S","quantity":1}"#),
            ("PUT", cart.path + "/items/SHIRT-S", #"{"quantity":2}"#),
            (
                "PUT", cart.path + "/items/SHIRT-S",
                #"{"quantity":0}"#
            ),
            ("DELETE", cart.path + "/items/SHIRT-S", nil),
            ("POST", "/v1/orders", #"{"cart_id":"\#(cart.id)",\#(ShopClient.buyer)}"#),
        ]
        let tokens: [[(String, String)]] = [
            [], [("X-Cart-Token", "")], [("X-Cart-Token", "wrong")], [other.header], [("X-Cart-Token", cart.token + "A")],
            [("X-Cart-Token", String(cart.token.dropLast()))], [("X-Cart-Token", cart.token.uppercased() + "x")],
            [("Authorization", "Bearer " + cart.token)], [("X-Order-Token", cart.token)],
        ]
        for (method, path, body) in calls {
            for token in tokens {
                let headers = token + [("Content-Type", "application/json"), ("Idempotency-Key", Shop.newKey())]
                let answer = try await client.send(method, path, headers, body: body.map { Array($0.utf8) })
                // A token of a person that is none is said to be one, so that the client gets another.
                let isBearer = token.first?.0 == "Authorization"
                #expect(answer.status == (isBearer ? 401 : 404), "\(method) \(path) \(token)")
                #expect(method == "HEAD" || answer.code == (isBearer ? "unauthorized" : "not_found"))
            }
        }
        let wrong = [
            (cart.path + "x"), "/v1/carts/1", "/v1/carts/" + other.id,
            "/v1/carts/019a0000-0000-7000-8000-000000000000",
        ]
        for path in wrong { #expect(try await client.get(path, [cart.header]).status == 404, "\(path)") }
        let after = try await client.read(cart)
        #expect(after.json == before.json && after.tag == before.tag)
    }

    @Test("the token is sent once, when the cart is created")
    func secrecy() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        let answers = [
            try await client.read(cart), try await client.add("SHIRT-S", 1, to: cart),
            try await client.set("SHIRT-S", 2, in: cart),
        ]
        for answer in answers { #expect(!answer.response.text.contains(cart.token)) }
        let kept = try await Shop.current.execute("SELECT cart::text FROM cart WHERE id = '\(cart.id)'")
        #expect(!kept.contains(cart.token))
        #expect(try await client.makeCart().token != cart.token)
    }

    @Test("a cart has the currency asked for, and takes only what is priced in it")
    func currency() async throws {
        let client = try client()
        let made = try await client.send("POST", "/v1/carts", json: #"{"currency":"EUR","more":[{}]}"#)
        let cart = TestCart(made)
        #expect(made.status == 201 && made["currency"] == "EUR")
        #expect(made["total"] == ["amount": 0, "currency": "EUR"])
        #expect(try await client.add("EURO", 2, to: cart)["total"] == ["amount": 600, "currency": "EUR"])
        let path = "/v1/carts/\(cart.id)/items"
        for answer in [
            try await client.add("SHIRT-S", 1, to: cart),
            try await client.send("PUT", path + "/SHIRT-S", [cart.header], json: #"{"quantity":1}"#),
        ] {
            #expect(answer.status == 422 && answer.code == "currency_mismatch" && answer.pointers == ["/sku"])
            #expect(answer["currency"] == "EUR" && answer["other_currency"] == "USD")
            #expect(answer["detail"] == "SHIRT-S is priced in USD, and the cart in EUR")
        }
        // What the catalogue does not offer has no currency to speak of, and removing is no adding.
        #expect(try await client.add("DRAFT", 1, to: cart)["detail"] == "SKU DRAFT does not exist")
        #expect(
            try await client.send("PUT", path + "/SHIRT-S", [cart.header], json: #"{"quantity":0}"#)["total"] == [
                "amount": 600, "currency": "EUR",
            ])
        #expect(try await client.send("POST", "/v1/carts", json: #"{"currency":null}"#)["currency"] == "USD")
        #expect(try await client.send("POST", "/v1/carts", json: "{}")["currency"] == "USD")
        for currency in [#""eur""#, #""""#, #""EURO""#, #""ABC""#, "1", "[]", "true", "{}"] {
            let answer = try await client.send("POST", "/v1/carts", json: #"{"currency":\#(currency)}"#)
            #expect(answer.status == 422 && answer.pointers == ["/currency"], "\(currency)")
        }
    }

    @Test("what is not sold cannot be added, set or removed")
    func unknown() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        for sku in ["NOTHING", "SHIRT-OLD", "DRAFT", "shirt-s"] {
            let added = try await client.add(sku, 1, to: cart)
            #expect(added.status == 422 && added.pointers == ["/sku"], "\(sku)")
            #expect(try await client.set(sku, 1, in: cart).status == 404, "\(sku)")
            #expect(try await client.set(sku, 0, in: cart).status == 404, "\(sku)")
            #expect(try await client.send("DELETE", cart.path + "/items/" + sku, [cart.header]).status == 404, "\(sku)")
        }
        #expect(try await client.send("DELETE", cart.path + "/items/SHIRT-S", [cart.header]).status == 404)
        let read = try await client.read(cart)
        #expect(read["version"] == 1 && read["items"] == [])
    }

    @Test("a SKU of any characters works in a path, percent-encoded")
    func encodedSKU() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        let path = "A%2FB%20C%2B1%25%C3%BC"
        #expect(try await client.add("A/B C+1%ü", 1, to: cart).status == 200)
        #expect(try await client.set(path, 4, in: cart)["total"] == .usd(1000))
        #expect(try await client.send("DELETE", cart.path + "/items/" + path, [cart.header])["items"] == [])
    }

    @Test("a line holds at most 999, and a cart 100 lines")
    func limits() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        #expect(try await client.add("SHIRT-S", 999, to: cart).status == 200)
        let over = try await client.add("SHIRT-S", 1, to: cart)
        #expect(over.status == 422 && over.code == "invalid" && over.pointers == ["/quantity"])
        #expect(try await client.set("SHIRT-S", 1000, in: cart).status == 422)
        #expect(try await client.set("SHIRT-S", 998, in: cart).status == 200)
        #expect(try await client.add("SHIRT-S", 2, to: cart).status == 422)
        #expect(try await client.add("SHIRT-S", 1, to: cart)["items"][0]["quantity"] == 999)
        for number in 0..<99 { try await client.add("MANY-\(number)", 1, to: cart) }
        let full = try await client.read(cart)
        #expect(full["items"].elements.count == 100)
        #expect(try await client.add("MANY-99", 1, to: cart).pointers == ["/sku"])
        #expect(try await client.set("MANY-99", 1, in: cart).status == 422)
        #expect(try await client.add("MANY-5", 1, to: cart).status == 200)
        #expect(try await client.set("MANY-5", 0, in: cart).status == 200)
        #expect(try await client.set("MANY-99", 1, in: cart)["items"].elements.count == 100)
    }

    @Test("the greatest cart there can be is added up exactly, and can be ordered")
    func greatest() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        for number in 0..<100 { try await client.set("GREAT-\(number)", 999, in: cart) }
        let total = JSON.usd(100 * 999 * 1_000_000_000_000)
        #expect(try await client.read(cart)["total"] == total)
        #expect(try await client.order(cart)["total"] == total)
    }

    // MARK: Conditions

    @Test("a write with If-Match goes ahead on the version named, and no other")
    func ifMatch() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        let first = try await client.read(cart)
        let second = try await client.add("SHIRT-S", 1, to: cart, [("If-Match", first.tag)])
        #expect(second.status == 200 && second["version"] == 2)
        let stale = [first.tag, "\"1.\"", "\"3\"", "W/" + second.tag, "\"\"", "\"x\", \(first.tag)", "\"2x.\""]
        for condition in stale {
            let answers = [
                try await client.add("SHIRT-S", 1, to: cart, [("If-Match", condition)]),
                try await client.set("SHIRT-S", 5, in: cart, [("If-Match", condition)]),
                try await client.send("DELETE", cart.path + "/items/SHIRT-S", [cart.header, ("If-Match", condition)]),
                try await client.send("DELETE", cart.path, [cart.header, ("If-Match", condition)]),
            ]
            for answer in answers { #expect(answer.status == 412 && answer.code == "precondition_failed", "\(condition)") }
        }
        for condition in ["", "2", "abc", "\"2", "2\"", "*, \"2\"", "\"a\" \"b\"", ","] {
            let answers = [
                try await client.add("SHIRT-S", 1, to: cart, [("If-Match", condition)]),
                try await client.send("DELETE", cart.path, [cart.header, ("If-Match", condition)]),
            ]
            for answer in answers { #expect(answer.status == 400, "'\(condition)'") }
        }
        #expect(try await client.read(cart).json == second.json)
        #expect(try await client.add("SHIRT-S", 1, to: cart, [("If-Match", "*")])["version"] == 3)
        let listed = try await client.set("SHIRT-S", 1, in: cart, [("If-Match", "\"9.x\", \"3.whatever\"")])
        #expect(listed["version"] == 4)
        #expect(try await client.send("DELETE", cart.path, [cart.header, ("If-Match", listed.tag)]).status == 204)
    }

    @Test("of writes on one version at once, one goes ahead")
    func ifMatchRace() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        let tag = try await client.read(cart).tag
        let answers = try await Crowd.run(20, of: Shop.current) { _, client in
            try client.add("BULK-0", 1, to: cart, [("If-Match", tag)]).status
        }
        #expect(answers.sorted() == [200] + Array(repeating: 412, count: 19))
        #expect(try await client.read(cart)["items"][0]["quantity"] == 1)
    }

    @Test("an unchanged cart is 304, and a changed price, seen without a write, is a new tag of the same version")
    func tags() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        let before = try await client.add("TAGGED", 1, to: cart)
        let again = try await client.read(cart, [("If-None-Match", before.tag)])
        #expect(again.status == 304 && again.tag == before.tag)
        try await Shop.current.execute("UPDATE variant SET price = 1100 WHERE sku = 'TAGGED'")
        let after = try await client.read(cart, [("If-None-Match", before.tag)])
        #expect(after.status == 200 && after.tag != before.tag && after["version"] == before["version"])
        #expect(try await client.set("TAGGED", 2, in: cart, [("If-Match", before.tag)]).status == 200)
    }

    // MARK: The catalogue moves on

    @Test("a price that moved is shown at once and marked, until the line is touched")
    func priceChange() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        let added = try await client.add("PRICED", 2, to: cart)
        #expect(added["items"][0]["adjustment"] == .absent)
        try await Shop.current.execute("UPDATE variant SET price = 900 WHERE sku = 'PRICED'")
        let moved = try await client.read(cart)
        #expect(moved["items"][0]["adjustment"] == "price_changed")
        #expect(moved["items"][0]["unit_price"] == .usd(900) && moved["total"] == .usd(1800))
        #expect(try await client.set("PRICED", 2, in: cart)["items"][0]["adjustment"] == .absent)
    }

    @Test("a quantity above the stock stays in the cart, and is marked")
    func insufficient() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        let added = try await client.add("SHORT", 9, to: cart)
        #expect(added.status == 200)
        let line = added["items"][0]
        #expect(line["quantity"] == 9 && line["available"] == 5 && line["adjustment"] == "insufficient_stock")
        #expect(line["line_total"] == .usd(9_000) && added["total"] == .usd(9_000))
        #expect(try await client.set("SHORT", 5, in: cart)["items"][0]["adjustment"] == .absent)
    }

    @Test("a variant without a row of stock is sold out, to a cart and to an order alike")
    func noStockRow() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        try await Shop.current.execute(
            """
            INSERT INTO variant (id, product_id, sku, name, price, position)
            SELECT gen_random_uuid(), id, 'ROWLESS', 'Rowless', 100, 9 FROM product WHERE slug = 'short'
            """)
        let added = try await client.add("ROWLESS", 1, to: cart)
        #expect(added["items"][0]["adjustment"] == "unavailable" && added["items"][0]["available"] == 0)
        for refused in [try await client.order(cart), try await client.order([("ROWLESS", 1)])] {
            #expect(refused.status == 409 && refused.code == "insufficient_stock")
            #expect(refused["lines"][0]["sku"] == "ROWLESS" && refused["lines"][0]["available"] == 0)
        }
    }

    @Test("what is no longer sold, or sold out, is marked unavailable, and can be removed")
    func unavailable() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        try await client.add("ARCHIVED", 1, to: cart)
        try await client.add("SOLD-OUT", 1, to: cart)
        try await Shop.current.execute(
            """
            UPDATE product SET status = 'archived' WHERE slug = 'archived';
            WITH v AS (SELECT id FROM variant WHERE sku = 'SOLD-OUT'), s AS (UPDATE stock SET on_hand = 0 FROM v WHERE variant_id = v.id)
            INSERT INTO stock_movement (variant_id, on_hand, reserved, reason) SELECT id, -10, 0, 'adjustment' FROM v;
            """)
        let read = try await client.read(cart)
        #expect(read["items"].elements.map { $0["adjustment"] } == ["unavailable", "unavailable"])
        #expect(read["items"].elements.map { $0["available"] } == [0, 0])
        #expect(read["items"].elements.map { $0["line_total"] } == [.usd(0), .usd(0)] && read["total"] == .usd(0))
        #expect(try await client.add("ARCHIVED", 1, to: cart).status == 422)
        #expect(try await client.set("ARCHIVED", 3, in: cart).status == 404)
        let refused = try await client.order(cart)
        #expect(refused.status == 409 && refused.code == "insufficient_stock")
        #expect(try await client.set("ARCHIVED", 0, in: cart).status == 200)
        #expect(try await client.send("DELETE", cart.path + "/items/SOLD-OUT", [cart.header])["items"] == [])
    }

    @Test("a cart whose time is over can be read, and neither changed nor ordered")
    func expired() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        try await client.add("SHIRT-S", 1, to: cart)
        try await Shop.current.execute("UPDATE cart SET expires_at = now() - interval '1 second' WHERE id = '\(cart.id)'")
        #expect(try await client.read(cart)["status"] == "expired")
        let answers = [
            try await client.add("SHIRT-S", 1, to: cart), try await client.set("SHIRT-S", 2, in: cart),
            try await client.send("DELETE", cart.path + "/items/SHIRT-S", [cart.header]), try await client.order(cart),
        ]
        for answer in answers { #expect(answer.status == 409 && answer.code == "cart_expired") }
        #expect(try await client.send("DELETE", cart.path, [cart.header]).status == 204)
    }

    @Test("a status that a later release has written is shown as it is, and the cart cannot be changed")
    func unknownStatus() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        try await client.add("SHIRT-S", 1, to: cart)
        try await Shop.current.execute(
            """
            ALTER TABLE cart DROP CONSTRAINT cart_status_check;
            UPDATE cart SET status = 'held' WHERE id = '\(cart.id)';
            """)
        #expect(try await client.read(cart)["status"] == "held")
        let answers = [
            try await client.add("SHIRT-S", 1, to: cart), try await client.set("SHIRT-S", 2, in: cart),
            try await client.send("DELETE", cart.path + "/items/SHIRT-S", [cart.header]), try await client.order(cart),
            try await client.send("DELETE", cart.path, [cart.header]),
            try await client.send("POST", "/v1/carts", [cart.header], json: #"{"from_cart":"\#(cart.id)"}"#),
        ]
        for answer in answers { #expect(answer.status == 409 && answer.code == "conflict") }
        #expect(try await client.read(cart)["items"].elements.map { $0["quantity"] } == [1])
    }

    @Test("a cart that became an order can be read, and no longer changed, ordered or deleted")
    func converted() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        try await client.add("BULK-7", 1, to: cart)
        #expect(try await client.order(cart).status == 201)
        let read = try await client.read(cart)
        #expect(read["status"] == "converted" && read["items"].elements.count == 1)
        let answers = [
            try await client.add("BULK-7", 1, to: cart), try await client.set("BULK-7", 2, in: cart),
            try await client.set("BULK-7", 0, in: cart), try await client.order(cart),
            try await client.send("DELETE", cart.path + "/items/BULK-7", [cart.header]),
            try await client.send("DELETE", cart.path, [cart.header]),
        ]
        for answer in answers { #expect(answer.status == 409 && answer.code == "cart_converted") }
        #expect(try await client.read(cart).json == read.json)
    }

    // MARK: Many at once

    @Test("50 parallel adds to one cart all count")
    func parallelAdds() async throws {
        let cart = try await client().makeCart()
        let answers = try await Crowd.run(50, of: Shop.current) { _, client in try client.add("BULK-1", 1, to: cart) }
        #expect(answers.allSatisfy { $0.status == 200 })
        #expect(Set(answers.map { $0["items"][0]["quantity"].number }) == Set(1...50))
        let read = try await client().read(cart)
        #expect(read["items"].elements.map { $0["quantity"] } == [50] && read["version"] == 51)
    }

    @Test("parallel adds of several SKUs lose nothing")
    func parallelMix() async throws {
        let cart = try await client().makeCart()
        let sums = try await Crowd.run(20, of: Shop.current) { number, client in
            var random = SeededGenerator(seed: UInt64(number))
            var sums: [String: Int64] = [:]
            for _ in 0..<10 {
                let sku = "BULK-\(Int.random(in: 0..<7, using: &random))"
                let count = Int.random(in: 1...4, using: &random)
                let answer = try client.add(sku, count, to: cart)
                guard answer.status == 200 else { throw TestFailure(answer.response.text) }
                sums[sku, default: 0] += Int64(count)
            }
            return sums
        }
        let expected = sums.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        let read = try await client().read(cart)
        #expect(
            Dictionary(uniqueKeysWithValues: read["items"].elements.map { ($0["sku"].text, $0["quantity"].number) }) == expected)
        #expect(read["version"] == 201)
        #expect(read["total"] == .usd(10 * expected.values.reduce(0, +)))
    }

    @Test("adds, sets, removals and reads of one cart at once never fail")
    func parallelEverything() async throws {
        let cart = try await client().makeCart()
        let statuses = try await Crowd.run(12, of: Shop.current) { number, client in
            try (0..<10).map { _ in
                let item = cart.path + "/items/BULK-2"
                return switch number % 4 {
                case 0: try client.add("BULK-2", 1, to: cart).status
                case 1: try client.send("PUT", item, [cart.header], json: #"{"quantity":3}"#).status
                case 2: try client.send("DELETE", item, [cart.header]).status
                default: try client.get(cart.path, [cart.header]).status
                }
            }
        }
        #expect(Set(statuses.joined()).isSubset(of: [200, 404]))
    }
}

/// What the suite sells. Beside it, since a macro cannot look into the type it is attached to.
enum CartGoods {
    static let shelf: [Goods] = {
        var shirt = Goods("SHIRT-S", name: "Shirt", price: 2500, stock: 5)
        shirt.variants[0].options = #"{"size": "S"}"#
        shirt.variants.append(Goods.Variant(sku: "SHIRT-M", options: #"{"size": "M"}"#, price: 2700, stock: 5))
        shirt.variants.append(Goods.Variant(sku: "SHIRT-OLD", price: 1, stock: 5, isActive: false))
        var many = Goods("MANY-0")
        many.variants += (1...100).map { Goods.Variant(sku: "MANY-\($0)", price: Int64($0)) }
        // The highest price that the schema allows.
        var great = Goods("GREAT", price: 1_000_000_000_000)
        great.variants = (0..<100).map { Goods.Variant(sku: "GREAT-\($0)", price: 1_000_000_000_000, stock: 999) }
        var draft = Goods("DRAFT")
        draft.status = "draft"
        var euro = Goods("EURO", price: 300)
        euro.currency = "EUR"
        var odd = Goods("A/B C+1%ü", price: 250)
        odd.slug = "odd"
        let changing = ["PRICED", "ARCHIVED", "SOLD-OUT", "TAGGED"].map { Goods($0, price: 1000) }
        return [shirt, many, great, draft, euro, odd, Goods("CHEAP", price: 1, stock: 0), Goods("SHORT", stock: 5)] + changing
            + (0..<8).map { Goods("BULK-\($0)", price: 10, stock: 10_000) }
    }()
}
