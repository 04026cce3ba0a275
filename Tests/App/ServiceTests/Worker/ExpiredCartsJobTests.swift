import Cart
import Synchronization
import TestSupport
import Testing

@testable import Service

@Suite("Expiry of carts")
struct ExpiredCartsJobTests {
    private final class Changes: Sendable {
        private let recorded = Mutex<[CartChangedEvent]>([])
        var events: [CartChangedEvent] { recorded.withLock { $0 } }
        func add(_ event: CartChangedEvent) { recorded.withLock { $0.append(event) } }
    }

    @Test("Listeners hear of each cart that expires, with its new version, and of no other")
    func listeners() async throws {
        let database = try WorkerDatabase()
        _ = try await database.query(
            """
            INSERT INTO cart (id, token_hash, currency, version, expires_at)
            SELECT gen_random_uuid(), sha256(('a' || n)::bytea), 'USD', n, now() - interval '1 second' FROM generate_series(1, 250) n;
            INSERT INTO cart (id, token_hash, currency, expires_at)
            SELECT gen_random_uuid(), sha256(('b' || n)::bytea), 'EUR', now() + interval '1 hour' FROM generate_series(1, 5) n;
            """)
        let changes = Changes()
        let worker = try await TestWorker(database.url) { pool in
            [ExpiredCartsJob(carts: CartStore(pool: pool, lifetime: .seconds(60)) { changes.add($0) })]
        }
        try await database.wait(for: "SELECT outcome = 'success' AND rows = 250 FROM job")
        await worker.stop()
        let expected = try await database.query("SELECT id || ' ' || version FROM cart WHERE status = 'expired' ORDER BY 1")
        #expect(changes.events.map { String(decoding: $0.payload, as: UTF8.self) }.sorted().joined(separator: "\n") == expected)
        #expect(changes.events.count == 250)
        #expect(try await database.query("SELECT count(*) FROM cart WHERE status = 'active' AND currency = 'EUR'") == "5")
    }
}
