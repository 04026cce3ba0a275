import EventLoop
import Foundation
import PostgresClient
import ShopTestSupport
import TestSupport
import Testing

@testable import Audit
@testable import Cart
@testable import Orders

/// Old data is removed in time, data that must be kept is kept, and the audit holds after every step.
@Suite("Retention")
struct RetentionTests {
    /// 10 orders of each status and payment, each from a cart. They ended 0, 10, …, 90 days ago, an hour after they were placed.
    private static func shop() throws -> ShopDatabase {
        let shop = try ShopDatabase()
        try shop.load(#"{"name":"A","sku":"A","price":1,"stock":1000}"#)
        _ = try shop.query(
            """
            BEGIN;
            CREATE TEMPORARY TABLE o AS SELECT gen_random_uuid() AS id, gen_random_uuid() AS cart, n, s.status, s.payment,
                now() - interval '10 days' * n - interval '1 minute' AS ended FROM generate_series(0, 9) n,
                (VALUES ('expired', 'unpaid'), ('cancelled', 'unpaid'), ('confirmed', 'captured'), ('pending_payment', 'unpaid')) s (status, payment);
            INSERT INTO cart (id, token_hash, currency, status, updated_at, expires_at)
                SELECT cart, '', 'USD', 'converted', ended - interval '1 hour', now() FROM o;
            INSERT INTO cart_item (cart_id, variant_id, quantity, unit_price) SELECT cart, v.id, 1, 100 FROM o, variant v;
            INSERT INTO orders (id, number, cart_id, status, payment_status, email, currency, subtotal, total, shipping_address,
                access_token_hash, created_at, updated_at)
                SELECT id, id::text, cart, status, payment, 'Ada@example.com', 'USD', 200, 200,
                '{"name": "Ada Moss", "line1": "1 Fern Row", "city": "Leeds", "country": "GB"}', sha256('x'), ended - interval '1 hour', ended FROM o;
            INSERT INTO order_line (order_id, position, variant_id, product_id, sku, name, options, quantity, unit_price, line_total)
                SELECT o.id, 1, v.id, v.product_id, v.sku, v.name, '{}', 2, 100, 200 FROM o, variant v;
            INSERT INTO order_history (order_id, position, status, at) SELECT id, 1, 'pending_payment', ended - interval '1 hour' FROM o;
            INSERT INTO order_history (order_id, position, status, at) SELECT id, 2, status, ended FROM o WHERE status <> 'pending_payment';
            INSERT INTO reservation (order_id, state, expires_at) SELECT id, CASE status WHEN 'confirmed' THEN 'captured'
                WHEN 'pending_payment' THEN 'held' ELSE 'released' END, ended - interval '1 minute' FROM o;
            INSERT INTO order_hold (order_id, client_hash, email_hash, units) SELECT id, '\\x01', '\\x02', 2 FROM o WHERE status = 'pending_payment';
            INSERT INTO idempotency (id, request_hash, status, location, body, created_at) SELECT sha256(id::text::bytea), '', 201,
                '/v1/orders/' || id, convert_to(json_build_object('id', id, 'number', id::text, 'total', json_build_object('amount', 200))::text, 'UTF8'),
                ended - interval '1 hour' FROM o;
            DELETE FROM stock_movement;
            INSERT INTO stock_movement (variant_id, order_id, on_hand, reserved, reason, at)
                SELECT v.id, m.* FROM variant v, (
                    SELECT NULL::uuid, 1000, 0, 'import', now() - interval '100 days' AS at
                    UNION ALL SELECT id, 0, 2, 'reserve', ended - interval '1 hour' FROM o
                    UNION ALL SELECT id, 0, -2, 'release', ended FROM o WHERE payment = 'unpaid' AND status <> 'pending_payment'
                    UNION ALL SELECT id, -2, -2, 'capture', ended FROM o WHERE payment = 'captured') m ORDER BY m.at;
            UPDATE stock SET on_hand = on_hand - 20, reserved = 20;
            COMMIT
            """)
        return shop
    }

    private static func check(_ shop: ShopDatabase, _ step: String) throws {
        for rule in AuditRule.all {
            #expect(try shop.query(rule.query) == "", "after \(step): \(rule.rule)")
        }
    }

    @Test("unpaid orders lose their person after a month and are deleted after three, carts after a week; paid orders stay")
    func orders()
        async throws
    {
        let shop = try Self.shop()
        try Self.check(shop, "nothing")
        try await StoreLoop.run(shop.database.url) { pool, _ in
            let store = OrderStore(pool: pool, tokenLifetime: .seconds(900))
            let carts = CartStore(pool: pool, lifetime: .seconds(900))
            let day = Duration.seconds(86_400)
            // A row that another session has locked is left for later, without a wait.
            let holder = try BlockingConnection(connectionString: shop.database.url)
            try holder.execute("BEGIN; SELECT FROM orders WHERE status = 'cancelled' ORDER BY updated_at LIMIT 1 FOR UPDATE")
            #expect(try await store.blank(endedBefore: day * 30, limit: 5) == 5)
            #expect(try await store.blank(endedBefore: day * 30, limit: 100) == 8)
            try holder.execute("COMMIT")
            #expect(try await store.blank(endedBefore: day * 30, limit: 100) == 1)
            #expect(try await store.blank(endedBefore: day * 30, limit: 100) == 0)
            try Self.check(shop, "blanking")
            // Seven of each ended 30 to 90 days ago.
            #expect(
                try shop.query("SELECT status, count(*) FROM orders WHERE erased_at IS NOT NULL GROUP BY 1 ORDER BY 1")
                    == "cancelled|7\nexpired|7")
            #expect(
                try shop.query(
                    "SELECT DISTINCT email, shipping_address, access_token_hash, total FROM orders WHERE erased_at IS NOT NULL")
                    == #"|{"country": "GB"}|\x|200"#)
            #expect(try shop.query("SELECT count(*) FROM orders WHERE erased_at IS NULL AND email = 'Ada@example.com'") == "26")
            #expect(try shop.query("SELECT count(*) FROM idempotency") == "26")

            #expect(try await store.drop(endedBefore: day * 90, limit: 100) == 2)
            #expect(try await store.drop(endedBefore: day * 90, limit: 100) == 0)
            try Self.check(shop, "dropping orders")
            #expect(try shop.query("SELECT count(*) FROM orders") == "38")
            #expect(try shop.query("SELECT count(*) FROM orders WHERE status = 'confirmed'") == "10")
            #expect(try shop.query("SELECT count(*) FROM order_line") == "38" && shop.query("SELECT count(*) FROM cart") == "38")

            // Without those whose order can still be paid; one of each ended 0 to 6 days ago.
            #expect(try await carts.drop(endedBefore: day * 7, limit: 100) == 25)
            #expect(try shop.query("SELECT count(*) FROM cart_item") == "13")
            try Self.check(shop, "dropping carts")
            // A later release decides about carts with its statuses.
            _ = try shop.query("ALTER TABLE cart DROP CONSTRAINT cart_status_check; UPDATE cart SET status = 'held'")
            #expect(try await carts.drop(endedBefore: day * -1, limit: 100) == 0)
        }
    }

