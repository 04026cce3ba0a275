import Foundation
import TestSupport
import Testing

/// `commerce worker`, as operators and container runtimes meet it.
@Suite("Worker processes")
struct WorkerProcessTests {
    /// Starts a worker without Redis.
    private static func start(
        _ shop: LifecycleShop, _ settings: [String: String] = [:], ready: Bool = true
    ) async throws -> ServiceProcess {
        let port = "\(try FreePort.find())"
        let common = ["DATABASE_URL": shop.database.url, "LOG_FORMAT": "json", "PORT": port, "WORKER_PORT": port]
        return try await onOwnThread {
            try ServiceProcess(["worker"], environment: common.merging(settings) { _, given in given }, ready: ready)
        }
    }

    /// Waits until a query gives `t`.
    private static func wait(_ shop: LifecycleShop, for condition: String, seconds: Double = 60) async throws {
        let database = shop.database
        try await onOwnThread {
            guard try Deadline(seconds: seconds).poll(every: 50, until: { try database.execute("SELECT (\(condition))") == "t" })
            else {
                throw TestFailure(
                    "not so after \(seconds) s: \(condition)\n"
                        + (try database.execute("SELECT * FROM job; SELECT * FROM worker")))
            }
        }
    }

    @Test("it runs the jobs, tells its health, and ends with 0 at a signal, when its row is gone", arguments: [SIGTERM, SIGINT])
    func runs(signal: Int32) async throws {
        let shop = try LifecycleShop()
        let metricsPort = try FreePort.find()
        let worker = try await Self.start(shop, ["METRICS_PORT": "\(metricsPort)"])
        try await worker.waitForHealth("ok")
        #expect(try await worker.client().request("GET", "/health/live").status == 200)
        #expect(try await worker.client().request("GET", "/v1/products").status == 404)
        try await Self.wait(
            shop, for: "SELECT count(*) > 5 AND bool_and(outcome = 'success') FROM job WHERE started_at IS NOT NULL")
        // All of them begin at the start, also those that change what only they write.
        try await Self.wait(shop, for: "SELECT bool_and(outcome IS NOT DISTINCT FROM 'success') FROM job")
        #expect(try await shop.database.execute("SELECT count(*) FROM worker") == "1")
        let scrape = try await MetricsScrape.read(port: metricsPort)
        #expect((scrape["commerce_job_runs_total{job=\"expired_orders\",outcome=\"success\"}"] ?? 0) >= 1)
        #expect((scrape["commerce_worker_last_pass_timestamp_seconds"] ?? 0) > 1_700_000_000)
        let healthy = try ServiceProcess.run(["healthcheck", "--worker"], environment: ["WORKER_PORT": "\(worker.port)"])
        #expect(healthy.status == .exited(0), "\(healthy.error)")
        worker.send(signal: signal)
        #expect(try await onOwnThread { try worker.waitForExit(seconds: 30) } == .exited(0))
        #expect(try await shop.database.execute("SELECT count(*) FROM worker") == "0")
        #expect(try await shop.database.execute("SELECT count(*) FROM job WHERE claimed_by IS NOT NULL") == "0")
        #expect(worker.standardError.isEmpty)
        #expect(worker.standardOutput.split(separator: "\n").last?.contains("stopped") == true)
        let warnings = worker.standardOutput.split(separator: "\n").filter {
            ($0.contains("\"warning\"") || $0.contains("\"error\"")) && !$0.contains("ENCRYPTION_KEY") && !$0.contains("SMTP_URL")
        }
        #expect(warnings.isEmpty, "\(warnings)")
    }

