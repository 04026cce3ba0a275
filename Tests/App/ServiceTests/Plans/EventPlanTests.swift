import Foundation
import TestSupport
import Testing

/// How PostgreSQL runs the statements of the commands on events and webhooks, beside a million deliveries: the built program runs
/// them, and PostgreSQL's log shows the plans.
@Suite("Plans of event commands") struct EventPlanTests {
    private static let large: Set<String> = ["outbox", "delivery"]
    /// Endpoints: one with deliveries that all but a few succeeded, one that is down, and one to be removed.
    private static let (busy, down, small) = (id(1), id(2), id(3))
    private static let order = "01890000-0000-7000-8000-00000000000a"

    private static func id(_ number: Int) -> String { "01890000-0000-7000-8000-00000000000\(number)" }

    @Test("no command reads the deliveries or the events from end to end, and each goes by the index made for it")
    func plans() async throws {
        let server = try PostgresServer(settings: ["shared_buffers": "'256MB'", "fsync": "off", "max_wal_size": "'4GB'"])
        try await onOwnThread {
            try Self.fill(server)
            let event = try server.execute("SELECT id FROM outbox WHERE position = 200000").trimmingCharacters(
                in: .whitespacesAndNewlines)
            var seen = QueryPlan.all(in: server.log).count
            func run(_ arguments: String..., by indexes: [String]) throws {
                let done = try ServiceProcess.run(
                    arguments, environment: ["DATABASE_URL": server.url, "ENCRYPTION_KEY": String(repeating: "k", count: 32)])
                #expect(done.status == .exited(0) && !done.output.isEmpty, "\(arguments): \(done.error)")
                let plans = QueryPlan.all(in: server.log)
                let own = plans.dropFirst(seen)
                seen = plans.count
                let used = own.reduce(into: Set<String>()) { $0.formUnion($1.indexes) }
                #expect(used.isSuperset(of: indexes), "\(arguments) went by \(used.sorted())")
                for plan in own where !plan.scanned.isDisjoint(with: Self.large) {
                    Issue.record("\(arguments) reads \(plan.scanned.sorted()) from end to end: \(plan.text)")
                }
            }
            try run("webhook", "list", by: ["delivery_dead"])
            for limit in ["1", "20", "1000"] {
                try run("webhook", "deliveries", "--limit", limit, by: ["delivery_pkey", "outbox_pkey"])
                try run("webhook", "deliveries", Self.busy, "--limit", limit, by: ["delivery_pkey", "outbox_pkey"])
                try run(
                    "webhook", "deliveries", Self.busy, "--state", "dead", "--limit", limit, by: ["delivery_dead", "outbox_pkey"])
                try run("webhook", "deliveries", "--state", "dead", "--limit", limit, by: ["delivery_dead", "outbox_pkey"])
                try run("webhook", "deliveries", Self.down, "--state", "pending", "--limit", limit, by: ["outbox_pkey"])
                try run("events", "list", "--limit", limit, by: ["outbox_pkey"])
                try run("events", "list", "--type", "order.*", "--limit", limit, by: ["outbox_pkey"])
                try run("events", "list", "--aggregate", Self.order, "--limit", limit, by: ["outbox_aggregate"])
            }
            try run("events", "deliveries", event, by: ["outbox_id", "delivery_pkey"])
            try run("webhook", "ping", Self.down, by: ["delivery_aggregate"])
            try run("webhook", "replay", "\(Self.busy):100", by: ["delivery_pkey"])
            try run("webhook", "replay", "--endpoint", Self.busy, by: ["delivery_dead"])
            try run("webhook", "replay", "--endpoint", Self.busy, "--since", "3m", by: ["outbox_age", "outbox_pkey"])
            try run("events", "replay", event, by: ["outbox_id"])
            try run("events", "replay", "--type", "order.*", "--since", "3m", by: ["outbox_age", "outbox_pkey"])
            try run("webhook", "enable", Self.small, by: ["delivery_due"])
            try run("webhook", "remove", Self.small, by: ["delivery_pkey"])
        }
    }

