import Foundation
import Testing
import TestSupport

/// Orders over HTTP, one request at a time.
@Suite(.shop(OrderGoods.shelf))
struct OrderAPITests {
    private func client() throws -> ShopClient { ShopClient(try Shop.current) }

    @Test("an order from a cart has its lines, prices and sums, and the cart is converted")
    func fromCart() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        try await client.add("SHIRT-M", 2, to: cart)
        try await client.add("SHIRT-S", 1, to: cart)
        let answer = try await client.order(cart)
        #expect(answer.status == 201)
        let order = TestOrder(answer)
        #expect(answer.header("Location") == order.path)
        #expect(order.token.utf8.count >= 32)
        let shirt = JSON.string(OrderGoods.shelf[0].id.uuidString.lowercased())
        let lines: [JSON] = [
            [
                "sku": "SHIRT-M", "product_id": shirt, "name": "Shirt", "options": ["size": "M"], "image": "/assets/shirt.svg",
                "quantity": 2, "unit_price": .usd(2700), "line_total": .usd(5400), "tax": .usd(0),
            ],
            [
                "sku": "SHIRT-S", "product_id": shirt, "name": "Shirt", "options": ["size": "S"], "image": "/assets/shirt.svg",
                "quantity": 1, "unit_price": .usd(2500), "line_total": .usd(2500), "tax": .usd(0),
            ],
        ]
        let got = answer["items"].elements.sorted { $0["sku"].text < $1["sku"].text }
        #expect(got == lines)
        #expect(answer["status"] == "pending_payment" && answer["payment_status"] == "unpaid")
        #expect(answer["email"] == "ada@example.com" && answer["currency"] == "USD")
        #expect(answer["subtotal"] == .usd(7900) && answer["total"] == .usd(7900))
        for sum in ["discount", "tax", "shipping"] { #expect(answer[sum] == .usd(0)) }
        #expect(
            answer["shipping_address"] == [
                "name": "Ada Moss", "line1": "1 Fern Row", "city": "Leeds", "postal_code": "LS1 4AP", "country": "GB",
            ])
        #expect(answer["history"].elements.map { $0["status"] } == ["pending_payment"])
        let number = answer["number"].text
        #expect(number.wholeMatch(of: /[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}/) != nil, "\(number)")
        #expect(try await client.read(cart)["status"] == "converted")

