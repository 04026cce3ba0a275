import Foundation
import Formats
import PostgresClient
import TestSupport
import Testing

@testable import DataGenerator

/// How PostgreSQL runs the statements of accounts, on tables of a shop with many customers: requests go to the service, its worker writes
/// mails and runs jobs, and PostgreSQL's log shows the plans, also those of foreign keys.
@Suite("Plans of accounts") struct AccountPlanTests {
    private static let large: Set<String> = [
        "account", "account_session", "refresh_token", "account_address", "account_request", "account_token", "account_client",
        "sign_in_failure", "session_end", "orders", "order_line", "order_history", "cart", "cart_item", "cart_ticket", "outbox",
        "delivery", "idempotency", "stock", "variant",
    ]

    /// A service, and the plans of what it was asked for.
    private final class Stage {
        let server: PostgresServer
        let service: ServiceProcess
        private var seen = 0

        init(_ server: PostgresServer, _ service: ServiceProcess) {
            self.server = server
            self.service = service
            seen = QueryPlan.all(in: server.log).count
        }

        /// Sends a request whose statements are expected to go by these indexes.
        @discardableResult
        func ask(
            _ method: String, _ path: String, _ headers: [(String, String)] = [], json: String? = nil, status: Int = 200,
            by indexes: Set<String>
        ) throws -> JSON {
            let answer = try service.client().request(
                method, path, headers: headers + (json == nil ? [] : [("Content-Type", "application/json")]),
                body: json.map { Array($0.utf8) })
            #expect(answer.status == status, "\(method) \(path): \(answer.text.prefix(300))")
            let used = takePlans().reduce(into: Set<String>()) { $0.formUnion($1.indexes) }
            #expect(
                used.isSuperset(of: indexes), "\(method) \(path) went by \(used.sorted()), not by \(indexes.subtracting(used))")
            return JSON(parsing: answer.body)
        }

        /// The plans since they were last taken.
        func takePlans() -> ArraySlice<QueryPlan> {
            let plans = QueryPlan.all(in: server.log)
            defer { seen = plans.count }
            return plans.dropFirst(seen)
        }

        /// Waits for a statement that has this text, and for its indexes.
        func expect(_ piece: String, by indexes: Set<String>) {
            var found: [QueryPlan] = []
            let came = Deadline(seconds: 60).poll(every: 200) {
                found = QueryPlan.all(in: self.server.log).filter { $0.text.contains(piece) }
                return !found.isEmpty
            }
            #expect(came, "no statement has \(piece)")
            for plan in found {
                #expect(plan.indexes.isSuperset(of: indexes), "\(piece) went by \(plan.indexes.sorted())")
            }
        }

