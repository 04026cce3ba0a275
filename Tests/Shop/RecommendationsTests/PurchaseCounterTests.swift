import EventLoop
import Foundation
import PostgresClient
import ShopTestSupport
import Synchronization
import TestSupport
import Testing

@testable import Audit
@testable import Recommendations

/// Counting step by step gives what counting everything again gives.
@Suite("Counts of purchases")
struct PurchaseCounterTests {
    private static let window = Duration.seconds(180 * 86_400)

    /// Orders of groups of products that have nothing to do with each other: each group is a history of its own.
    private static func place(_ orders: Int, groups: Int) -> String {
        """
        WITH o AS (INSERT INTO orders (id, number, email, currency, subtotal, total, shipping_address, access_token_hash)
            SELECT id, id, '', 'USD', 0, 0, '{}', '' FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, \(orders))) o
                RETURNING id),
        g AS MATERIALIZED (SELECT id, floor(random() * \(groups)) AS number, 1 + floor(random() * 5)::int AS lines FROM o)
        INSERT INTO order_line (order_id, position, variant_id, product_id, sku, name, options, quantity, unit_price, line_total)
            SELECT id, n, gen_random_uuid(), md5(g.number || ' ' || floor(random() * 6))::uuid, '', '', '{}', 1 + n % 3, 1, 1 +
                n % 3
            FROM g CROSS JOIN LATERAL generate_series(1, g.lines) n;
        """
    }

    /// What happens to orders between two runs. The clock goes forward by moving all times back.
    private static func change(days: Int) -> String {
        """
        UPDATE orders SET status = (ARRAY['expired', 'cancelled'])[1 + floor(random() * 2)::int], updated_at = now()
            WHERE status = 'pending_payment' AND random() < 0.15;
        UPDATE orders SET status = 'confirmed', payment_status = 'captured', updated_at = now()
            WHERE status = 'pending_payment' AND random() < 0.4;
        UPDATE orders SET status = 'cancelled', payment_status = 'refunded', updated_at = now()
            WHERE status = 'confirmed' AND random() < 0.05;
        UPDATE orders SET erased_at = now() WHERE status IN ('expired', 'cancelled') AND random() < 0.2;
        DELETE FROM orders WHERE status IN ('expired', 'cancelled') AND random() < 0.2;
        UPDATE orders SET created_at = created_at - interval '\(days) days', updated_at = updated_at - interval '\(days) days';
        UPDATE counted_order SET created_at = created_at - interval '\(days) days';
        UPDATE purchase_cursor SET added_at = added_at - interval '\(days) days', ended_at = ended_at - interval '\(days) days';
        """
    }

    /// The differences between the counts and those of the orders themselves; empty where there are none.
    private static func differences(_ shop: ShopDatabase) throws -> String {
        try shop.query(
            """
            CREATE TEMPORARY TABLE due AS SELECT o.id, o.created_at >= now() - interval '30 days' AS is_recent, l.products, l.units
                FROM orders o CROSS JOIN LATERAL (SELECT array_agg(product_id ORDER BY position) AS products, array_agg(units
                    ORDER BY position) AS units
                FROM (SELECT product_id, min(position) AS position, sum(quantity)::int AS units FROM order_line WHERE order_id =
                    o.id GROUP BY 1) l) l
                WHERE o.status NOT IN ('cancelled', 'expired') AND o.created_at >= now() - interval '180 days' AND l.products IS
                    NOT NULL;
            CREATE TEMPORARY TABLE wanted AS
                SELECT 'all' AS kind, NULL::uuid AS a, NULL::uuid AS b, count(*) AS n FROM due
                UNION ALL SELECT 'single', p, NULL, count(*) FROM due, unnest(products[1:50]) p GROUP BY p
                UNION ALL SELECT 'pair', p, q, count(*) FROM due, unnest(products[1:50]) p, unnest(products[1:50]) q WHERE p <>
                    q GROUP BY p, q
                UNION ALL SELECT 'sold', p, NULL, sum(u) FROM due, unnest(products, units) x (p, u) WHERE is_recent GROUP BY p;
            CREATE TEMPORARY TABLE counted AS
                SELECT 'all' AS kind, NULL::uuid AS a, NULL::uuid AS b, orders AS n FROM purchase_cursor
                UNION ALL SELECT 'single', product_id, NULL, orders FROM purchase_count
                UNION ALL SELECT 'pair', product_id, other_id, orders FROM purchase_pair
                UNION ALL SELECT 'sold', product_id, NULL, sold FROM product_sales;
            SELECT 'missing', * FROM (SELECT * FROM wanted EXCEPT ALL SELECT * FROM counted LIMIT 5) d;
            SELECT 'wrong', * FROM (SELECT * FROM counted EXCEPT ALL SELECT * FROM wanted LIMIT 5) d;
            """)
    }

