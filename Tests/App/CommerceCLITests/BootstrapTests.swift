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

    @Test("the owner migrates, the service sells and may change no schema, and no other role can connect")
    func life() throws {
        let stage = try Stage()
        let done = try stage.bootstrap()
        #expect(done.status == .exited(0), "\(done.error)")
        #expect(try stage.run("migrate", "up", as: "commerce_owner", "owner-pw").status == .exited(0))
        let imported = try stage.run("import", "deploy/demo/catalog.ndjson", as: "commerce_owner", "owner-pw")
        #expect(imported.status == .exited(0), "\(imported.error)")

        let service = try ServiceProcess(environment: ["DATABASE_URL": stage.url("commerce", "service-pw"), "DRAIN_DELAY": "0s"])
        let answer = try service.client().request(
            "POST", "/v1/orders",
            headers: [("Content-Type", "application/json"), ("Idempotency-Key", "the-first-order-of-a-bootstrapped-shop")],
            body: Array(
                #"""
                {"items": [{"sku": "MUG-FERN-GRN", "quantity": 1}], "email": "ada@example.com", "shipping_address":
                {"name": "Ada", "line1": "1 Row", "city": "London", "postal_code": "N1", "country": "GB"}}
                """#.utf8))
        #expect(answer.status == 201, "\(answer)")
        let ended = try service.terminate()
        #expect(ended == .exited(0), "\(service.standardOutput)\(service.standardError)")
        #expect(try stage.run("audit", as: "commerce", "service-pw").status == .exited(0))

        let added = try stage.run("webhook", "add", "https://example.com/", as: "commerce", "service-pw")
        let id = added.output.split(separator: "\"").map(String.init).first { UUID(uuidString: $0) != nil } ?? added.error
        for arguments in [
            ["webhook", "ping", id], ["webhook", "list"], ["webhook", "deliveries"], ["webhook", "rotate", id],
            ["webhook", "replay", "--endpoint", id], ["webhook", "replay", "--endpoint", id, "--since", "1h"],
            ["webhook", "disable", id], ["webhook", "enable", id], ["events", "list"],
            ["events", "replay", "--type", "*", "--since", "1h"], ["webhook", "remove", id],
        ] {
            let done = try ServiceProcess.run(arguments, environment: ["DATABASE_URL": stage.url("commerce", "service-pw")])
            #expect(done.status == .exited(0), "\(arguments): \(done.error)")
        }

        let asService = stage.url("commerce", "service-pw")
        let blanking = """
            UPDATE orders SET email = '', shipping_address = '{"country": "GB"}', access_token_hash = '', erased_at = now()
            """
        for statement in [
            "CREATE TABLE x (a int)", "DROP TABLE orders", "ALTER TABLE orders ADD x int", "TRUNCATE orders",
            "CREATE ROLE x", "CREATE SCHEMA x", "CREATE TEMPORARY TABLE x (a int)",
            // The ledger, what was ordered, and the catalogue are not the service's to change.
            "UPDATE stock_movement SET on_hand = 0", "DELETE FROM stock_movement", "UPDATE order_line SET quantity = 1",
            "DELETE FROM order_line", "UPDATE order_history SET reason = ''", "DELETE FROM order_history",
            "UPDATE orders SET total = total, subtotal = subtotal", "UPDATE stock SET on_hand = on_hand + 1",
            "UPDATE product SET price = 0", "UPDATE variant SET price = 0", "INSERT INTO category SELECT * FROM category",
            "UPDATE catalog_version SET version = 0", "DELETE FROM schema_migration", "UPDATE schema_migration SET checksum = ''",
            // Of orders, only those that ended may be blanked, and only those that ended unpaid removed.
            "DELETE FROM orders", "UPDATE orders SET email = ''", blanking,
            // Roles are given by people.
            "UPDATE account SET role = 'owner'", "UPDATE account SET disabled_at = NULL",
        ] {
            #expect(throws: (any Error).self, "\(statement)") { try PostgresShell.execute(statement, on: asService) }
        }
        let refused = try stage.run("user", "disable", "--email", "ada@example.com", as: "commerce", "service-pw")
        #expect(refused.status == .exited(1) && refused.error.contains("there is no account with this address"))
        let asOwner = stage.url("commerce_owner", "owner-pw")
        try PostgresShell.execute(
            "INSERT INTO account (id, email, email_key) VALUES (gen_random_uuid(), 'ada@example.com', 'ada@example.com')",
            on: asOwner)
        for arguments in [["disable"], ["role", "--role", "owner"]] {
            let done = try ServiceProcess.run(
                ["user"] + arguments + ["--email", "ada@example.com"], environment: ["DATABASE_URL": asService])
            #expect(
                done.status == .exited(1)
                    && done.error
                        == "commerce: this database login may not do that: use the login that runs commerce migrate up\n"
            )
        }
        #expect(
            try stage.run("user", "disable", "--email", "ada@example.com", as: "commerce_owner", "owner-pw").status == .exited(0))
        // A paid order is blanked once it has ended, in one way, and stays.
        try PostgresShell.execute("UPDATE orders SET status = 'processing', payment_status = 'captured'", on: asOwner)
        #expect(throws: (any Error).self) { try PostgresShell.execute(blanking, on: asService) }
        try PostgresShell.execute("UPDATE orders SET status = 'delivered'", on: asOwner)
        for statement in [
            "DELETE FROM orders", "UPDATE orders SET email = '', erased_at = now()",
            "UPDATE orders SET email = 'eve@example.com'",
            blanking.replacing("GB", with: "FR"), blanking + ", payment_status = 'unpaid'",
        ] {
            #expect(throws: (any Error).self, "\(statement)") { try PostgresShell.execute(statement, on: asService) }
        }
        try PostgresShell.execute(blanking, on: asService)
        try stage.server.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger-pw'")
        #expect(throws: (any Error).self) { try PostgresShell.execute("SELECT 1", on: stage.url("stranger", "stranger-pw")) }
    }

    @Test(
        "each table has exactly the rights that serving takes, on a new database, on one of an older release, and without bootstrap before"
    )
    func rights() throws {
        let granted = """
            SELECT string_agg(t, E'\n' ORDER BY t COLLATE "C") FROM (
            SELECT table_name || ' ' || string_agg(privilege_type, ',' ORDER BY privilege_type) AS t
            FROM information_schema.role_table_grants WHERE grantee = 'commerce_application' GROUP BY table_name
            UNION ALL SELECT table_name || ' UPDATE(' || string_agg(column_name, ',' ORDER BY column_name) || ')'
            FROM information_schema.role_column_grants c WHERE grantee = 'commerce_application' AND privilege_type = 'UPDATE'
            AND NOT EXISTS (SELECT FROM information_schema.role_table_grants g WHERE g.grantee = c.grantee
            AND g.table_name = c.table_name AND g.privilege_type = 'UPDATE') GROUP BY table_name) g
            """
        let expected = """
            account DELETE,INSERT,SELECT
            account UPDATE(email,email_key,epoch,event_sequence,locale,name,password_hash,updated_at)
            account_address DELETE,INSERT,SELECT,UPDATE
            account_client DELETE,INSERT,SELECT
            account_client UPDATE(seen_at)
            account_request DELETE,INSERT,SELECT
            account_request UPDATE(is_new_proven,is_old_proven)
            account_session DELETE,INSERT,SELECT
            account_session UPDATE(expires_at,used_at)
            account_token DELETE,INSERT,SELECT
            attribute SELECT
            cart DELETE,INSERT,SELECT,UPDATE
            cart_item DELETE,INSERT,SELECT,UPDATE
            cart_ticket DELETE,INSERT,SELECT
            cart_ticket UPDATE(expires_at)
            catalog_version SELECT
            category SELECT
            category_slug SELECT
            counted_order DELETE,INSERT,SELECT,UPDATE
            delivery DELETE,INSERT,SELECT,UPDATE
            event_target DELETE,INSERT,SELECT,UPDATE
            external_identity INSERT,SELECT
            external_identity UPDATE(ended_at,session_id)
            external_identity_end DELETE,INSERT,SELECT
            external_identity_end UPDATE(ended_at)
            idempotency DELETE,INSERT,SELECT,UPDATE
            job DELETE,INSERT,SELECT,UPDATE
            mailbox_message DELETE,INSERT,SELECT
            order_history INSERT,SELECT
            order_hold DELETE,INSERT,SELECT
            order_hold UPDATE(units)
            order_line INSERT,SELECT
            order_token DELETE,INSERT,SELECT
            orders DELETE,INSERT,SELECT
            orders UPDATE(access_token_hash,customer_id,email,erased_at,event_sequence,locale,payment_status,shipping_address,status,updated_at)
            outbox DELETE,INSERT,SELECT
            outbox UPDATE(payload)
            product SELECT
            product_document SELECT
            product_sales DELETE,INSERT,SELECT,UPDATE
            product_slug SELECT
            purchase_count DELETE,INSERT,SELECT,UPDATE
            purchase_cursor SELECT,UPDATE
            purchase_pair DELETE,INSERT,SELECT,UPDATE
            refresh_token DELETE,INSERT,SELECT
            refresh_token UPDATE(is_repeated,used_at)
            relay SELECT
            relay UPDATE(claimed_by,position)
            reservation INSERT,SELECT
            reservation UPDATE(expires_at,state)
            schema_migration SELECT
            search_product SELECT
            search_redirect SELECT
            search_setting SELECT
            search_setting UPDATE(counted)
            search_synonym SELECT
            search_term DELETE,INSERT,SELECT
            search_word DELETE,INSERT,SELECT,UPDATE
            session_end DELETE,INSERT,SELECT
            sign_in_failure DELETE,INSERT,SELECT,UPDATE
            stock SELECT
            stock UPDATE(event_sequence,reserved)
            stock_balance SELECT
            stock_movement INSERT,SELECT
            variant SELECT
            worker DELETE,INSERT,SELECT,UPDATE
            """
        let stage = try Stage()
        #expect(try stage.bootstrap().status == .exited(0))
        let admin = stage.url("admin", "admin-pw")
        #expect(try stage.run("migrate", "up", as: "commerce_owner", "owner-pw").status == .exited(0))
        #expect(try stage.server.execute(granted, database: "shop") == expected)
        let unlisted = """
            SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public' AND NOT EXISTS (SELECT FROM
            information_schema.role_table_grants WHERE grantee = 'commerce_application' AND table_name = tablename)
            """
        #expect(try stage.server.execute(unlisted, database: "shop") == "", "a table has no entry in ServicePrivileges")

        // As the release before left it: everything, on the tables there and to come.
        try PostgresShell.execute(
            """
            GRANT TEMPORARY ON DATABASE shop TO commerce_application;
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO commerce_application;
            GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO commerce_application;
            ALTER DEFAULT PRIVILEGES FOR ROLE commerce_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO commerce_application;
            """, on: admin)
        #expect(try stage.run("migrate", "up", as: "commerce_owner", "owner-pw").status == .exited(0))
        #expect(try stage.server.execute(granted, database: "shop") == expected)
        try PostgresShell.execute("CREATE TABLE later (a int)", on: stage.url("commerce_owner", "owner-pw"))
        #expect(throws: (any Error).self) {
            try PostgresShell.execute("SELECT FROM later", on: stage.url("commerce", "service-pw"))
        }
        try PostgresShell.execute("DROP TABLE later", on: stage.url("commerce_owner", "owner-pw"))

        // And where the schema was there first.
        try PostgresShell.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM commerce_application", on: admin)
        #expect(try stage.bootstrap().status == .exited(0))
        #expect(try stage.server.execute(granted, database: "shop") == expected)
        #expect(throws: (any Error).self) {
            try PostgresShell.execute("CREATE TEMPORARY TABLE x (a int)", on: stage.url("commerce", "service-pw"))
        }
    }

    @Test("the service's role cannot delete an order that was paid; it can delete one that ended unpaid, with its lines")
    func kept() throws {
        let stage = try Stage()
        #expect(try stage.bootstrap().status == .exited(0))
        #expect(try stage.run("migrate", "up", as: "commerce_owner", "owner-pw").status == .exited(0))
        let insert = """
            WITH o AS (INSERT INTO orders (id, number, status, payment_status, email, currency, subtotal, total, shipping_address, access_token_hash)
            SELECT gen_random_uuid(), n, s, p, 'ada@example.com', 'USD', 0, 0, '{}', '' FROM (VALUES ('PAID', 'confirmed', 'captured'),
            ('OPEN', 'pending_payment', 'unpaid'), ('GONE', 'expired', 'unpaid')) v (n, s, p) RETURNING id, number)
            INSERT INTO order_history (order_id, position, status) SELECT id, 0, 'x' FROM o
            """
        let service = stage.url("commerce", "service-pw")
        try PostgresShell.execute(insert, on: service)
        for statement in [
            "DELETE FROM orders WHERE number = 'PAID'", "DELETE FROM orders WHERE number = 'OPEN'",
            "UPDATE orders SET email = '' WHERE number = 'PAID'",
            "UPDATE orders SET shipping_address = '{\"a\": 1}' WHERE number = 'OPEN'",
            "UPDATE orders SET payment_status = 'unpaid', status = 'expired' WHERE number = 'PAID'",
        ] {
            #expect(throws: (any Error).self, "\(statement)") { try PostgresShell.execute(statement, on: service) }
        }
        for statement in [
            "UPDATE orders SET status = 'cancelled' WHERE number = 'OPEN'",
            "UPDATE orders SET payment_status = 'refunded' WHERE number = 'PAID'",
            "UPDATE orders SET email = '', shipping_address = '{}' WHERE number = 'GONE'",
            "DELETE FROM orders WHERE number = 'GONE'",
        ] {
            #expect(throws: Never.self, "\(statement)") { try PostgresShell.execute(statement, on: service) }
        }
        #expect(try PostgresShell.execute("SELECT count(*) FROM order_history", on: service) == "2")
        // The sweep sums the ledger up, by its owner's function, and changes no sum by it.
        try PostgresShell.execute(
            """
            INSERT INTO stock_movement (variant_id, on_hand, reserved, reason, at)
            SELECT '00000000-0000-7000-8000-000000000001', n, 0, 'adjustment', now() - interval '1 day' FROM generate_series(1, 10) n
            """, on: service)
        #expect(try PostgresShell.execute("SELECT stock_movement_sum_up(now(), 4)", on: service) == "4")
        #expect(try PostgresShell.execute("SELECT sum(on_hand), count(*) FROM stock_movement", on: service) == "45|6")
        #expect(try PostgresShell.execute("SELECT on_hand FROM stock_balance", on: service) == "10")
        #expect(throws: (any Error).self) { try PostgresShell.execute("UPDATE stock_balance SET on_hand = 0", on: service) }
        // The owner may: a person's wish to be forgotten is carried out by hand.
        try PostgresShell.execute("DELETE FROM orders", on: stage.url("commerce_owner", "owner-pw"))
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
        // The secret may name the second login by the time of the next run.
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

    @Test("all missing settings are reported at once, with exit code 78; a login without the right ends with 1")
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
