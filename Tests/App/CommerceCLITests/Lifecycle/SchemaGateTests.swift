import Foundation
import Testing
import TestSupport

/// What a service says of itself while the database is not there yet, or not as it must be.
@Suite("A service before its database")
struct SchemaGateTests {
    @Test("an empty database keeps it out of the load balancer, alive, until the migrations have run")
    func emptyDatabase() async throws {
        let shop = try LifecycleShop(isMigrated: false)
        let service = try await shop.serve()
        try await service.waitForHealth("schema_behind")
        for _ in 0..<5 {
            let health = try service.health()
            #expect(health.code == 503 && health.status == "schema_behind")
            #expect(try await service.client().request("GET", "/health/live").status == 200)
        }
        for path in ["/v1/products", "/v1/products/lamp", "/v1/categories"] {
            let answer = try await service.client().request("GET", path)
            #expect(answer.status == 503 && answer.header("Retry-After") == "5", "\(path): \(answer.status)")
        }
        #expect(try service.client().buy().status == 503)
        try await onOwnThread {
            try shop.migrate()
            try shop.stock()
        }
        try await service.waitForHealth("ok")
        #expect(try service.health().code == 200)
        #expect(try await service.client().request("GET", "/v1/products/lamp").status == 200)
        #expect(try service.client().buy().status == 201)
    }

    @Test("a schema that is behind by one migration does the same")
    func behind() async throws {
        let shop = try LifecycleShop()
        let row = try await shop.database.execute(
            "DELETE FROM schema_migration WHERE version = (SELECT max(version) FROM schema_migration) RETURNING version")
        #expect(!row.isEmpty)
        let service = try await shop.serve()
        try await service.waitForHealth("schema_behind")
        #expect(try service.health().code == 503)
    }

    @Test("without PostgreSQL it is starting, serves degraded after a while, and recovers once PostgreSQL comes")
    func absent() async throws {
        let postgres = try PostgresServer()
        let shop = ["DATABASE_URL": postgres.url, "LOG_FORMAT": "json", "LOOPS": "2"]
        #expect(try ServiceProcess.run(["migrate", "up"], environment: shop).status == .exited(0))
        try postgres.stop()
        let service = try await onOwnThread { try ServiceProcess(environment: shop) }
        let first = try service.health()
        #expect(first.code == 503 && first.status == "starting")
        #expect(try await service.client().request("GET", "/health/live").status == 200)
        let refused = try await service.client().request("GET", "/v1/products")
        #expect(refused.status == 503 && refused.header("Retry-After") != nil)
        // A fleet that restarts during an outage is not killed for it again and again.
        try await service.waitForHealth("degraded")
        #expect(try service.health().code == 200)
        try await onOwnThread { try postgres.start() }
        try await service.waitForHealth("ok")
        #expect(try await service.client().request("GET", "/v1/products").status == 200)
    }

    @Test("PostgreSQL that comes a little later than the service is no more than a later start")
    func late() async throws {
        let postgres = try PostgresServer()
        let shop = ["DATABASE_URL": postgres.url, "LOG_FORMAT": "json", "LOOPS": "2"]
        #expect(try ServiceProcess.run(["migrate", "up"], environment: shop).status == .exited(0))
        try postgres.stop()
        let service = try await onOwnThread { try ServiceProcess(environment: shop) }
        try await onOwnThread { try postgres.start() }
        try await service.waitForHealth("ok")
    }
}