    private static func check(_ shop: ShopDatabase, _ when: String) throws {
        #expect(try differences(shop) == "", "\(when)")
        for rule in AuditRule.all.suffix(2) { #expect(try shop.query(rule.query) == "", "\(when): \(rule.rule)") }
    }

    /// Counts all that is due, and compares all that is counted.
    private static func finish(_ counter: PurchaseCounter) async throws {
        _ = try await counter.run { true }
        // To the end, and once around.
        for _ in 0..<2 { _ = try await counter.compare(limit: 1_000_000) }
    }

    @Test("are those of all orders, after thousands of random histories of placing, paying, ending, deleting and ageing")
    func histories() async throws {
        let shop = try ShopDatabase()
        try await StoreLoop.run(shop.database.url) { pool, _ in
            let counter = PurchaseCounter(pool: pool, window: Self.window, settling: .zero)
            for round in 0..<14 {
                _ = try shop.query(Self.place(1_500, groups: 3_000) + Self.change(days: [0, 1, 9, 17, 23][round % 5]))
                try await Self.finish(counter)
                try Self.check(shop, "round \(round)")
            }
            #expect(try shop.query("SELECT count(*) > 2000 FROM purchase_count") == "t")
            #expect(try shop.query("SELECT count(*) > 1000 FROM counted_order WHERE NOT is_recent") == "t")
            // The end of the shop: nothing is left.
            _ = try shop.query(Self.change(days: 200))
            try await Self.finish(counter)
            for table in ["counted_order", "purchase_count", "purchase_pair", "product_sales"] {
                #expect(try shop.query("SELECT count(*) FROM \(table)") == "0", "\(table)")
            }
        }
    }

    @Test("are right with several workers at a time, and after connections that break anywhere")
    func crashes() async throws {
        let shop = try ShopDatabase()
        try await StoreLoop.run(shop.database.url) { pool, loop in
            let counter = PurchaseCounter(pool: pool, window: Self.window, settling: .zero)
            for round in 0..<4 {
                _ = try shop.query(Self.place(1_200, groups: 50) + Self.change(days: 20))
                let workers = (0..<3).map { _ in
                    loop.run {
                        // A broken connection ends a run, as it does a worker's.
                        for _ in 0..<4 { _ = try? await counter.run { true } }
                    }
                }
                for _ in 0..<5 {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 5...60)))
                    _ = try shop.query(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                        AND pid <> pg_backend_pid() AND state = 'active' AND query LIKE '%purchase%'
                        """)
                }
                for worker in workers { await worker.value }
                for attempt in 0... {
                    do {
                        try await Self.finish(counter)
                        break
                    } catch  where attempt < 5 {
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }
                try Self.check(shop, "round \(round)")
            }
        }
    }

    @Test("of a large order are those of its first 50 products; sales have all of them; a run ends when its time is over")
    func bounds() async throws {
        let shop = try ShopDatabase()
        _ = try shop.query(
            Self.place(250, groups: 5)
                + """
                UPDATE orders SET created_at = created_at - interval '1 hour';
                INSERT INTO orders (id, number, email, currency, subtotal, total, shipping_address, access_token_hash)
                    SELECT md5('large')::uuid, 'large', '', 'USD', 0, 0, '{}', '';
                INSERT INTO order_line (order_id, position, variant_id, product_id, sku, name, options, quantity, unit_price,
                    line_total)
                    SELECT md5('large')::uuid, n, gen_random_uuid(), md5('p' || (n + 1) / 2)::uuid, '', '', '{}', 1, 1, 1 FROM
                        generate_series(1, 140) n;
                """)
        try await StoreLoop.run(shop.database.url) { pool, _ in
            let counter = PurchaseCounter(pool: pool, window: Self.window, settling: .seconds(600))
            #expect(try await counter.run { false } == 100)
            #expect(try await counter.run { true } == 150)
            #expect(try await counter.run { true } == 0)
            #expect(try shop.query("SELECT orders FROM purchase_cursor") == "250", "the last order is too young")
            try await Self.finish(PurchaseCounter(pool: pool, window: Self.window, settling: .zero))
            try Self.check(shop, "after the large order")
            #expect(try shop.query("SELECT count(*) FROM purchase_pair WHERE product_id = md5('p50')::uuid") == "49")
            #expect(try shop.query("SELECT count(*) FROM purchase_pair WHERE product_id = md5('p51')::uuid") == "0")
            #expect(try shop.query("SELECT sold FROM product_sales WHERE product_id = md5('p70')::uuid") == "2")
            // A cursor that is set back counts nothing twice.
            _ = try shop.query("UPDATE purchase_cursor SET added_at = '-infinity', ended_at = '-infinity'")
            try await Self.finish(PurchaseCounter(pool: pool, window: Self.window, settling: .zero))
            try Self.check(shop, "after a cursor was set back")
        }
    }
}
