import EventLoop
import Foundation
import PostgresClient
import ShopTestSupport
import TestSupport
import Testing
import Web

@testable import Orders

/// Further tokens of orders, and what is left of an order's events when its person is erased.
@Suite("Order tokens")
struct OrderTokenTests {
    private func shop() throws -> ShopDatabase {
        let shop = try ShopDatabase()
        try shop.load(#"{"name":"A","sku":"A","price":1,"stock":1000}"#)
        return shop
    }

    private func run(_ shop: ShopDatabase, _ body: @escaping (OrderStore) async throws -> Void) async throws {
        try await StoreLoop.run(shop.database.url) { pool, _ in
            try await body(OrderStore(pool: pool, tokenLifetime: .seconds(900)))
        }
    }

    @Test("each further token opens its order and no other, to read and to cancel it, as the first one does") func access()
        async throws
    {
        let shop = try shop()
        let (mine, other) = (try shop.insertOrder(locale: "de"), try shop.insertOrder())
        try await run(shop) { store in
            let tokens = [RandomToken(), RandomToken()]
            for token in tokens { #expect(try await store.add(token, to: mine)) }
            for hash in tokens.map(\.hash) + [RandomToken.hash(of: "x")] {
                #expect(try await store.order(.id(mine), key: .token(hash: hash))?.locale == "de")
            }
            for hash in tokens.map(\.hash) + [RandomToken().hash, []] {
                #expect(try await store.order(.id(other), key: .token(hash: hash)) == nil)
                #expect(try await !store.cancel(.id(other), key: .token(hash: hash), reason: "x"))
            }
            try await store.remove(tokens[1])
            #expect(try await store.order(.id(mine), key: .token(hash: tokens[1].hash)) == nil)
            #expect(try await store.cancel(.id(mine), key: .token(hash: tokens[0].hash), reason: "cancelled by the shopper"))
            #expect(try await store.order(.id(mine), key: .token(hash: tokens[0].hash))?.status == .cancelled)
            // Like the first token, they expire some time after the order has ended.
            _ = try shop.query("UPDATE orders SET updated_at = now() - interval '901 seconds' WHERE id = '\(mine)'")
            #expect(try await store.order(.id(mine), key: .token(hash: tokens[0].hash)) == nil)
        }
        #expect(try shop.query("SELECT status FROM orders WHERE id = '\(other)'") == "pending_payment")
    }

    @Test("an order keeps its newest tokens, and an order that is not there gets none") func bounds() async throws {
        let shop = try shop()
        let order = try shop.insertOrder()
        try await run(shop) { store in
            let tokens = (0..<70).map { _ in RandomToken() }
            for token in tokens { #expect(try await store.add(token, to: order)) }
            #expect(try shop.query("SELECT count(*) FROM order_token") == "64")
            for token in tokens[..<6] { #expect(try await store.order(.id(order), key: .token(hash: token.hash)) == nil) }
            for token in tokens[6...] { #expect(try await store.order(.id(order), key: .token(hash: token.hash)) != nil) }
            #expect(try await !store.add(RandomToken(), to: UUID()))
            _ = try shop.query("UPDATE orders SET erased_at = now()")
            #expect(try await !store.add(RandomToken(), to: order))
        }
    }

    /// What knows a person beside the orders: for each order a token, two events, their deliveries and a mail.
    private func addTraces(_ shop: ShopDatabase) throws {
        _ = try shop.query(
            """
            INSERT INTO event_target (id, kind, address, events)
                VALUES ('00000000-0000-7000-8000-000000000001', 'webhook', 'https://a.example', '{*}'),
                ('00000000-0000-7000-8000-000000000002', 'mail', '/dev/mail', '{*}');
            INSERT INTO order_token (token_hash, order_id) SELECT sha256(id::text::bytea), id FROM orders;
            INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload)
                SELECT gen_random_uuid(), t.type, 1, 'order', o.id, t.n, json_build_object('id', o.id, 'number', o.number, 'email', o.email,
                'shipping_address', o.shipping_address, 'total', json_build_object('amount', 200)) FROM orders o,
                (VALUES ('order.placed', 1), ('order.expired', 2)) t (type, n);
            INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload)
                SELECT gen_random_uuid(), 'stock.low', 1, 'variant', id, 1, '{"sku": "A"}' FROM variant;
            INSERT INTO delivery (target_id, position, aggregate_id, state, answer, error) SELECT t.id, x.position, x.aggregate_id, 'delivered',
                CASE t.kind WHEN 'webhook' THEN 'thanks, ' || coalesce(x.payload::json ->> 'email', 'all') END,
                CASE t.kind WHEN 'mail' THEN '550 unknown: ' || coalesce(x.payload::json ->> 'email', 'all') END FROM event_target t, outbox x;
            INSERT INTO mailbox_message (id, event_id, recipient, subject, message) SELECT gen_random_uuid(), id, payload::json ->> 'email', 'S',
                convert_to(payload::json ->> 'email', 'UTF8') FROM outbox WHERE aggregate_type = 'order'
            """)
    }

    private func traces(_ shop: ShopDatabase) throws -> String {
        try ["order_token", "outbox", "delivery", "mailbox_message"].map { try shop.query("SELECT t::text FROM \($0) t") }
            .joined().lowercased()
    }

    @Test("erasing a person also erases it from events, answers, tokens and mails; other orders keep theirs") func erasure()
        throws
    {
        let shop = try shop()
        for email in ["Ada@example.com", "ada@EXAMPLE.com", "bob@example.com"] {
            _ = try shop.insertOrder(email: email, name: email.lowercased().hasPrefix("ada") ? "Ada Moss" : "Bob Fern")
        }
        try addTraces(shop)
        // Of an order that is no longer there.
        _ = try shop.query(
            "INSERT INTO mailbox_message (id, event_id, recipient, subject, message) VALUES (gen_random_uuid(), gen_random_uuid(), 'ADA@example.com', 'S', '')"
        )
        let report = try Erasure(PostgresConfiguration(connectionString: shop.database.url)).run(email: "ada@example.com")
        #expect(report.orders == 2)
        let left = try traces(shop)
        #expect(
            !left.contains("ada@example.com") && !left.contains("ada moss") && left.contains("bob@example.com")
                && left.contains("bob fern"))
        #expect(try shop.query("SELECT count(*) FROM order_token") == "1")
        #expect(try shop.query("SELECT count(*) FROM mailbox_message") == "2")
        #expect(try shop.query("SELECT count(*) FROM outbox") == "7")
        #expect(try shop.query("SELECT count(answer), count(error) FROM delivery") == "3|3")
        #expect(
            try shop.query(
                "SELECT DISTINCT payload -> 'shipping_address', payload ->> 'email', payload -> 'total' FROM (SELECT payload::jsonb FROM outbox) x WHERE payload ->> 'email' = ''"
            )
                == #"{"country": "GB"}||{"amount": 200}"#)
        #expect(try shop.query("SELECT payload FROM outbox WHERE type = 'stock.low'") == #"{"sku": "A"}"#)
    }

    @Test("an unpaid order that loses its person loses it everywhere") func retention() async throws {
        let shop = try shop()
        let order = try shop.insertOrder(email: "ada@example.com", status: "expired")
        _ = try shop.insertOrder(email: "bob@example.com")
        _ = try shop.query("UPDATE orders SET updated_at = now() - interval '31 days'")
        try addTraces(shop)
        try await run(shop) { store in
            let blanked = try await store.blank(endedBefore: .seconds(30 * 86_400), limit: 100)
            #expect(blanked == 1)
        }
        let left = try traces(shop)
        #expect(!left.contains("ada@example.com") && left.contains("bob@example.com"))
        #expect(try shop.query("SELECT count(*) FROM order_token WHERE order_id = '\(order)'") == "0")
    }

    @Test("erasing uses the indexes of the tables that grow") func plan() throws {
        let shop = try shop()
        _ = try shop.insertOrder()
        _ = try shop.query(
            """
            INSERT INTO event_target (id, kind, address, events) VALUES ('00000000-0000-7000-8000-000000000001', 'webhook', 'a', '{*}');
            INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload)
                SELECT gen_random_uuid(), 'order.placed', 1, 'order', gen_random_uuid(), 1, '{"email": "a"}' FROM generate_series(1, 20000);
            INSERT INTO delivery (target_id, position, aggregate_id, state) SELECT t.id, x.position, x.aggregate_id, 'delivered' FROM event_target t, outbox x;
            ANALYZE
            """)
        let statement = OrderStore.forgetting.sql
        let plan = try shop.query(
            "EXPLAIN WITH o AS (UPDATE orders SET email = '' RETURNING id), \(statement) SELECT count(*) FROM o")
        #expect(!plan.contains("Seq Scan on outbox") && !plan.contains("Seq Scan on delivery"), "\(plan)")
        #expect(plan.contains("outbox_aggregate") && plan.contains("delivery_pkey"), "\(plan)")
    }
}