        let read = try await client.read(order)
        #expect(read.status == 200 && read["access_token"] == .absent)
        #expect(read.json["items"] == answer["items"] && read["total"] == answer["total"])
        #expect(read["history"] == answer["history"] && read["created_at"] == answer["created_at"])
        #expect(read.header("Cache-Control") == "no-store")
        #expect(try await client.read(order, [("If-None-Match", read.tag)]).status == 304)
        let heard = number.filter { $0 != "-" }.replacing("0", with: "o").replacing("1", with: "L")
        for name in [number, number.lowercased(), order.id.uppercased(), heard, heard.prefix(5) + "%20" + heard.suffix(5)] {
            #expect(try await client.get("/v1/orders/" + name, [order.header]).json == read.json, "\(name)")
            #expect(try await client.get("/v1/orders/" + name).status == 404, "\(name)")
        }
    }

    @Test("the lines of an order stand in the order in which they were put into the cart")
    func lineOrder() async throws {
        let client = try client()
        var kept: Set<Bool> = []
        for skus in [["SHIRT-S", "MOVED"], ["MOVED", "SHIRT-S"]] {
            let cart = try await client.makeCart()
            for sku in skus { try await client.add(sku, 1, to: cart) }
            let lines = try await client.order(cart)["items"].elements.map { $0["sku"].text }
            kept.insert(lines == skus)
            let direct = try await client.order(skus.map { ($0, 1) })
            #expect(direct["items"].elements.map { $0["sku"].text } == skus)
        }
        #expect(kept == [true])
    }

    @Test("an order from items needs no cart, and counts repeated SKUs together")
    func fromItems() async throws {
        let client = try client()
        let answer = try await client.order([("SHIRT-S", 2), ("SHIRT-M", 1), ("SHIRT-S", 3)])
        #expect(answer.status == 201)
        #expect(answer["items"].elements.map { $0["sku"] } == ["SHIRT-S", "SHIRT-M"])
        #expect(answer["items"].elements.map { $0["quantity"] } == [5, 1])
        #expect(answer["total"] == .usd(5 * 2500 + 2700))
        let over = try await client.order([("SCARCE", 2), ("SCARCE", 2)])
        #expect(over.status == 409 && over.code == "insufficient_stock")
        #expect(over["lines"] == [["sku": "SCARCE", "requested": 4, "available": 3]])
        #expect(try await client.order([("SHIRT-S", 999), ("SHIRT-S", 1)]).status == 422)
        #expect(try await client.order(Array(repeating: ("SHIRT-S", 1), count: 100))["items"][0]["quantity"] == 100)
        #expect(try await client.order(Array(repeating: ("SHIRT-S", 1), count: 101)).pointers == ["/items"])
    }

    @Test("a country without postal codes needs none, and what was not given is not answered; the e-mail is trimmed")
    func abroad() async throws {
        let client = try client()
        func order(_ address: String, email: String = "ada@example.com") async throws -> Answer {
            try await client.send(
                "POST", "/v1/orders", [("Idempotency-Key", Shop.newKey())],
                json: #"{"items":[{"sku":"SHIRT-S","quantity":1}],"email":"\#(email)","shipping_address":\#(address)}"#)
        }
        for (address, stored) in [
            (
                #"{"name":"Noor","line1":"Corniche 12","city":"Doha","country":"QA"}"#,
                ["name": "Noor", "line1": "Corniche 12", "city": "Doha", "country": "QA"]
            ),
            (
                #"{"name":"Mei","line1":"1 Orchard Rd","city":null,"postal_code":"238801","country":"SG","region":""}"#,
                ["name": "Mei", "line1": "1 Orchard Rd", "postal_code": "238801", "country": "SG"]
            ),
        ] as [(String, JSON)] {
            let placed = try await order(address, email: " ada@example.com\\n")
            #expect(placed.status == 201 && placed["email"] == "ada@example.com" && placed["shipping_address"] == stored)
            let order = TestOrder(placed)
            let read = try await client.send("GET", order.path, [order.header])
            #expect(read.status == 200 && read["email"] == "ada@example.com" && read["shipping_address"] == stored)
            #expect(
                read.response.text.contains(
                    placed.response.text.split(separator: "\"shipping_address\":").last?.prefix { $0 != "}" } ?? "none"))
        }
        let missing = try await order(#"{"line1":"1 Row","country":"GB"}"#)
        #expect(missing.status == 422)
        #expect(Set(missing.pointers) == ["/shipping_address/name", "/shipping_address/city", "/shipping_address/postal_code"])
        for email in ["a\u{200B}b@example.com", "a\u{202E}b@example.com", "a\u{85}b\u{2028}c@x.yz", "ab@exa\u{AD}mple.com"] {
            let refused = try await order(#"{"name":"Noor","line1":"Corniche 12","city":"Doha","country":"QA"}"#, email: email)
            #expect(refused.status == 422 && refused.pointers == ["/email"], "\(email)")
        }
    }

    @Test("what is not sold, or in another currency, makes the order invalid at its place")
    func unknown() async throws {
        let client = try client()
        let unknown = try await client.order([("SHIRT-S", 1), ("NOTHING", 1), ("nothing too", 1)])
        #expect(unknown.status == 422 && unknown.pointers == ["/items/1/sku", "/items/2/sku"])
        let mixed = try await client.order([("SHIRT-S", 1), ("EURO", 1)])
        #expect(mixed.status == 422 && mixed.code == "currency_mismatch" && mixed.pointers == ["/items/1/sku"])
        #expect(mixed["currency"] == "USD" && mixed["other_currency"] == "EUR")
        #expect(mixed["detail"] == "EURO is priced in EUR, and the order in USD")
        #expect(try await client.order([("EURO", 1)])["total"] == ["amount": 300, "currency": "EUR"])
        let draft = try await client.order([("DRAFT", 1)])
        // Nothing tells it from a SKU that there never was.
        #expect(draft.status == 422 && draft.pointers == ["/items/0/sku"] && draft["detail"] == "SKU DRAFT does not exist")
        let cart = try await client.makeCart()
        let added = try await client.add("DRAFT", 1, to: cart), unheard = try await client.add("NEVER", 1, to: cart)
        #expect(added.status == 422 && unheard.status == 422 && added["detail"] == "SKU DRAFT does not exist")
        try await Shop.current.execute("UPDATE variant SET max_quantity = 5 WHERE sku = 'DRAFT'")
        let many = try await client.order([("DRAFT", 6)]), never = try await client.order([("NEVER", 6)])
        #expect(many.status == 422 && many.pointers == never.pointers && many["detail"] == "SKU DRAFT does not exist")
        let repeated = try await client.order([("SHIRT-S", 1), ("SHIRT-S", 1), ("NOTHING", 1)])
        #expect(repeated.pointers == ["/items/2/sku"])
    }

    @Test("edits of the catalogue change no order")
    func snapshot() async throws {
        let client = try client()
        let order = TestOrder(try await client.order([("SNAPSHOT", 2)]))
        let before = try await client.read(order)
        try await Shop.current.execute(
            """
            UPDATE product SET name = 'Another', price = 1, images = '[]', status = 'archived' WHERE slug = 'snapshot';
            UPDATE variant SET price = 1, sku = 'SNAPSHOT-2', options = '{"a": "b"}' WHERE sku = 'SNAPSHOT';
            """)
        let after = try await client.read(order)
        #expect(after.json == before.json && after.tag == before.tag)
    }

    @Test("without its token an order is not there, by id or by number")
    func tokens() async throws {
        let client = try client()
        let answer = try await client.order([("SHIRT-S", 1)])
        let order = TestOrder(answer)
        let other = TestOrder(try await client.order([("SHIRT-S", 1)]))
        let before = try await client.read(order)
        for path in [order.path, "/v1/orders/" + answer["number"].text] {
            for headers in [
                [], [("X-Order-Token", "")], [other.header], [("X-Order-Token", order.token + "x")],
                [("X-Cart-Token", order.token)],
            ] {
                for (method, path) in [("GET", path), ("HEAD", path), ("POST", path + "/cancel")] {
                    let refused = try await client.send(method, path, headers)
                    #expect(refused.status == 404 && (method == "HEAD" || refused.code == "not_found"), "\(method) \(path)")
                }
            }
        }
        for name in [
            "1", "K7Q4M-2X9HB", "019a0000-0000-7000-8000-000000000000", order.id + "0",
            "%E2%82%AC%E2%82%AC%E2%82%AC-%E2%82%AC",
        ] {
            #expect(try await client.get("/v1/orders/" + name, [order.header]).status == 404, "\(name)")
        }
        #expect(try await client.read(order).json == before.json)
        let kept = try await Shop.current.execute("SELECT orders::text FROM orders WHERE id = '\(order.id)'")
        #expect(!kept.contains(order.token))
    }

    @Test("an order is placed only from the cart and for the total that the shopper saw")
    func expectations() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        try await client.add("MOVED", 3, to: cart)
        for version in [1, 3] {
            let refused = try await client.order(cart, more: #""cart_version":\#(version),"#)
            #expect(refused.status == 409 && refused.code == "cart_changed" && refused["cart_version"] == 2, "\(version)")
        }
        for total in [#"{"amount":299,"currency":"USD"}"#, #"{"amount":300,"currency":"EUR"}"#] {
            let refused = try await client.order(cart, more: #""expected_total":\#(total),"#)
            #expect(refused.status == 409 && refused.code == "price_changed" && refused["total"] == .usd(300), "\(total)")
        }
        try await Shop.current.execute("UPDATE variant SET price = 120 WHERE sku = 'MOVED'")
        let moved = try await client.order(cart, more: #""cart_version":2,"expected_total":{"amount":300,"currency":"USD"},"#)
        #expect(moved.code == "price_changed" && moved["total"] == .usd(360))
        let placed = try await client.order(cart, more: #""cart_version":2,"expected_total":{"amount":360,"currency":"USD"},"#)
        #expect(placed.status == 201 && placed["total"] == .usd(360))
    }

    @Test("an empty cart and an unknown one cannot be ordered")
    func noCart() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        let empty = try await client.order(cart)
        #expect(empty.status == 409 && empty.code == "cart_empty")
        let body = #"{"cart_id":"019a0000-0000-7000-8000-000000000000",\#(ShopClient.buyer)}"#
        let unknown = try await client.send("POST", "/v1/orders", [("Idempotency-Key", Shop.newKey()), cart.header], json: body)
        #expect(unknown.status == 404)
    }

    @Test("a product that was archived is unavailable in the carts that have it, and the order says so")
    func archived() async throws {
        let client = try client()
        let cart = try await client.makeCart()
        try await client.add("SHIRT-S", 1, to: cart)
        try await client.add("ARCHIVED", 2, to: cart)
        try await Shop.current.execute("UPDATE product SET status = 'archived' WHERE slug = 'archived'")
        let refused = try await client.order(cart)
        #expect(
            refused.status == 409 && refused.code == "insufficient_stock" && refused["detail"] == "A line is no longer on sale.")
        #expect(refused["lines"][1] == ["sku": "ARCHIVED", "requested": 2, "available": 0, "adjustment": "unavailable"])
        #expect(refused["lines"][0]["adjustment"] == .absent)
        #expect(try await client.order([("ARCHIVED", 1)]).status == 422)
        #expect(try await Shop.current.available("ARCHIVED") == 10)
    }

    @Test("a status that a later release has written is shown as it is")
    func unknownStatus() async throws {
        let client = try client()
        let order = TestOrder(try await client.order([("SHIRT-S", 1)]))
        try await Shop.current.execute(
            """
            ALTER TABLE orders DROP CONSTRAINT orders_status_check, DROP CONSTRAINT orders_payment_status_check;
            INSERT INTO order_history (order_id, position, status) VALUES ('\(order.id)', 2, 'on_hold');
            UPDATE orders SET status = 'on_hold', payment_status = 'disputed' WHERE id = '\(order.id)';
            """)
        let read = try await client.read(order)
        #expect(read.status == 200 && read["status"] == "on_hold" && read["payment_status"] == "disputed")
        #expect(read["history"].elements.map { $0["status"] } == ["pending_payment", "on_hold"])
        let cancelled = try await client.cancel(order)
        #expect(cancelled.status == 409 && cancelled.code == "illegal_transition" && cancelled["from"] == "on_hold")
        #expect(cancelled["allowed"] == [])
    }

    @Test("a token opens an order that is over for 90 days, and one that is under way for as long as that takes")
    func tokenLifetime() async throws {
        let client = try client()
        let order = TestOrder(try await client.order([("SHIRT-S", 1)]))
        func age(_ days: Int) async throws {
            try await Shop.current.execute(
                "UPDATE orders SET updated_at = now() - interval '\(days) days' WHERE id = '\(order.id)'")
        }
        try await age(400)
        #expect(try await client.read(order)["status"] == "pending_payment")
        #expect(try await client.cancel(order).status == 200)
        try await age(89)
        #expect(try await client.read(order)["status"] == "cancelled")
        try await age(91)
        #expect(try await client.read(order).status == 404)
        #expect(try await client.cancel(order).status == 404)
    }

    @Test("with too little of anything the whole order is refused, and tells what there is of each line")
    func insufficientStock() async throws {
        let client = try client()
        let refused = try await client.order([("UNTOUCHED", 1), ("SCARCE", 4), ("GONE", 1)])
        #expect(refused.status == 409 && refused.code == "insufficient_stock")
        #expect(
            refused["lines"] == [
                ["sku": "UNTOUCHED", "requested": 1, "available": 9], ["sku": "SCARCE", "requested": 4, "available": 3],
                ["sku": "GONE", "requested": 1, "available": 0],
            ])
        for (sku, count) in [("UNTOUCHED", 9), ("SCARCE", 3), ("GONE", 0)] {
            #expect(try await Shop.current.available(sku) == count)
        }
        let cart = try await client.makeCart()
        try await client.add("GONE", 1, to: cart)
        #expect(try await client.order(cart).code == "insufficient_stock")
        #expect(try await client.read(cart)["status"] == "active")
    }

    @Test("a cancelled order gives its stock back, once, and stays cancelled")
    func cancel() async throws {
        let client = try client()
        let order = TestOrder(try await client.order([("RETURNED", 4)]))
        #expect(try await Shop.current.available("RETURNED") == 1)
        let cancelled = try await client.cancel(order)
        #expect(cancelled.status == 200 && cancelled["status"] == "cancelled")
        #expect(cancelled["history"].elements.map { $0["status"] } == ["pending_payment", "cancelled"])
        #expect(try await Shop.current.available("RETURNED") == 5)
        let again = try await client.cancel(order)
        #expect(again.status == 200 && again.json == cancelled.json)
        #expect(try await Shop.current.available("RETURNED") == 5)
        #expect(try await client.read(order).json == cancelled.json)
    }

    // MARK: Idempotency keys

    @Test("an order needs one key of at most 255 characters, and a random one where there is no cart")
    func keys() async throws {
        let client = try client()
        let body = Array(#"{"items":[{"sku":"SHIRT-S","quantity":1}],\#(ShopClient.buyer)}"#.utf8)
        func post(_ keys: [String]) async throws -> Answer {
            try await client.send(
                "POST", "/v1/orders", keys.map { ("Idempotency-Key", $0) } + [("Content-Type", "application/json")], body: body)
        }
        let missing = try await post([])
        #expect(missing.status == 400 && missing.code == "idempotency_key_required")
        let key = Shop.newKey()
        let refused: [[String]] = [
            [""], ["\"\""], ["short"], ["1234567890123456"], ["\"my-first-order-019a\""], ["order:" + UUID().uuidString],
            ["abcdefghijklmnopqrstu"], [String(repeating: "k", count: 256)],
            [
                "\""
                    + String(
                        repeating: "k",
                        count: 256) + "\""
            ], ["\"" + key], [key + "\""], [key + "," + key], [key + " " + key],
            [key + ";a"], ["\"\(key)\";a=1"], ["\"\(key)\\x\""], ["k\u{E9}y" + key], [key, key], [key, Shop.newKey()],
        ]
        for keys in refused {
            let answer = try await post(keys)
            #expect(answer.status == 400 && answer.code == "invalid_idempotency_key", "\(keys)")
            #expect(answer["errors"][0]["header"] == "Idempotency-Key")
        }
        let cart = try await client.makeCart()
        try await client.add("SHIRT-S", 1, to: cart)
        // The cart's token tells its holder from all others.
        #expect(try await client.order(cart, key: "1").status == 201)
        let unique = UUID().uuidString
        for length in [255, 40] {
            let long = String((unique + String(repeating: "k", count: 255)).prefix(length))
            let bare = try await post([long])
            #expect(bare.status == 201)
            let quoted = try await post(["\"" + long + "\""])
            #expect(quoted.status == 201 && quoted.header("Idempotent-Replayed") == "true" && quoted["id"] == bare["id"])
        }
    }

    @Test("the same key and body bring the same bytes again, even after the order has changed")
    func replay() async throws {
        let client = try client()
        let key = Shop.newKey()
        let first = try await client.order([("SHIRT-S", 1)], key: key)
        #expect(first.status == 201 && first.header("Idempotent-Replayed") == nil)
        #expect(try await client.cancel(TestOrder(first)).status == 200)
        for _ in 0..<3 {
            let again = try await client.order([("SHIRT-S", 1)], key: key)
            #expect(again.status == 201 && again.response.body == first.response.body)
            #expect(again.header("Idempotent-Replayed") == "true" && again.header("Location") == first.header("Location"))
        }
        let cart = try await client.makeCart()
        try await client.add("SHIRT-M", 1, to: cart)
        let placed = try await client.order(cart, key: key + "-cart")
        let replayed = try await client.order(cart, key: key + "-cart")
        #expect(placed.status == 201 && replayed.status == 201 && replayed.response.body == placed.response.body)
        #expect(try await client.order(cart, key: key + "-other").code == "cart_converted")
    }

    @Test("the same key with another body is refused, be it other by a space")
    func reuse() async throws {
        let client = try client()
        let key = Shop.newKey()
        let first = try await client.order([("SHIRT-S", 1)], key: key)
        #expect(first.status == 201)
        let other = try await client.order([("SHIRT-S", 2)], key: key)
        #expect(other.status == 422 && other.code == "idempotency_key_reused")
        let spaced = try await client.send(
            "POST", "/v1/orders",
            [
                (
                    "Idempotency-Key",
                    key
                )
            ], json: #"{"items":[{"sku":"SHIRT-S","quantity":1}], \#(ShopClient.buyer)}"#)
        #expect(spaced.status == 422)
        #expect(try await client.order([("SHIRT-S", 1)], key: key).response.body == first.response.body)
    }

    @Test("a refused order can be tried again with its key")
    func retry() async throws {
        let client = try client()
        let key = Shop.newKey()
        let blocking = TestOrder(try await client.order([("RETRIED", 1)]))
        for _ in 0..<2 { #expect(try await client.order([("RETRIED", 1)], key: key).status == 409) }
        #expect(try await client.order([("NOTHING", 1)], key: key).status == 422)
        #expect(try await client.cancel(blocking).status == 200)
        let placed = try await client.order([("RETRIED", 1)], key: key)
        #expect(placed.status == 201 && placed.header("Idempotent-Replayed") == nil)
    }
}

/// What the suite sells. Beside it, since a macro cannot look into the type it is attached to.
enum OrderGoods {
    static let shelf: [Goods] = {
        var shirt = Goods("SHIRT-S", name: "Shirt", price: 2500, stock: 1000)
        shirt.variants[0].options = #"{"size": "S"}"#
        shirt.images = #"[{"url": "/assets/shirt.svg", "alt": "a shirt"}]"#
        shirt.variants.append(Goods.Variant(sku: "SHIRT-M", options: #"{"size": "M"}"#, price: 2700, stock: 1000))
        var draft = Goods("DRAFT")
        draft.status = "draft"
        var euro = Goods("EURO", price: 300)
        euro.currency = "EUR"
        return [
            shirt, draft, euro, Goods("SNAPSHOT", stock: 20), Goods("SCARCE", stock: 3), Goods("GONE", stock: 0),
            Goods("MOVED", price: 100, stock: 50), Goods("RETURNED", stock: 5), Goods("RETRIED", stock: 1),
            Goods("UNTOUCHED", stock: 9), Goods("ARCHIVED"),
        ]
    }()
}
