import EventLoop
import Logging
import PostgresClient
import Testing
import TestSupport

@testable import Commerce

/// The sweep of orders that nobody paid, without a service around it.
@Suite struct OrderExpiryTests {
    @Test("two that expire at once each have a full batch, of orders that share their stock, and give it back once")
    func batches() async throws {
        let shop = try ImportShop()
        try shop.load(#"{"name":"A","sku":"A","price":1,"stock":1000}"# + "\n" + #"{"name":"B","sku":"B","price":1,"stock":1000}"#)
        // 300 orders of 1 A and 2 B each, due; 50 that are not.
        _ = try shop.query(
            """
            BEGIN;
            INSERT INTO orders (id, number, email, currency, subtotal, total, shipping_address, access_token_hash)
            SELECT gen_random_uuid(), 'N-' || n, 'a@example.com', 'USD', 300, 300, '{}', '' FROM generate_series(1, 350) n;
            INSERT INTO order_line (order_id, position, variant_id, product_id, sku, name, options, quantity, unit_price, line_total)
            SELECT o.id, v.place, v.id, v.product_id, v.sku, v.name, '{}', v.place, 100, 100 * v.place
            FROM orders o, (SELECT *, row_number() OVER (ORDER BY sku) AS place FROM variant) v;
            INSERT INTO order_history (order_id, position, status) SELECT id, 1, 'pending_payment' FROM orders;
            INSERT INTO reservation (order_id, expires_at) SELECT id, now() + interval '1 day'
                * CASE WHEN split_part(number, '-', 2)::int <= 300 THEN -1 ELSE 1 END FROM orders;
            INSERT INTO stock_movement (variant_id, order_id, on_hand, reserved, reason)
                SELECT variant_id, order_id, 0, quantity, 'reserve' FROM order_line;
            UPDATE stock SET reserved = l.quantity FROM (SELECT variant_id, sum(quantity) AS quantity FROM order_line GROUP BY 1) l
                WHERE l.variant_id = stock.variant_id;
            COMMIT
            """)
        let counts = try await Self.twice(shop.database.url)
        #expect(counts == [100, 100])
        #expect(try shop.query("SELECT count(*) FROM orders WHERE status = 'expired'") == "200")
        for rule in AuditRule.all {
            #expect(try shop.query(rule.query) == "", "\(rule.rule)")
        }
    }

    private static func twice(_ url: String) async throws -> [Int] {
        let loop = try EventLoop(label: "test.expiry")
        defer { loop.stop() }
        return try await withCheckedThrowingContinuation { continuation in
            loop.execute {
                loop.run {
                    do {
                        var configuration = try PostgresConfiguration(connectionString: url)
                        configuration.maximum = 4
                        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                        let pool = PostgresPool(loop: loop, configuration: configuration, logger: quiet)
                        pool.start()
                        let store = OrderStore(pool: pool, reservationTime: .seconds(900), tokenLifetime: .seconds(900), keys: .unprotected)
                        let other = Promise<Int>(on: loop)
                        loop.run { other.succeed((try? await store.expire(limit: 100)) ?? -1) }
                        let counts = [try await store.expire(limit: 100), try await other.value()]
                        await pool.close()
                        continuation.resume(returning: counts)
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
            }
        }
    }
}
