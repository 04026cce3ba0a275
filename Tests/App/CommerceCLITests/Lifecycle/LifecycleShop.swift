import Foundation
import TestSupport

/// A small shop to start and stop services on.
final class LifecycleShop: Sendable {
    let database: TestDatabase

    /// - Parameter isMigrated: whether it has its schema and sells something, or is empty yet
    init(isMigrated: Bool = true) throws {
        database = try TestDatabase()
        if isMigrated {
            try migrate()
            try stock()
        }
    }

    /// Brings the schema up to date, as a deployment does.
    func migrate() throws {
        let done = try ServiceProcess.run(["migrate", "up"], environment: ["DATABASE_URL": database.url])
        guard done.status == .exited(0) else { throw TestFailure("migrate up: \(done.status): \(done.error)\(done.output)") }
    }

    /// Puts the one product there is into the catalogue.
    func stock() throws {
        try database.execute(
            """
            INSERT INTO product (id, slug, name, currency, price) VALUES ('\(Self.product)', 'lamp', 'Lamp', 'USD', 4900);
            INSERT INTO variant (id, product_id, sku, name, price) VALUES ('\(Self.variant)', '\(Self.product)', 'LAMP', 'Lamp', 4900);
            INSERT INTO stock (variant_id, on_hand) VALUES ('\(Self.variant)', 1000000);
            """)
    }

    private static let product = "01890000-0000-7000-8000-000000000001"
    private static let variant = "01890000-0000-7000-8000-000000000002"

    /// Starts a service without Redis.
    func serve(_ settings: [String: String] = [:], ready: Bool = true) async throws -> ServiceProcess {
        let common = ["DATABASE_URL": database.url, "LOG_FORMAT": "json", "LOOPS": "2"]
        return try await onOwnThread {
            try ServiceProcess(environment: common.merging(settings) { _, given in given }, ready: ready)
        }
    }

    /// How many orders there are.
    func orders() async throws -> String { try await database.execute("SELECT count(*) FROM orders") }

    /// Holds the lock on the product's stock for so long: an order for it stays in flight meanwhile. Returns once it does.
    func holdStock(seconds: Double) async throws -> Task<Void, any Error> {
        let holder = Task { [database] in
            _ = try await database.execute(
                "BEGIN; SELECT FROM stock FOR UPDATE; SELECT pg_sleep(\(seconds)); COMMIT;")
        }
        try await waitForActivity("query LIKE 'SELECT pg_sleep%'")
        return holder
    }

    /// Waits until an order hangs at that lock.
    func waitForBlockedOrder() async throws { try await waitForActivity("wait_event_type = 'Lock'") }

    private func waitForActivity(_ condition: String) async throws {
        let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \(condition)"
        try await onOwnThread { [database] in
            guard try Deadline(seconds: 20).poll(every: 20, until: { try database.execute(query) != "0" }) else {
                throw TestFailure("no session has \(condition)")
            }
        }
    }
}

extension HTTPTestClient {
    /// Buys one of the product.
    func buy() throws -> HTTPTestResponse {
        try request(
            "POST", "/v1/orders", headers: [("Idempotency-Key", UUID().uuidString.lowercased())],
            json: """
                {"items":[{"sku":"LAMP","quantity":1}],"email":"ada@example.com","shipping_address":{"name":"Ada Moss",\
                "line1":"1 Fern Row","city":"Leeds","postal_code":"LS1 4AP","country":"GB"}}
                """)
    }
}

extension ServiceProcess {
    /// What `/health` says: its status code, and the word for how the service stands.
    func health() throws -> (code: Int, status: String) {
        struct Health: Decodable { let status: String }
        let answer = try client(seconds: 10).request("GET", "/health")
        return (answer.status, try answer.decode(Health.self).status)
    }

    /// Waits until `/health` says so.
    func waitForHealth(_ status: String, seconds: Double = 30) async throws {
        try await onOwnThread {
            var last = ""
            let came = Deadline(seconds: seconds).poll(every: 20) {
                last = (try? self.health().status) ?? "unreachable"
                return last == status
            }
            guard came else { throw TestFailure("after \(seconds) s health says \(last), not \(status)") }
        }
    }
}