        func execute(_ sql: String) throws -> String {
            try server.execute(sql).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    @Test("no statement reads a large table from end to end, and each goes by the index made for it")
    func plans() async throws {
        let server = try PostgresServer(settings: ["shared_buffers": "'256MB'", "fsync": "off"])
        try await onOwnThread { try Self.fill(server) }
        let service = try await onOwnThread {
            try ServiceProcess(environment: [
                "DATABASE_URL": server.url, "CACHE": "off", "LOOPS": "1", "DRAIN_DELAY": "0s", "LOG_FORMAT": "json",
                "MAILBOX": "on",
                "JWT_SECRET": Shop.tokenSecret, "RATE_LIMIT": "off",
            ])
        }
        try await onOwnThread {
            let stage = Stage(server, service)
            try Self.requests(stage)
            try Self.commands(stage)
            for (piece, indexes) in [
                (
                    "DELETE FROM account_session WHERE id IN (SELECT id FROM account_session WHERE expires_at",
                    ["account_session_expiry"]
                ),
                ("DELETE FROM session_end WHERE ctid", ["session_end_at"]),
                ("SELECT account_id, session_id, epoch FROM session_end WHERE at", ["session_end_at"]),
                ("DELETE FROM account_request WHERE id IN (SELECT id FROM", ["account_request_age"]),
                ("DELETE FROM sign_in_failure WHERE (email_hash, client_hash) IN", ["sign_in_failure_age"]),
                ("encode(substring(token_hash FROM 9)", ["cart_idle", "account_pkey", "cart_item_pkey"]),
                ("UPDATE cart SET is_abandoned = true", ["cart_pkey"]),
                // Of the mailer.
                (
                    "FROM account_request r LEFT JOIN account a",
                    ["account_request_pkey", "account_request_email", "account_pkey"]
                ),
                ("SELECT id FROM orders WHERE number =", ["orders_number_key"]),
            ] as [(String, Set<String>)] { stage.expect(piece, by: indexes) }
            // The service's own statements and those of foreign keys, and not those of this test.
            var told: Set<String> = []
            for plan in QueryPlan.all(in: server.log)
            where plan.text.contains("$1") && !plan.scanned.isDisjoint(with: Self.large) && told.insert(plan.text).inserted {
                Issue.record("reads \(plan.scanned.intersection(Self.large).sorted()) from end to end: \(plan.text)")
            }
            _ = try service.terminate()
        }
    }

    private static func requests(_ stage: Stage) throws {
        let password = "seven green herons"
        func credentials(_ email: String) -> String { #"{"email":"\#(email)","password":"\#(password)"}"# }
        // Of the mails that these ask for, the worker finds the rest.
        try stage.ask("POST", "/v1/users", json: credentials("new@example.org"), status: 202, by: [])
        try stage.ask("POST", "/v1/password-resets", json: #"{"email":"c7@example.org"}"#, status: 202, by: [])
        try stage.ask("POST", "/v1/sign-in-links", json: #"{"email":"c8@example.org"}"#, status: 202, by: [])
        try stage.ask(
            "POST", "/v1/orders/lookup", json: #"{"number":"7K3M9QXR2W","email":"c7@example.org"}"#, status: 202, by: [])
        func token(_ mail: String, _ page: String) throws -> String {
            var text = ""
            let came = Deadline(seconds: 60).poll(every: 100) {
                text =
                    (try? stage.execute(
                        "SELECT convert_from(message, 'UTF8') FROM mailbox_message WHERE recipient = '\(mail)' ORDER BY created_at DESC LIMIT 1"
                    ))
                    ?? ""
                return text.contains("/account/")
            }
            text = text.replacing("=\r\n", with: "").replacing("=\n", with: "")
            guard came, let link = text.firstRange(of: "/account/\(page)#") else { throw TestFailure("no link: \(text)") }
            return String(text[link.upperBound...].prefix(43))
        }
        _ = stage.takePlans()
        try stage.ask(
            "POST", "/v1/email-confirmations", json: #"{"token":"\#(try token("new@example.org", "confirm-email"))"}"#,
            by: ["account_token_pkey", "account_request_pkey", "account_request_email", "account_token_request", "orders_guest"])
        try stage.ask(
            "PUT", "/v1/password-resets",
            json: #"{"token":"\#(try token("c7@example.org", "reset-password"))","password":"eight grey herons"}"#, status: 204,
            by: ["account_token_pkey", "account_request_pkey", "account_email", "account_pkey", "account_session_account"])
        try stage.ask(
            "POST", "/v1/sessions", json: #"{"link_token":"\#(try token("c8@example.org", "sign-in"))"}"#, status: 201,
            by: ["account_token_pkey", "account_request_pkey", "account_email", "account_pkey", "account_session_account"])

        let wrong = credentials("c9@example.org").replacing(password, with: "not the password")
        try stage.ask(
            "POST", "/v1/sessions", json: wrong, status: 401,
            by: ["account_email", "sign_in_failure_pkey", "account_client_pkey"])
        let guest = try stage.ask("POST", "/v1/carts", json: "{}", status: 201, by: [])
        let signedIn = try stage.ask(
            "POST", "/v1/sessions", [("X-Cart-Token", guest["token"].text)], json: credentials("new@example.org"), status: 201,
            by: ["account_email", "account_pkey", "account_session_account", "sign_in_failure_pkey", "cart_opener"])
        let refreshed = try stage.ask(
            "POST", "/v1/sessions/refresh", json: #"{"refresh_token":"\#(signedIn["refresh_token"].text)"}"#,
            by: ["account_session_family", "account_pkey", "refresh_token_pkey", "refresh_token_session", "account_session_pkey"])
        let header = ("Authorization", "Bearer " + refreshed["access_token"].text)
        try stage.ask("GET", "/v1/me", [header], by: ["account_pkey"])
        try stage.ask("PATCH", "/v1/me", [header], json: #"{"name":"Ada"}"#, by: ["account_pkey"])
        try stage.ask("GET", "/v1/me/sessions", [header], by: ["account_session_account"])
        let address = #"{"name":"Ada","line1":"1 Row","city":"Leeds","postal_code":"LS1","country":"GB"}"#
        let added = try stage.ask(
            "POST", "/v1/me/addresses", [header], json: address, status: 201, by: ["account_pkey", "account_address_account"])
        let place = "/v1/me/addresses/" + added["id"].text
        try stage.ask("GET", "/v1/me/addresses", [header], by: ["account_address_account"])
        try stage.ask("PUT", place, [header], json: address, by: ["account_address_account"])
        try stage.ask("DELETE", place, [header], status: 204, by: ["account_address_account"])

        let cart = try stage.ask("POST", "/v1/carts", [header], json: "{}", by: ["account_pkey", "cart_opener", "cart_pkey"])
        let path = "/v1/carts/" + cart["id"].text
        let sku = try stage.execute(
            "SELECT sku FROM variant JOIN stock ON variant_id = id WHERE on_hand - reserved > 5 AND active LIMIT 1")
        try stage.ask("POST", path + "/items", [header], json: #"{"sku":"\#(sku)","quantity":1}"#, by: ["cart_pkey"])
        let ticket = try stage.ask("POST", path + "/tickets", [header], status: 201, by: ["cart_pkey"])["ticket"].text
        let events = try EventStreamTestClient(port: stage.service.port, path + "/events?ticket=" + ticket)
        events.close()
        stage.expect("WITH t AS (DELETE FROM cart_ticket", by: ["account_session_pkey", "account_pkey"])
        _ = stage.takePlans()
        let buyer = #""email":"new@example.org","shipping_address":\#(address)"#
        try stage.ask(
            "POST", "/v1/orders", [header, ("Idempotency-Key", Shop.newKey())],
            json: #"{"cart_id":"\#(cart["id"].text)",\#(buyer)}"#,
            status: 201, by: ["account_pkey", "cart_pkey"])
        try stage.ask("GET", "/v1/orders", [header], by: ["orders_customer", "orders_pkey", "order_line_pkey"])
        try stage.ask(
            "GET", "/v1/me/export", [header],
            by: [
                "account_pkey", "account_address_account", "account_session_account", "account_client_pkey",
                "account_request_email",
                "account_request_account", "cart_customer", "orders_customer",
            ])
        try stage.ask(
            "DELETE", "/v1/me/sessions/\(UUID().uuidString.lowercased())", [header], status: 404, by: ["account_session_account"])
        try stage.ask(
            "DELETE", "/v1/me", [header], json: #"{"password":"\#(password)"}"#, status: 204,
            by: [
                "account_pkey", "orders_customer", "orders_guest", "orders_pkey", "stock_pkey", "order_hold_pkey",
                "account_request_email",
                "cart_customer", "cart_pkey",
                // Those of foreign keys.
                "account_session_account", "refresh_token_session", "account_address_account", "account_request_account",
                "account_client_pkey", "order_token_order", "cart_ticket_cart",
            ])
        stage.expect(
            "SELECT id, number, status FROM orders WHERE id = ANY(ARRAY(SELECT id", by: ["orders_customer", "orders_guest"])
    }

    private static func commands(_ stage: Stage) throws {
        for (arguments, piece, index) in [
            (["list"], "ORDER BY a.email_key LIMIT", "account_listed"),
            (["list", "--role", "owner", "--state", "active"], "AND a.role = $1", "account_listed"),
            (["list", "--email", "c9@example.org"], "account a WHERE a.email_key = $1", "account_email"),
            (["disable", "--email", "c9@example.org"], "disabled_at IS NOT NULL FROM account WHERE email_key", "account_email"),
        ] {
            let done = try ServiceProcess.run(["user"] + arguments, environment: ["DATABASE_URL": stage.server.url])
            #expect(done.status == .exited(0), "\(arguments): \(done.error)")
            stage.expect(piece, by: [index])
        }
    }

    private static func fill(_ server: PostgresServer) throws {
        let migrated = try ServiceProcess.run(["migrate", "up"], environment: ["DATABASE_URL": server.url])
        guard migrated.status == .exited(0) else { throw TestFailure("migrate up: \(migrated.error)\(migrated.output)") }
        try Generator(
            configuration: PostgresConfiguration(connectionString: server.url),
            options: GeneratorOptions(products: 2_000, orders: 10_000)
        ) { _ in }.run()
        try server.execute(
            """
            INSERT INTO account (id, email, email_key, role) SELECT gen_random_uuid(), 'c' || n || '@example.org', 'c' || n || '@example.org',
                CASE WHEN n % 2000 = 0 THEN 'owner' END FROM generate_series(1, 20000) n;
            INSERT INTO account_session (id, account_id, family_hash, expires_at) SELECT gen_random_uuid(), id, sha256(uuid_send(id)),
                now() + interval '1 day' * (length(email_key) - 14) FROM account;
            INSERT INTO refresh_token (token_hash, session_id) SELECT sha256(family_hash), id FROM account_session;
            INSERT INTO account_client (account_id, client_hash) SELECT id, sha256(uuid_send(id)) FROM account;
            INSERT INTO account_address (id, account_id, address) SELECT gen_random_uuid(), id, '{"name":"Ada"}' FROM account;
            INSERT INTO account_request (id, kind, email, email_key, account_id, created_at) SELECT gen_random_uuid(), 'notice', email,
                email_key, CASE WHEN length(email_key) > 17 THEN id END, now() - interval '1 minute' * length(email_key) * 700 FROM account;
            INSERT INTO account_token (token_hash, request_id, expires_at) SELECT sha256(uuid_send(id)), id, now() FROM account_request;
            INSERT INTO sign_in_failure (email_hash, client_hash, failures, failed_at) SELECT sha256(n::text::bytea), sha256('x'), 1,
                now() - interval '5 seconds' * n FROM generate_series(1, 20000) n;
            INSERT INTO session_end (account_id, epoch, at) SELECT id, 1, now() - interval '1 hour' * random() FROM account;
            INSERT INTO cart (id, token_hash, currency, updated_at, expires_at, is_abandoned) SELECT gen_random_uuid(),
                'account:'::bytea || uuid_send(id), 'USD', now() - interval '5 hours', now() + interval '90 days',
                CASE WHEN email_key NOT LIKE 'c1__@%' THEN true END FROM account WHERE email_key <> 'c9@example.org';
            INSERT INTO cart_item (cart_id, variant_id, quantity, unit_price) SELECT c.id, v.id, 1, 100 FROM cart c,
                (SELECT id FROM variant LIMIT 1) v;
            UPDATE orders SET customer_id = a.id FROM (SELECT id, row_number() OVER () AS n FROM account) a,
                (SELECT id, row_number() OVER () AS n FROM orders) o WHERE a.n = o.n AND o.n % 2 = 0 AND orders.id = o.id;
            INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload) SELECT gen_random_uuid(),
                'customer.registered', 1, 'customer', id, 1, '{"email":"ada@example.org"}' FROM account;
            UPDATE account SET event_sequence = 1;
            INSERT INTO delivery (target_id, position, aggregate_id, state, answer) SELECT '01890000-0000-7000-8000-000000000001', position,
                aggregate_id, 'delivered', 'ok' FROM outbox;
            INSERT INTO order_token (token_hash, order_id) SELECT sha256(uuid_send(id)), id FROM orders;
            INSERT INTO order_hold (order_id, client_hash, email_hash, units) SELECT id, '1', sha256(uuid_send(id)), 1 FROM orders;
            INSERT INTO cart_ticket (hash, cart_id, expires_at) SELECT sha256(uuid_send(id)), id, now() + interval '1 day' FROM cart;
            INSERT INTO idempotency (id, request_hash, status, location, body) SELECT sha256(uuid_send(id)), '', 201, '/v1/orders/' || id,
                '{}' FROM orders;
            """)
        try server.execute("VACUUM ANALYZE")
        try server.execute(
            """
            ALTER DATABASE postgres SET session_preload_libraries = 'auto_explain';
            ALTER DATABASE postgres SET auto_explain.log_min_duration = 0; ALTER DATABASE postgres SET auto_explain.log_format = 'json';
            ALTER DATABASE postgres SET auto_explain.log_nested_statements = on;
            """)
    }
}
