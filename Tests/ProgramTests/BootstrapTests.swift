import Foundation
import TestSupport
import Testing

/// `commerce bootstrap`: from an administrator's empty database to one where each login may do its part and no more, on a
/// server that asks for passwords.
@Suite("commerce bootstrap")
struct BootstrapTests {
    /// A server whose administrator is no superuser, as a managed database's master user is none.
    private struct Stage {
        let server: PostgresServer

        init() throws {
            server = try PostgresServer(authentication: .password("root-pw"))
            try server.execute("CREATE ROLE admin LOGIN CREATEROLE CREATEDB PASSWORD 'admin-pw'")
            try PostgresShell.execute("CREATE DATABASE shop", on: url("admin", "admin-pw", database: "postgres"))
        }

        func url(_ user: String, _ password: String, database: String = "shop") -> String {
            "postgresql://\(user):\(password)@127.0.0.1:\(server.port)/\(database)"
        }

        func run(_ arguments: String..., as user: String, _ password: String, _ more: [String: String] = [:]) throws -> Command {
            try ServiceProcess.run(arguments, environment: ["DATABASE_URL": url(user, password)].merging(more) { $1 })
        }

        func bootstrap(owner: String = "owner-pw", service: String = "service-pw", user: String = "commerce") throws -> Command {
            try run(
                "bootstrap", as: "admin", "admin-pw",
                ["MIGRATION_PASSWORD": owner, "SERVICE_PASSWORD": service, "SERVICE_USER": user])
        }
    }

    @Test("the owner migrates, the service sells and may change no schema, and nobody else comes in")
    func life() throws {
        let stage = try Stage()
        let done = try stage.bootstrap()
        #expect(done.status == .exited(0), "\(done.error)")
        #expect(try stage.run("migrate", "up", as: "commerce_owner", "owner-pw").status == .exited(0))
        let imported = try stage.run("import", "deploy/demo/catalog.ndjson", as: "commerce", "service-pw")
        #expect(imported.status == .exited(0), "\(imported.error)")

        let service = try ServiceProcess(environment: ["DATABASE_URL": stage.url("commerce", "service-pw"), "DRAIN_DELAY": "0s"])
        let answer = try service.client().request(
            "POST", "/v1/orders", headers: [("Content-Type", "application/json"), ("Idempotency-Key", "the-first-order-of-a-bootstrapped-shop")],
            body: Array(#"""
                {"items": [{"sku": "MUG-FERN-GRN", "quantity": 1}], "email": "ada@example.com", "shipping_address":
                {"name": "Ada", "line1": "1 Row", "city": "London", "postal_code": "N1", "country": "GB"}}
                """#.utf8))
        #expect(answer.status == 201, "\(answer)")
        let ended = try service.terminate()
        #expect(ended == .exited(0), "\(service.standardOutput)\(service.standardError)")
        #expect(try stage.run("audit", as: "commerce", "service-pw").status == .exited(0))

        let asService = stage.url("commerce", "service-pw")
        for statement in [
            "CREATE TABLE x (a int)", "DROP TABLE orders", "ALTER TABLE orders ADD x int", "TRUNCATE orders",
            "CREATE ROLE x", "CREATE SCHEMA x",
        ] {
            #expect(throws: (any Error).self, "\(statement)") { try PostgresShell.execute(statement, on: asService) }
        }
        try stage.server.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger-pw'")
        #expect(throws: (any Error).self) { try PostgresShell.execute("SELECT 1", on: stage.url("stranger", "stranger-pw")) }
    }

    @Test("run again it changes passwords and nothing else; several at once are safe")
    func again() async throws {
        let stage = try Stage()
        let together = try await withThrowingTaskGroup(of: Command.self) { group in
            for _ in 0..<4 { group.addTask { try await onOwnThread { try stage.bootstrap() } } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(together.allSatisfy { $0.status == .exited(0) }, "\(together.map(\.error))")
        try await onOwnThread { try change(stage) }
    }

    private func change(_ stage: Stage) throws {
        #expect(try stage.run("migrate", "up", as: "commerce_owner", "owner-pw").status == .exited(0))
        #expect(try stage.bootstrap(owner: "owner-2", service: "service-2").status == .exited(0))
        #expect(try stage.run("migrate", "status", as: "commerce_owner", "owner-pw").status == .exited(69))
        #expect(try stage.run("migrate", "status", as: "commerce_owner", "owner-2").status == .exited(0))
        #expect(try stage.run("audit", as: "commerce", "service-2").status == .exited(0))
    }

    @Test("a second login, made as rotation by alternating users makes it, has the rights of the first")
    func clone() throws {
        let stage = try Stage()
        #expect(try stage.bootstrap().status == .exited(0))
        #expect(try stage.run("migrate", "up", as: "commerce_owner", "owner-pw").status == .exited(0))
        try PostgresShell.execute(
            "CREATE ROLE commerce_clone LOGIN PASSWORD 'clone-pw'; GRANT commerce TO commerce_clone",
            on: stage.url("admin", "admin-pw"))
        #expect(try stage.run("audit", as: "commerce_clone", "clone-pw").status == .exited(0))
        // The secret may name the second login by the time somebody runs it again.
        #expect(try stage.bootstrap(service: "clone-2", user: "commerce_clone").status == .exited(0))
        #expect(try stage.run("audit", as: "commerce_clone", "clone-2").status == .exited(0))
        #expect(try stage.run("audit", as: "commerce", "service-pw").status == .exited(0))
    }

    @Test("passwords are neither told nor sent: the server's log of every statement does not hold them")
    func secrecy() throws {
        let stage = try Stage()
        try stage.server.execute("ALTER SYSTEM SET log_statement = 'all'; SELECT pg_reload_conf()")
        let done = try stage.bootstrap(owner: "Hush-owner-1", service: "Hush-service-1")
        #expect(done.status == .exited(0))
        #expect(stage.server.log.contains("commerce_application"))
        #expect(!(done.output + done.error + stage.server.log).contains("Hush"))
    }

    @Test("what is missing is told at once, with exit code 78; a login that may not, with 1")
    func faults() throws {
        let stage = try Stage()
        let missing = try stage.run("bootstrap", as: "admin", "admin-pw")
        #expect(missing.status == .exited(78))
        #expect(missing.error == "commerce: MIGRATION_PASSWORD is not set\ncommerce: SERVICE_PASSWORD is not set\n")
        #expect(try stage.bootstrap(user: "commerce_owner").status == .exited(78))
        try stage.server.execute("CREATE ROLE plain LOGIN PASSWORD 'plain-pw'")
        let refused = try stage.run(
            "bootstrap", as: "plain", "plain-pw", ["MIGRATION_PASSWORD": "Hush-1", "SERVICE_PASSWORD": "Hush-2"])
        #expect(refused.status == .exited(1))
        #expect(refused.error.split(separator: "\n").count == 1)
        #expect(!refused.error.contains("Hush"))
        let roles = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'commerce%'"
        #expect(try PostgresShell.execute(roles, on: stage.server.url) == "0")
    }
}
