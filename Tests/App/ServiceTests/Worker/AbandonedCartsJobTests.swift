import Accounts
import Cart
import Formats
import Foundation
import ShopTestSupport
import TestSupport
import Testing

@testable import Events
@testable import OpenAPI
@testable import Service

/// `cart.abandoned`: which carts make it, when, and how often.
@Suite("Abandoned carts")
struct AbandonedCartsJobTests {
    private static let accounts = (0..<6).map { _ in UUID.v7(at: .now) }

    /// A product, and a cart of each account that has not changed for this many minutes.
    private static func fill(_ database: WorkerDatabase, minutes: [Int]) async throws {
        _ = try await database.query(
            """
            INSERT INTO product (id, slug, name, currency, price) VALUES ('\(product)', 'lamp', 'Lamp', 'USD', 4900);
            INSERT INTO variant (id, product_id, sku, name, price) VALUES ('\(variant)', '\(product)', 'LAMP', 'Lamp', 4900);
            INSERT INTO stock (variant_id, on_hand) VALUES ('\(variant)', 10);
            """)
        for (account, minutes) in zip(accounts, minutes) {
            let id = account.uuidString.lowercased()
            _ = try await database.query(
                """
                INSERT INTO account (id, email, email_key, name, locale) VALUES ('\(id)', '\(id)@example.org', '\(id)@example.org',
                    'Ada', 'de');
                WITH c AS (INSERT INTO cart (id, token_hash, currency, updated_at, expires_at) VALUES (gen_random_uuid(),
                    'account:'::bytea || uuid_send('\(id)'), 'USD', now() - interval '\(minutes) minutes', now() + interval '1 day')
                    RETURNING id)
                INSERT INTO cart_item (cart_id, variant_id, quantity, unit_price) SELECT id, '\(variant)', 2, 4900 FROM c;
                """)
        }
    }

    private static let product = "01890000-0000-7000-8000-000000000001"
    private static let variant = "01890000-0000-7000-8000-000000000002"

    /// Looks at all carts that are due.
    private func run(_ database: WorkerDatabase) async throws {
        try await StoreLoop.run(database.url) { pool, _ in
            let carts = AbandonedCarts(pool: pool, age: .seconds(3_600))
            while try await carts.announce(limit: 2) > 0 {}
        }
    }

    private func announced(_ database: WorkerDatabase) async throws -> String {
        try await database.query(
            "SELECT string_agg(sequence::text, ' ' ORDER BY position) FROM outbox WHERE type = 'cart.abandoned'")
    }

    @Test("a customer's cart with lines makes the event once it has not changed for long enough, and never again")
    func once() async throws {
        let database = try WorkerDatabase()
        try await Self.fill(database, minutes: [61, 59, 120, 120, 120, 120])
        func cart(_ index: Int) -> String { "token_hash = 'account:'::bytea || uuid_send('\(Self.accounts[index].uuidString)')" }
        _ = try await database.query(
            """
            DELETE FROM cart_item WHERE cart_id = (SELECT id FROM cart WHERE \(cart(2)));
            UPDATE account SET disabled_at = now() WHERE id = '\(Self.accounts[3].uuidString)';
            UPDATE cart SET status = 'expired' WHERE \(cart(4));
            UPDATE cart SET expires_at = now() WHERE \(cart(5));
            WITH c AS (INSERT INTO cart (id, token_hash, currency, updated_at, expires_at) VALUES (gen_random_uuid(), sha256('g'), 'USD',
                now() - interval '2 hours', now() + interval '1 day') RETURNING id)
            INSERT INTO cart_item (cart_id, variant_id, quantity, unit_price) SELECT id, '\(Self.variant)', 1, 4900 FROM c;
            """)
        try await run(database)
        let payload = try await database.query("SELECT aggregate_id || ' ' || sequence FROM outbox")
        #expect(payload == "\(Self.accounts[0].uuidString.lowercased()) 1")
        #expect(try await database.query("SELECT event_sequence FROM account WHERE id = '\(Self.accounts[0].uuidString)'") == "1")
        #expect(
            try await database.query(
                "SELECT string_agg(coalesce(is_abandoned::text, '-'), ' ' ORDER BY is_abandoned) FROM cart WHERE status = 'active'"
            )
                == "false false true - - -")

        // Neither another run nor a later change makes a second one.
        try await run(database)
        _ = try await database.query(
            "UPDATE cart SET version = version + 1, updated_at = now() - interval '2 hours' WHERE \(cart(0))")
        try await run(database)
        #expect(try await announced(database) == "1")

        // A cart that was empty has its first one still before it: a write makes it a candidate again.
        _ = try await database.query(
            """
            INSERT INTO cart_item (cart_id, variant_id, quantity, unit_price) SELECT id, '\(Self.variant)', 1, 4900 FROM cart WHERE \(cart(2));
            UPDATE cart SET is_abandoned = nullif(is_abandoned, false) WHERE \(cart(2));
            UPDATE cart SET updated_at = now() - interval '61 minutes' WHERE \(cart(1));
            """)
        try await run(database)
        #expect(try await announced(database) == "1 1 1")
    }

    @Test("the event is as its document says, and has the cart as its customer sees it")
    func document() async throws {
        let database = try WorkerDatabase()
        try await Self.fill(database, minutes: [61])
        try await run(database)
        let payload = try await database.query("SELECT payload FROM outbox WHERE type = 'cart.abandoned'")
        let document = try EventsDocument(ShopEvents.all, in: OpenAPIDocument.shop()).value
        var writer = JSONWriter()
        writer.value(document)
        let tree = try JSONTree(writer.finish())
        let checker = JSONSchemaChecker(document: tree, isClosed: true)
        let schema = try JSONTree(##"{"$ref": "#/components/schemas/AbandonedCart"}"##)
        let event = try JSONTree(payload)
        #expect(checker.violations(of: event, by: schema) == [])
        #expect(event["locale"]?.text == "de" && event["cart"]?["items"]?.elements.count == 1)
        #expect(event["customer_id"]?.text == Self.accounts[0].uuidString.lowercased())
    }

    @Test("two workers make each event once, however many carts there are")
    func many() async throws {
        let database = try WorkerDatabase()
        try await Self.fill(database, minutes: [])
        _ = try await database.query(
            """
            INSERT INTO account (id, email, email_key) SELECT gen_random_uuid(), n || '@example.org', n || '@example.org'
                FROM generate_series(1, 350) n;
            INSERT INTO cart (id, token_hash, currency, updated_at, expires_at) SELECT gen_random_uuid(),
                'account:'::bytea || uuid_send(id), 'USD', now() - interval '2 hours', now() + interval '1 day' FROM account;
            INSERT INTO cart_item (cart_id, variant_id, quantity, unit_price) SELECT id, '\(Self.variant)', 1, 4900 FROM cart;
            """)
        func worker() async throws -> TestWorker {
            try await TestWorker(database.url) { pool in
                [AbandonedCartsJob(carts: AbandonedCarts(pool: pool, age: .seconds(3_600)))]
            }
        }
        let workers = [try await worker(), try await worker()]
        try await database.wait(for: "SELECT count(*) = 350 FROM outbox")
        for worker in workers { await worker.stop() }
        #expect(try await database.query("SELECT count(DISTINCT aggregate_id), max(sequence) FROM outbox") == "350|1")
    }
}
