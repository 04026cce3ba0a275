import Foundation
import PostgresClient
import TestSupport
import Testing

/// No client can reserve the whole shop: bounds on unpaid orders, without Redis, on two services.
@Suite("Bounds on unpaid orders, over HTTP", .serialized)
struct OrderHoldAPITests {
    private static let settings = [
        "RATE_LIMIT": "on", "RATE_LIMIT_WRITES": "100000", "RATE_LIMIT_READS": "100000", "RATE_LIMIT_ORDERS": "100000",
        "RATE_LIMIT_ORDERS_DAY": "100000", "TRUSTED_PROXIES": "127.0.0.1", "DATABASE_LOCK_TIMEOUT": "20s",
        "ORDER_LOCK_TIMEOUT": "10s",
        "ENCRYPTION_KEY": "not a secret at all, but it is long", "REDIS_URL": "",
    ]

    private static func order(
        _ client: HTTPTestClient, _ items: [(String, Int)], as address: String, _ email: String, key: String = Shop.newKey()
    ) throws -> Answer {
        let lines = items.map { #"{"sku":"\#($0.0)","quantity":\#($0.1)}"# }.joined(separator: ",")
        let body = ShopClient.buyer.replacingOccurrences(of: "ada@example.com", with: email)
        return Answer(
            try client.request(
                "POST", "/v1/orders", headers: [("X-Forwarded-For", address), ("Idempotency-Key", key)],
                json: #"{"items":[\#(lines)],\#(body)}"#))
    }

    private static func stage(_ goods: [Goods]) async throws -> Stage {
        let stage = try Stage()
        try await stage.execute(Goods.statements(goods))
        return stage
    }

    /// Orders of many at once, over the services in turn.
    private static func storm(
        _ count: Int, _ services: [ServiceProcess], _ body: @escaping @Sendable (Int, HTTPTestClient) throws -> Answer
    ) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for number in 0..<count {
                let client = services[number % services.count].client()
                group.addTask { try await onOwnThread { try body(number, client) } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("however many come at once, a client has so many open and an address so many, and no more") func openOrders()
        async throws
    {
        let stage = try await Self.stage([Goods("MANY", stock: 100_000)])
        let settings = Self.settings.merging(["ORDER_OPEN_PER_CLIENT": "4", "ORDER_OPEN_PER_EMAIL": "7"]) { $1 }
        let services = [try await stage.serve(settings), try await stage.serve(settings)]
        // One client, ten addresses; and then ten clients with one address.
        let ofClient = try await Self.storm(24, services) { number, client in
            try Self.order(client, [("MANY", 1)], as: "203.0.113.1", "shopper\(number % 10)@example.com")
        }
        #expect(ofClient.count { $0.status == 201 } == 4)
        let refused = ofClient.filter { $0.status != 201 }
        #expect(
            refused.allSatisfy { $0.status == 409 && $0.code == "open_orders_limit" && $0["limit"] == 4 }, "\(refused.prefix(2))")
        let ofEmail = try await Self.storm(24, services) { number, client in
            try Self.order(
                client, [("MANY", 1)], as: "198.51.100.\(number)",
                number % 2 == 0 ? "Eve@example.com" : "eve+\(number)@EXAMPLE.com")
        }
        #expect(ofEmail.count { $0.status == 201 } == 7)
        #expect(ofEmail.allSatisfy { $0.status == 201 || $0.code == "open_orders_limit" && $0["limit"] == 7 })
        // Others are not concerned; and who cancels one may place one.
        let first = services[0].client()
        #expect(
            try await onOwnThread { try Self.order(first, [("MANY", 1)], as: "192.0.2.9", "other@example.com").status } == 201)
        let mine = TestOrder(ofClient.first { $0.status == 201 } ?? ofClient[0])
        let again = try await onOwnThread {
            let cancelled = try first.request("POST", mine.path + "/cancel", headers: [mine.header])
            return (cancelled.status, try Self.order(first, [("MANY", 1)], as: "203.0.113.1", "shopper@example.com").status)
        }
        #expect(again == (200, 201))
        // The stored hash does not reveal the address, and goes with the hold.
        #expect(try await stage.execute("SELECT count(*) FROM order_hold") == "12")
        #expect(
            try await stage.execute("SELECT count(*) FROM order_hold WHERE length(client_hash) <> 16 OR length(email_hash) <> 16")
                == "0")
        let dump = try await stage.execute("SELECT o::text || h::text FROM orders o JOIN order_hold h ON h.order_id = o.id")
        #expect(!dump.contains("203.0.113.1") && !dump.contains("192.0.2.9"))
        #expect(try await stage.execute(Invariants.statements) == "")
    }

    @Test("the pieces of a client, and its share of a variant, are bounded over all its orders; a repeated request is none")
    func units() async throws {
        let stage = try await Self.stage([
            Goods("HUNDRED", stock: 100), Goods("SEVEN", stock: 7), Goods("TWO", stock: 2), Goods("HEAP", stock: 100_000),
        ])
        let services = [try await stage.serve(Self.settings), try await stage.serve(Self.settings)]
        let shares = try await Self.storm(10, services) { number, client in
            try Self.order(client, [("HUNDRED", 6)], as: "203.0.113.1", "shopper\(number)@example.com")
        }
        #expect(shares.count { $0.status == 201 } == 3)
        let refused = try #require(shares.first { $0.status != 201 })
        #expect(refused.status == 409 && refused.code == "held_share_limit")
        #expect(
            refused["lines"][0]["sku"] == "HUNDRED" && refused["lines"][0]["requested"] == 6 && refused["lines"][0]["limit"] == 20
        )
        let client = services[0].client()
        try await onOwnThread {
            func order(_ items: [(String, Int)], as address: String, key: String = Shop.newKey()) throws -> Answer {
                try Self.order(client, items, as: address, "shopper-\(address)@example.com", key: key)
            }
            // A small shop: five of seven pieces, and the last two there are.
            #expect(try order([("SEVEN", 6)], as: "198.51.100.1")["lines"][0]["limit"] == 5)
            #expect(try order([("SEVEN", 5), ("TWO", 2)], as: "198.51.100.1").status == 201)
            #expect(try order([("HEAP", 501)], as: "198.51.100.2").code == "held_units_limit")
            let key = Shop.newKey()
            #expect(try order([("HEAP", 500)], as: "198.51.100.2", key: key).status == 201)
            let repeated = try order([("HEAP", 500)], as: "198.51.100.2", key: key)
            #expect(repeated.status == 201 && repeated.header("Idempotent-Replayed") == "true")
            let beyond = try order([("HEAP", 1)], as: "198.51.100.2")
            #expect(beyond.status == 409 && beyond["limit"] == 500 && beyond["held"] == 500)
        }
        #expect(try await stage.execute(Invariants.statements) == "")
    }

    /// A client's orders are decided one after another: while one of them waits for stock that a session has locked, the next ones
    /// wait for it, and no other orders.
    @Test("whose client or address has an order that waits for locked stock makes only that client's others wait")
    func waiting() async throws {
        let stage = try await Self.stage([Goods("LOCKED", stock: 1_000), Goods("FREE", stock: 100_000)])
        let service = try await stage.serve(
            Self.settings.merging(["LOOPS": "1", "ORDER_TRANSACTIONS": "1", "ORDER_LOCK_TIMEOUT": "200ms"]) { $1 })
        let session = try BlockingConnection(connectionString: stage.postgres.url)
        try session.execute(
            "BEGIN; SELECT FROM stock WHERE variant_id = (SELECT id FROM variant WHERE sku = 'LOCKED') FOR UPDATE")
        try await withThrowingTaskGroup(of: Answer.self) { group in
            func send(_ sku: String, _ email: String) {
                let client = service.client()
                group.addTask { try await onOwnThread { try Self.order(client, [(sku, 1)], as: "203.0.113.1", email) } }
            }
            send("LOCKED", "eve@example.com")
            let deadline = Deadline(seconds: 30)
            func wait(_ what: String, _ condition: String) async throws {
                while try await stage.execute(condition) != "1", !deadline.isOver { try await Task.sleep(for: .milliseconds(20)) }
                #expect(!deadline.isOver, "\(what)")
            }
            // It waits apart: alone, and longer than together with others.
            try await wait(
                "the order waits",
                """
                SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND now() - xact_start > interval '1 second'
                """)
            // From the same address, to another mailbox and the same; and with them strangers, so that they come together.
            for number in 0..<4 { send("FREE", number % 2 == 0 ? "eve@example.com" : "adam\(number)@example.com") }
            let strangers = try await Self.storm(24, [service]) { number, client in
                try Self.order(client, [("FREE", 1)], as: "198.51.100.\(number)", "stranger\(number)@example.com")
            }
            #expect(strangers.allSatisfy { $0.status == 201 }, "\(strangers.first { $0.status != 201 }?.response.text ?? "")")
            // What waited has its turn, or had waited as long as an order may.
            try session.execute("COMMIT")
            for try await answer in group {
                #expect(answer.status == 201 || answer.code == "unavailable", "\(answer.response.text)")
            }
        }
        let client = service.client()
        let late = try await onOwnThread {
            try Self.order(client, [("LOCKED", 1), ("FREE", 1)], as: "203.0.113.1", "eve@example.com")
        }
        #expect(late.status == 201, "\(late.response.text)")
        #expect(try await stage.execute(Invariants.statements) == "")
    }

    @Test("an order may be tried so often in a minute, and in a day; then it is 429, and says when") func rate() async throws {
        let stage = try await Self.stage([Goods("MANY", stock: 100_000)])
        let settings = Self.settings.merging(
            [
                "RATE_LIMIT_ORDERS": "5", "RATE_LIMIT_ORDERS_DAY": "8", "REDIS_URL": stage.redis.url,
                "ORDER_OPEN_PER_CLIENT": "1000",
            ]
        ) { $1 }
        let services = [try await stage.serve(settings), try await stage.serve(settings)]
        for service in services { try await service.waitUntilWell() }
        let answers = try await onOwnThread {
            try (0..<30).map { number in
                try Self.order(services[number % 2].client(), [("MANY", 1)], as: "203.0.113.1", "shopper\(number)@example.com")
            }
        }
        let placed = answers.count { $0.status == 201 }
        #expect((5...8).contains(placed), "\(placed)")
        let refused = answers.filter { $0.status != 201 }
        #expect(
            refused.allSatisfy {
                $0.status == 429 && $0.code == "too_many_orders" && Int($0.header("Retry-After") ?? "") ?? 0 > 0
            })
        #expect(refused.first?.header("RateLimit-Policy") == #""orders";q=5;w=60"#)
        #expect(refused.first?["detail"] == "From your IP address, at most 5 orders can be sent in a minute.")
        // Carts are not orders.
        let cart = try await onOwnThread {
            try services[0].client().request("POST", "/v1/carts", headers: [("X-Forwarded-For", "203.0.113.1")])
        }
        #expect(cart.status == 201)
    }