    @Test("a service has a worker of its own, or none with WORKER=off", arguments: ["embedded", "off"])
    func embedded(mode: String) async throws {
        let shop = try LifecycleShop()
        let service = try await shop.serve(["WORKER": mode, "DRAIN_DELAY": "0s"])
        try await service.waitForHealth("ok")
        let shown = try await service.client().request("GET", "/health").text.contains("\"worker\"")
        #expect(shown == (mode == "embedded"))
        if mode == "embedded" {
            try await Self.wait(shop, for: "SELECT count(*) > 5 FROM job WHERE outcome = 'success'")
        } else {
            // Another process does the jobs: when it has done some, this one would have too.
            let worker = try await Self.start(shop)
            try await Self.wait(shop, for: "SELECT count(*) > 5 FROM job WHERE outcome = 'success'")
            #expect(try await shop.database.execute("SELECT count(*) FROM worker") == "1")
            #expect(try await onOwnThread { try worker.terminate() } == .exited(0))
        }
        #expect(try await onOwnThread { try service.terminate() } == .exited(0))
        #expect(try await shop.database.execute("SELECT count(*) FROM worker") == "0")
        #expect(service.standardOutput.contains("worker registered") == (mode == "embedded"))
    }

    @Test("four workers share the jobs: each due time is claimed once, and every run that they count is written")
    func fleet() async throws {
        let shop = try LifecycleShop()
        // The database itself takes down what happens to the rows.
        try await shop.database.execute(
            """
            CREATE TABLE seen (what text NOT NULL, job text NOT NULL, due timestamptz NOT NULL);
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF OLD.claimed_by IS NULL AND NEW.claimed_by IS NOT NULL THEN
                    INSERT INTO seen VALUES ('claimed', NEW.name, OLD.due_at);
                END IF;
                IF OLD.claimed_by IS NOT NULL AND NEW.due_at <> OLD.due_at THEN
                    INSERT INTO seen VALUES (NEW.outcome, NEW.name, OLD.due_at);
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER note AFTER UPDATE ON job FOR EACH ROW EXECUTE FUNCTION note();
            """)
        let ports = try (0..<4).map { _ in try FreePort.find() }
        var workers: [ServiceProcess] = []
        for port in ports { workers.append(try await Self.start(shop, ["METRICS_PORT": "\(port)"])) }
        try await Self.wait(
            shop, for: "SELECT count(*) >= 6 FROM seen WHERE job = 'expired_orders' AND what = 'success'", seconds: 120)
        // All is put off, so that what was counted can be compared with what was written.
        try await onOwnThread { [database = shop.database] in
            let isQuiet = try Deadline(seconds: 60).poll(every: 20) {
                try database.execute(
                    """
                    UPDATE job SET due_at = due_at + interval '1 hour'
                    WHERE claimed_by IS NULL AND due_at < now() + interval '30 minutes'
                    """)
                return try database.execute(
                    "SELECT count(*) FROM job WHERE claimed_by IS NOT NULL OR due_at < now() + interval '30 minutes'") == "0"
            }
            guard isQuiet else { throw TestFailure("jobs go on") }
        }
        var counted = 0.0
        for port in ports {
            let scrape = try await MetricsScrape.read(port: port)
            counted += scrape.sum("commerce_job_runs_total")
        }
        let double = try await shop.database.execute(
            "SELECT what, job, due, count(*) FROM seen GROUP BY 1, 2, 3 HAVING count(*) > 1")
        #expect(double == "")
        #expect(try await shop.database.execute("SELECT count(*) FROM seen WHERE what = 'claimed'") == "\(Int(counted))")
        #expect(try await shop.database.execute("SELECT count(*) FROM seen WHERE what = 'success'") == "\(Int(counted))")
        for worker in workers { #expect(try await onOwnThread { try worker.terminate() } == .exited(0)) }
    }

    @Test("a worker that is killed in the middle of a job is replaced by another")
    func killed() async throws {
        let shop = try LifecycleShop()
        // The job that expires carts waits for the lock on their table.
        let holder = try await Self.hold(shop, "cart")
        let settings = ["DATABASE_LOCK_TIMEOUT": "300s", "DATABASE_STATEMENT_TIMEOUT": "300s"]
        let first = try await Self.start(shop, settings)
        try await Self.wait(shop, for: "SELECT claimed_by IS NOT NULL FROM job WHERE name = 'expired_carts'")
        let dead = try await shop.database.execute("SELECT id FROM worker")
        let others = try await [Self.start(shop, settings), Self.start(shop, settings), Self.start(shop, settings)]
        try await Self.wait(shop, for: "SELECT count(*) = 4 FROM worker")
        first.kill()
        try await Self.wait(shop, for: "SELECT count(*) = 0 FROM worker WHERE id = '\(dead)'")
        // The row and its claims go in one transaction.
        #expect(try await shop.database.execute("SELECT count(*) FROM job WHERE claimed_by = '\(dead)'") == "0")
        holder.cancel()
        try await shop.database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"
        )
        try await Self.wait(shop, for: "SELECT outcome = 'success' FROM job WHERE name = 'expired_carts'")
        for worker in others { #expect(try await onOwnThread { try worker.terminate() } == .exited(0)) }
        #expect(others.contains { $0.standardOutput.contains("a worker is silent") })
    }

    @Test("a drain waits for a job that is under way")
    func drains() async throws {
        let shop = try LifecycleShop()
        let holder = try await Self.hold(shop, "cart")
        let worker = try await Self.start(
            shop, ["DATABASE_LOCK_TIMEOUT": "300s", "DATABASE_STATEMENT_TIMEOUT": "300s", "DRAIN_TIMEOUT": "300s"])
        try await Self.wait(shop, for: "SELECT claimed_by IS NOT NULL FROM job WHERE name = 'expired_carts'")
        worker.send(signal: SIGTERM)
        try await worker.waitForHealth("draining")
        // Its lease goes on while it drains.
        let seen = try await shop.database.execute("SELECT seen_at FROM worker")
        try await Self.wait(shop, for: "SELECT seen_at > '\(seen)' FROM worker")
        #expect(worker.exitStatus == nil)
        holder.cancel()
        try await shop.database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"
        )
        #expect(try await onOwnThread { try worker.waitForExit(seconds: 60) } == .exited(0))
        #expect(try await shop.database.execute("SELECT outcome FROM job WHERE name = 'expired_carts'") == "success")
        #expect(try await shop.database.execute("SELECT count(*) FROM worker") == "0")
    }

