import EventLoop
import Formats
import Logging
import PostgresClient
import ShopTestSupport
import TestSupport
import Testing

@testable import Events

/// What is removed, and what stays because it is still to be delivered.
@Suite("Event retention")
struct EventRetentionTests {
    private static let patience = Duration.seconds(3 * 86_400)
    private let shop: ShopDatabase

    init() throws {
        shop = try ShopDatabase()
        _ = try shop.query(
            """
            INSERT INTO event_target (id, kind, address, events) VALUES
            ('00000000-0000-0000-0000-000000000001', 'webhook', 'a', '{*}'),
            ('00000000-0000-0000-0000-000000000002', 'mail', 'b', '{*}');
            INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload, occurred_at)
            SELECT gen_random_uuid(), 'order.placed', 1, 'order', gen_random_uuid(), 1, '{}',
            now() - CASE WHEN n <= 30 THEN interval '10 days' ELSE interval '0' END FROM generate_series(1, 40) n;
            INSERT INTO delivery (target_id, position, aggregate_id, created_at, due_at)
            SELECT t.id, o.position, o.aggregate_id, o.occurred_at, o.occurred_at FROM outbox o, event_target t ORDER BY o.position;
            UPDATE relay SET position = 40
            """)
    }

    private func count(_ condition: String) throws -> Int { Int(try shop.query("SELECT count(*) FROM \(condition)")) ?? -1 }

    /// Runs `body` with a retention on a loop of its own.
    private func retention<Value: Sendable>(
        _ body: @escaping @Sendable (EventRetention) async throws -> Value
    ) async throws -> Value {
        let loop = try EventLoop(label: "test.retention")
        var configuration = try PostgresConfiguration(connectionString: shop.database.url)
        configuration.maximum = 2
        return try await withCheckedThrowingContinuation { [configuration] (done: CheckedContinuation<Value, any Error>) in
            loop.execute {
                let pool = PostgresPool(
                    loop: loop, configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
                pool.start()
                loop.run {
                    do {
                        let value = try await body(EventRetention(pool: pool))
                        await pool.close()
                        done.resume(returning: value)
                    } catch {
                        done.resume(throwing: error)
                    }
                    loop.stop()
                }
            }
        }
    }

    @Test("old events that are still to be delivered do not keep those behind them from being deleted") func passesOver()
        async throws
    {
        _ = try shop.query("UPDATE delivery SET state = 'delivered', ended_at = now() WHERE position > 20 OR position % 3 = 0")
        let dropped = try await retention { retention in
            var (dropped, pages, position): (Int, Int, Int64?) = (0, 0, -1)
            while let last = position {
                let page = try await retention.drop(olderThan: .seconds(86_400), after: last, limit: 5)
                dropped += page.dropped
                position = page.next
                pages += 1
            }
            // Six pages of old events; the seventh has only young ones.
            return [dropped, pages]
        }
        #expect(dropped == [16, 7])
        #expect(try count("outbox WHERE position <= 20") == 14 && count("outbox WHERE position <= 20 AND position % 3 = 0") == 0)
        #expect(try count("outbox WHERE position BETWEEN 21 AND 30") == 0 && count("outbox WHERE position > 30") == 10)
        #expect(
            try count("delivery") == 48
                && count("delivery d WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.position = d.position)") == 0)
    }

    @Test("events that the relay has not reached stay") func unread() async throws {
        _ = try shop.query("DELETE FROM delivery; UPDATE relay SET position = 7")
        let page = try await retention { try await $0.drop(olderThan: .seconds(86_400), limit: 100) }
        #expect(page == EventRetention.Page(dropped: 7, next: nil))
        #expect(try shop.query("SELECT min(position) FROM outbox") == "8")
    }

    @Test("what a target has not taken for three days is given up, if the target has failed for all that time") func overdue()
        async throws
    {
        _ = try shop.query(
            """
            UPDATE event_target SET failing_since = now() - CASE kind WHEN 'mail' THEN interval '4 days' ELSE interval '2 days' END;
            INSERT INTO worker (id) VALUES ('00000000-0000-0000-0000-000000000009');
            UPDATE delivery SET claimed_by = '00000000-0000-0000-0000-000000000009' WHERE position = 1;
            UPDATE delivery SET due_at = now() - interval '1 day' WHERE position = 2;
            UPDATE delivery SET error = 'status 500' WHERE position = 3
            """)
        let given = try await retention { retention in
            var given: [Int] = []
            for limit in [10, 100, 100] { given.append(try await retention.giveUp(after: Self.patience, limit: limit)) }
            return given
        }
        #expect(given == [10, 18, 0])
        let dead = try shop.query(
            "SELECT min(position), max(position), count(*), count(ended_at) FROM delivery WHERE state = 'dead'")
        #expect(dead == "3|30|28|28")
        #expect(try count("delivery d JOIN event_target t ON t.id = target_id WHERE d.state = 'dead' AND kind = 'webhook'") == 0)
        let errors = try shop.query("SELECT DISTINCT error FROM delivery WHERE state = 'dead' ORDER BY 1")
        #expect(errors == "status 500\nthe target has failed for too long")
    }

    @Test("what waits for a disabled target stays for three days, for the case that it is enabled again") func disabled()
        async throws
    {
        _ = try shop.query(
            """
            UPDATE event_target SET state = 'disabled' WHERE kind = 'webhook';
            UPDATE delivery SET due_at = now() - interval '2 days' WHERE position % 2 = 0;
            UPDATE delivery SET claimed_by = gen_random_uuid() WHERE position = 1
            """)
        let given = try await retention { try await $0.giveUp(after: Self.patience, limit: 100) }
        #expect(given == 15)
        let dead = try shop.query(
            """
            SELECT count(*), count(claimed_by), min(d.error), max(d.error), min(t.kind), max(t.kind)
            FROM delivery d JOIN event_target t ON t.id = d.target_id WHERE d.state = 'dead'
            """)
        #expect(dead == "15|0|the target is disabled|the target is disabled|webhook|webhook")
    }
}