    @Test("a variant has a greatest quantity of its own, in a cart and in an order") func maximum() async throws {
        let stage = try await Self.stage([Goods("FEW", stock: 100_000)])
        try await stage.execute("UPDATE variant SET max_quantity = 4 WHERE sku = 'FEW'")
        let service = try await stage.serve()
        try await onOwnThread {
            let client = service.client()
            let cart = TestCart(Answer(try client.request("POST", "/v1/carts")))
            func write(_ method: String, _ path: String, _ json: String) throws -> Answer {
                Answer(try client.request(method, cart.path + path, headers: [cart.header], json: json))
            }
            #expect(try write("POST", "/items", #"{"sku":"FEW","quantity":3}"#).status == 200)
            let added = try write("POST", "/items", #"{"sku":"FEW","quantity":2}"#)
            #expect(added.status == 422 && added["errors"][0]["pointer"] == "/quantity", "\(added.response.text)")
            #expect(try write("PUT", "/items/FEW", #"{"quantity":5}"#).status == 422)
            #expect(try write("PUT", "/items/FEW", #"{"quantity":4}"#).status == 200)
            let ordered = try Self.order(client, [("FEW", 3), ("FEW", 2)], as: "203.0.113.1", "a@example.com")
            #expect(ordered.status == 422 && ordered["errors"][0]["pointer"] == "/items/0/quantity")
            #expect(try Self.order(client, [("FEW", 4)], as: "203.0.113.1", "a@example.com").status == 201)
            // Lowered while it lay in the cart.
            _ = try stage.postgres.execute("UPDATE variant SET max_quantity = 2 WHERE sku = 'FEW'")
            let late = Answer(
                try client.request(
                    "POST", "/v1/orders", headers: [("Idempotency-Key", Shop.newKey()), cart.header],
                    json: #"{"cart_id":"\#(cart.id)",\#(ShopClient.buyer)}"#))
            #expect(late.status == 422 && late["errors"][0]["pointer"] == "/cart_id", "\(late.response.text)")
        }
    }
}
