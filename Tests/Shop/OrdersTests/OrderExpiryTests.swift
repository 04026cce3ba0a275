import EventLoop
import Formats
import Foundation
import Logging
import PostgresClient
import Testing
import ShopTestSupport
import TestSupport

@testable import Audit
@testable import Orders

/// Expiry of unpaid orders, without a service around it.
@Suite("Order expiry")
struct OrderExpiryTests {
    /// 300 due orders of 1 A and 2 B each, and 50 that are not due.
    private static func shop() throws -> ShopDatabase {
        let shop = try ShopDatabase()
        try shop.load(
            #"{"name":"A","sku":"A","price":1,"stock":1000}"# + "\n" + #"{"name":"B","sku":"B","price":1,"stock":1000}"#)
        try place(350, due: 300, of: "SELECT *, row_number() OVER (ORDER BY sku) AS place FROM variant", in: shop)
        return shop
    }

    /// Orders of some variants; the quantity of a variant is its place.
    private static func place(_ count: Int, due: Int, of variants: String, in shop: ShopDatabase) throws {
        _ = try shop.query(
            """
            BEGIN;
            CREATE TEMPORARY TABLE o AS SELECT gen_random_uuid() AS id, n FROM generate_series(1, \(count)) n;
            INSERT INTO orders (id, number, email, currency, subtotal, total, shipping_address, access_token_hash)
            SELECT id, id::text, 'a@example.com', 'USD', 0, 0, '{}', '' FROM o;
            INSERT INTO order_line (order_id, position, variant_id, product_id, sku, name, options, quantity, unit_price, line_total)
            SELECT o.id, v.place, v.id, v.product_id, v.sku, v.name, '{}', v.place, 0, 0 FROM o, (\(variants)) v;
            INSERT INTO order_history (order_id, position, status) SELECT id, 1, 'pending_payment' FROM o;
            INSERT INTO reservation (order_id, expires_at) SELECT id, now() + interval '1 day'
                * CASE WHEN n <= \(due) THEN -1 ELSE 1 END FROM o;
            INSERT INTO stock_movement (variant_id, order_id, on_hand, reserved, reason)
                SELECT variant_id, order_id, 0, quantity, 'reserve' FROM order_line JOIN o ON o.id = order_id;
            UPDATE stock SET reserved = reserved + l.quantity FROM (SELECT variant_id, sum(quantity) AS quantity FROM order_line
                JOIN o ON o.id = order_id GROUP BY 1) l WHERE l.variant_id = stock.variant_id;
            COMMIT
            """)
    }

    private static func check(_ shop: ShopDatabase) throws {
        for rule in AuditRule.all {
            #expect(try shop.query(rule.query) == "", "\(rule.rule)")
        }
    }

    @Test("two tasks share the due orders, and return their stock once")
    func batches() async throws {
        let shop = try Self.shop()
        try await Self.withStore(shop.database.url) { store, loop in
            let other = Promise<Bool>(on: loop)
            func expireAll() async throws {
                while try shop.query("SELECT count(*) FROM orders WHERE status = 'expired'") != "300" {
                    let batch = try await store.expire(limit: 100)
                    #expect(batch.expired <= 100)
                }
            }
            loop.run {
                try? await expireAll()
                other.succeed(true)
            }
            try await expireAll()
            _ = try await other.value()
        }
        #expect(try shop.query("SELECT count(*) FROM orders WHERE status = 'expired'") == "300")
        try Self.check(shop)
    }

    @Test("stock that another session has locked delays only the orders for it, until it is free")
    func held() async throws {
        let shop = try Self.shop()
        try shop.load(#"{"name":"C","sku":"C","price":1,"stock":1000}"#)
        try Self.place(150, due: 150, of: "SELECT *, 1 AS place FROM variant WHERE sku = 'C'", in: shop)
        let holder = try BlockingConnection(connectionString: shop.database.url)
        try holder.execute("BEGIN; SELECT FROM stock WHERE variant_id = (SELECT id FROM variant WHERE sku = 'A') FOR UPDATE")
        let held = try shop.query("SELECT id FROM variant WHERE sku = 'A'")
        try await Self.withStore(shop.database.url) { store, _ in
            // The 300 delayed orders are the oldest, and fill three batches.
            var known: Set<UUID> = []
            var expired = 0
            for _ in 0..<10 {
                let batch = try await store.expire(limit: 100, passingOver: known)
                known.formUnion(batch.held)
                expired += batch.expired
            }
            #expect(known.map { $0.text } == [held])
            #expect(expired == 150)
            #expect(try await store.overdue() == 300)
            #expect(
                try shop.query(
                    "SELECT count(*) FROM orders o JOIN order_line l ON l.order_id = o.id WHERE l.sku = 'C' AND status = 'expired'"
                ) == "150")
            try Self.check(shop)
            try holder.execute("COMMIT")
            while try await store.expire(limit: 100).found > 0 {}
            #expect(try await store.overdue() == 0)
        }
        #expect(try shop.query("SELECT count(*) FROM orders WHERE status = 'expired'") == "450")
        #expect(try shop.query("SELECT reserved FROM stock JOIN variant ON id = variant_id ORDER BY sku") == "50\n100\n0")
        try Self.check(shop)
    }

    private static func withStore(
        _ url: String, _ body: @escaping (OrderStore, EventLoop) async throws -> Void
    ) async throws {
        try await StoreLoop.run(url) { pool, loop in
            try await body(
                OrderStore(pool: pool, tokenLifetime: .seconds(900)), loop)
        }
    }
}