    @Test("a worker claims the few deliveries of one webhook without reading the hundreds of thousands that wait for another")
    func worker() async throws {
        let server = try PostgresServer(settings: ["shared_buffers": "'256MB'", "fsync": "off", "max_wal_size": "'4GB'"])
        try await onOwnThread {
            try Self.fill(server)
            // The webhook with the smaller id has the backlog, which a join in the order of the key would read first.
            try server.execute(
                """
                DELETE FROM delivery WHERE target_id = '\(Self.busy)';
                UPDATE delivery SET target_id = '\(Self.busy)', due_at = now() - interval '1 hour' WHERE target_id = '\(Self.down)';
                UPDATE event_target SET address = 'http://127.0.0.1:9/' || id;
                UPDATE event_target SET state = 'disabled' WHERE id = '\(Self.busy)';
                INSERT INTO delivery (target_id, position, aggregate_id) SELECT '\(Self.down)', position, aggregate_id FROM outbox
                    WHERE position > 399950;
                """)
            try server.execute("VACUUM ANALYZE")
            let seen = QueryPlan.all(in: server.log).count
            let worker = try ServiceProcess(
                ["worker"],
                environment: [
                    "DATABASE_URL": server.url, "WORKER_PORT": "\(try FreePort.find())", "WEBHOOK_ALLOW_PRIVATE": "on",
                    "ENCRYPTION_KEY": String(repeating: "k", count: 32),
                ], ready: false)
            defer { worker.kill() }
            let attempted = Deadline(seconds: 60).poll(every: 100) {
                (try? server.execute("SELECT count(*) FROM delivery WHERE target_id = '\(Self.down)' AND attempts > 0"))?
                    .trimmingCharacters(in: .whitespacesAndNewlines) != "0"
            }
            #expect(attempted, "\(worker.standardError)\(worker.standardOutput)")
            let plans = QueryPlan.all(in: server.log).dropFirst(seen)
            #expect(plans.contains { $0.text.contains("SKIP LOCKED") && $0.text.contains("outbox") })
            for plan in plans where !plan.scanned.isDisjoint(with: Self.large) || plan.rows > 5_000 {
                Issue.record("\(plan.rows) rows, \(plan.scanned.sorted()): \(plan.text)")
            }
        }
    }

    private static func fill(_ server: PostgresServer) throws {
        let migrated = try ServiceProcess.run(["migrate", "up"], environment: ["DATABASE_URL": server.url])
        guard migrated.status == .exited(0) else { throw TestFailure("migrate up: \(migrated.error)\(migrated.output)") }
        // An event a second. Ids grow with the time, as a UUIDv7 does.
        try server.execute(
            """
            INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload, occurred_at)
                SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - (400000 - n) * 1000), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
                'order.placed', 1, 'order', CASE n % 100000 WHEN 0 THEN '\(order)'::uuid ELSE gen_random_uuid() END, n / 100000 + 1,
                '{"total":{"amount":1299,"currency":"USD"}}', now() - interval '1 second' * (400000 - n) FROM generate_series(1, 400000) n;
            UPDATE relay SET position = 400000;
            INSERT INTO event_target (id, kind, address, events) VALUES ('\(busy)', 'webhook', 'https://example.com/', '{*}'),
                ('\(down)', 'webhook', 'https://example.com/', '{*}'), ('\(small)', 'webhook', 'https://example.com/', '{*}');
            INSERT INTO delivery (target_id, position, aggregate_id, state, attempts, ended_at)
                SELECT '\(busy)', position, aggregate_id, CASE position % 10000 WHEN 0 THEN 'dead' ELSE 'delivered' END, 1, now() FROM outbox;
            INSERT INTO delivery (target_id, position, aggregate_id, due_at) SELECT '\(down)', position, aggregate_id, now() + interval '1 hour' FROM outbox;
            INSERT INTO delivery (target_id, position, aggregate_id, state, attempts, ended_at)
                SELECT '\(small)', position, aggregate_id, 'delivered', 1, now() FROM outbox WHERE position <= 200000;
            """)
        try server.execute("VACUUM ANALYZE")
        try server.execute(
            """
            ALTER DATABASE postgres SET session_preload_libraries = 'auto_explain';
            ALTER DATABASE postgres SET auto_explain.log_min_duration = 0; ALTER DATABASE postgres SET auto_explain.log_format = 'json';
            ALTER DATABASE postgres SET auto_explain.log_analyze = on; ALTER DATABASE postgres SET auto_explain.log_timing = off;
            """)
    }
}