    @Test("old movements become their sum, in steps of any size; stock and ledger agree") func movements() async throws {
        let shop = try Self.shop()
        try await StoreLoop.run(shop.database.url) { pool, _ in
            let store = OrderStore(pool: pool, tokenLifetime: .seconds(900))
            let day = Duration.seconds(86_400)
            let before = try shop.query("SELECT sum(on_hand), sum(reserved) FROM stock_movement")
            var summed = 0
            for step in 0..<40 {
                summed += try await store.sumUpMovements(olderThan: day * 45, limit: 3)
                if step % 4 == 0 { try Self.check(shop, "step \(step)") }
            }
            #expect(try shop.query("SELECT count(*) FROM stock_movement WHERE at < now() - interval '45 days'") == "0")
            #expect(summed == 36)
            #expect(try await store.sumUpMovements(olderThan: day * 45, limit: 1_000) == 0)
            #expect(
                try shop.query(
                    "SELECT sum(on_hand), sum(reserved) FROM (SELECT on_hand, reserved FROM stock_movement UNION ALL SELECT on_hand, reserved FROM stock_balance) l"
                )
                    == before)
            _ = try await store.blank(endedBefore: day * 30, limit: 100)
            _ = try await store.drop(endedBefore: day * 40, limit: 100)
            try Self.check(shop, "dropping orders whose movements are half summed up")
        }
    }

    @Test("damage is still found after movements were summed up and orders deleted") func damage() async throws {
        let shop = try Self.shop()
        try await StoreLoop.run(shop.database.url) { pool, _ in
            let store = OrderStore(pool: pool, tokenLifetime: .seconds(900))
            _ = try await store.sumUpMovements(olderThan: .seconds(45 * 86_400), limit: 1_000)
            _ = try await store.blank(endedBefore: .seconds(30 * 86_400), limit: 100)
            _ = try await store.drop(endedBefore: .seconds(90 * 86_400), limit: 100)
        }
        try Self.check(shop, "all")
        for (damage, rule) in [
            ("UPDATE stock_balance SET reserved = reserved + 1", "stock is the sum of its ledger"),
            ("DELETE FROM stock_balance", "stock is the sum of its ledger"),
            ("DELETE FROM stock_movement WHERE reason = 'release'", "an order's movements are its lines"),
        ] {
            let query = try #require(AuditRule.all.first { $0.rule == rule }?.query)
            #expect(
                try shop.query("BEGIN; \(damage); SELECT count(*) > 0 FROM (\(query)) v; ROLLBACK").contains("t"), "\(damage)")
        }
    }
}