    @Test("a job that outlasts the drain is given back")
    func givesBack() async throws {
        let shop = try LifecycleShop()
        let holder = try await Self.hold(shop, "cart")
        let worker = try await Self.start(
            shop,
            ["DATABASE_LOCK_TIMEOUT": "300s", "DATABASE_STATEMENT_TIMEOUT": "300s", "DRAIN_TIMEOUT": "2s", "DRAIN_DELAY": "0s"])
        try await Self.wait(shop, for: "SELECT claimed_by IS NOT NULL FROM job WHERE name = 'expired_carts'")
        #expect(try await onOwnThread { try worker.terminate() } == .exited(0))
        let row = try await shop.database.execute(
            "SELECT claimed_by IS NULL, due_at <= now(), outcome IS NULL FROM job WHERE name = 'expired_carts'")
        #expect(row == "t|t|t")
        #expect(try await shop.database.execute("SELECT count(*) FROM worker") == "0")
        holder.cancel()
        try shop.database.drop()
    }

    @Test("a worker whose passes fail although the database answers is not alive, and is again once they succeed")
    func stuck() async throws {
        let shop = try LifecycleShop()
        let worker = try await Self.start(shop, ["WORKER_STALL_TIMEOUT": "15s", "DATABASE_LOCK_TIMEOUT": "300s"])
        try await worker.waitForHealth("ok")
        let service = try await shop.serve(["WORKER_STALL_TIMEOUT": "15s", "DATABASE_LOCK_TIMEOUT": "300s", "DRAIN_DELAY": "0s"])
        try await service.waitForHealth("ok")
        let holder = try await Self.hold(shop, "worker")
        try await onOwnThread {
            guard Deadline(seconds: 60).poll(every: 50, until: { Self.liveness(worker) == 503 }) else {
                throw TestFailure("it is alive: \(worker.standardOutput)")
            }
        }
        try await worker.waitForHealth("degraded")
        let probe = try ServiceProcess.run(["healthcheck", "--worker"], environment: ["WORKER_PORT": "\(worker.port)"])
        #expect(probe.status == .exited(1) && probe.error.contains("503"), "\(probe.error)")
        // A service whose worker is stuck says so, and goes on serving.
        try await service.waitForHealth("degraded")
        #expect(try await service.client().request("GET", "/health").text.contains("\"worker\":{\"status\":\"stuck\"}"))
        #expect(try await service.client().request("GET", "/health/live").status == 200)
        holder.cancel()
        try await shop.database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"
        )
        try await worker.waitForHealth("ok")
        #expect(try await worker.client().request("GET", "/health/live").status == 200)
        try await service.waitForHealth("ok")
        #expect(try await onOwnThread { try service.terminate() } == .exited(0))
        #expect(try await onOwnThread { try worker.terminate() } == .exited(0))
    }

    @Test("a worker without its database is alive, waits for it, and stops at once")
    func withoutDatabase() async throws {
        let postgres = try PostgresServer()
        let port = "\(try FreePort.find())"
        let worker = try await onOwnThread {
            try ServiceProcess(
                ["worker"],
                environment: ["DATABASE_URL": postgres.url, "PORT": port, "WORKER_PORT": port, "WORKER_STALL_TIMEOUT": "15s"])
        }
        try await worker.waitForHealth("schema_behind")
        try await onOwnThread { try postgres.stop() }
        try worker.waitForLog("the worker waits for the database")
        // Longer than the limit.
        try await Task.sleep(for: .seconds(17))
        #expect(try await worker.client().request("GET", "/health/live").status == 200)
        #expect(try await onOwnThread { try worker.terminate(seconds: 20) } == .exited(0))
    }

    @Test("whatever keeps it from starting gets a line, and the exit code for it")
    func faults() throws {
        let done = try ServiceProcess.run(
            ["worker"],
            environment: [
                "WORKER": "maybe", "WORKER_PORT": "0", "WORKER_DATABASE_POOL_MAX": "2", "WORKER_STALL_TIMEOUT": "1s",
                "LOG_LEVEL": "loud",
            ])
        #expect(done.status == .exited(78))
        let lines = done.error.split(separator: "\n")
        #expect(
            lines.count == 6 && lines.allSatisfy { $0.hasPrefix("commerce: ") && $0.contains("; expected ") }, "\(done.error)")
        for name in ["WORKER", "WORKER_PORT", "WORKER_DATABASE_POOL_MAX", "WORKER_STALL_TIMEOUT", "LOG_LEVEL", "DATABASE_URL"] {
            #expect(lines.contains { $0.hasPrefix("commerce: \(name) ") }, "\(name)")
        }
        let meeting = ["DATABASE_URL": "postgresql://shop@127.0.0.1:1/shop", "METRICS_PORT": "9999", "WORKER_PORT": "9999"]
        let ports = try ServiceProcess.run(["worker"], environment: meeting)
        #expect(ports.status == .exited(78))
        #expect(ports.error == "commerce: METRICS_PORT is the worker's own WORKER_PORT, 9999; expected another port\n")
        // The same environment is right for a service, which does not listen there.
        #expect(try ServiceProcess.run(["serve", "--print-config"], environment: meeting).status == .exited(0))
    }

    @Test("a port that is taken is one line, and exit code 69")
    func portTaken() async throws {
        let shop = try LifecycleShop()
        let first = try await Self.start(shop)
        let second = try ServiceProcess.run(
            ["worker"], environment: ["DATABASE_URL": shop.database.url, "HOST": "127.0.0.1", "WORKER_PORT": "\(first.port)"])
        #expect(second.status == .exited(69))
        #expect(second.error.contains("cannot listen on 127.0.0.1:\(first.port)"), "\(second.error)")
        #expect(second.error.split(separator: "\n").count == 1)
        #expect(try await onOwnThread { try first.terminate() } == .exited(0))
    }

    private static func liveness(_ process: ServiceProcess) -> Int? {
        try? process.client(seconds: 5).request("GET", "/health/live").status
    }

    /// Holds a lock on a table until the task is cancelled and its session ended. Returns once it does.
    private static func hold(_ shop: LifecycleShop, _ table: String) async throws -> Task<Void, any Error> {
        let holder = Task { [database = shop.database] in
            _ = try await database.execute("BEGIN; LOCK TABLE \(table); SELECT pg_sleep(600); COMMIT;")
        }
        try await wait(
            shop,
            for:
                "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(600)%' AND wait_event = 'PgSleep'"
        )
        return holder
    }
}
