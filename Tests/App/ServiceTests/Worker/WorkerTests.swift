import Formats
import Foundation
import PostgresClient
import ShopTestSupport
import TestSupport
import Testing

@testable import Service

/// Workers that share the jobs of one database.
@Suite("Workers")
struct WorkerTests {
    private struct SomeError: Error {}

    @Test("One worker or four run each job once for each due time", arguments: [1, 4])
    func once(count: Int) async throws {
        let database = try WorkerDatabase()
        let names = ["first", "second", "third"]
        var workers: [TestWorker] = []
        for _ in 0..<count {
            workers.append(try await TestWorker(database.url) { pool in names.map { RecordingJob(pool: pool, name: $0) } })
        }
        try await database.wait(for: "SELECT count(*) = 3 FROM (SELECT job FROM run GROUP BY 1 HAVING count(*) >= 60) r")
        for worker in workers { await worker.stop() }
        #expect(try await database.doubles() == "")
        // Times lie on the grid of the schedule.
        let crooked = try await database.query(
            """
            SELECT count(*) FROM (SELECT due - lag(due) OVER (PARTITION BY job ORDER BY due) AS gap FROM run) g
            WHERE extract(epoch FROM gap) * 1000000 % 100000 <> 0
            """)
        #expect(crooked == "0")
        // All claims and rows are gone, and the outcome of the last run is there.
        #expect(try await database.query("SELECT count(*) FROM worker") == "0")
        #expect(
            try await database.query("SELECT count(*) FROM job WHERE claimed_by IS NOT NULL OR deadline_at IS NOT NULL") == "0")
        #expect(
            try await database.query(
                "SELECT count(*) FROM job WHERE outcome = 'success' AND rows = 1 AND succeeded_at = ended_at") == "3")
        #expect(
            try await database.query("SELECT count(*) FROM job j WHERE due_at <= (SELECT max(due) FROM run WHERE job = j.name)")
                == "0")
        for worker in workers {
            let failures = worker.log.lines.filter { $0.hasPrefix("warning") || $0.hasPrefix("error") }
            #expect(failures.isEmpty, "\(failures)")
        }
    }

    @Test("A job that was claimed as its worker began to stop does not run: its claim is given back")
    func claimedLate() async throws {
        let database = try WorkerDatabase()
        let worker = try await TestWorker(database.url) {
            [RecordingJob(pool: $0, name: "late", schedule: .every(.seconds(3_600)))]
        }
        await worker.passAfterStop(claiming: JobClaim(name: "late", due: .now))
        #expect(try await database.query("SELECT count(*) FROM run") == "0")
        #expect(try await database.query("SELECT count(*) FROM job WHERE claimed_by IS NOT NULL") == "0")
    }

    @Test("A worker that registers late sets no job back that has gone on meanwhile")
    func registeredLate() async throws {
        let database = try WorkerDatabase()
        _ = try await database.query(
            "INSERT INTO job (name, due_at) VALUES ('going', now() + interval '5 s'), ('yearly', now() + interval '300 days')")
        try await StoreLoop.run(database.url) { pool, _ in
            let read = Timestamp.now + .seconds(-60)
            let jobs = ["going", "yearly"].map { ($0, read + .seconds(5), read + .seconds(10)) }
            try await WorkerStore(pool: pool).register(.v7(), now: read, jobs: jobs)
        }
        #expect(
            try await database.query("SELECT string_agg(name, ' ') FROM job WHERE due_at <= now()") == "yearly")
    }

    @Test("Times that were missed while no worker lived are made up for by one run")
    func missed() async throws {
        let database = try WorkerDatabase()
        _ = try await database.query("INSERT INTO job (name, due_at) VALUES ('late', now() - interval '1 hour')")
        let worker = try await TestWorker(database.url) { [RecordingJob(pool: $0, name: "late", schedule: .every(.seconds(60)))] }
        try await database.wait(for: "SELECT ended_at IS NOT NULL FROM job WHERE name = 'late'")
        await worker.stop()
        #expect(try await database.query("SELECT count(*) FROM run") == "1")
        #expect(try await database.query("SELECT due_at > now() AND due_at <= now() + interval '1 minute' FROM job") == "t")
    }

    @Test("A row that was written for a schedule with longer intervals does not hold the job up")
    func shorter() async throws {
        let database = try WorkerDatabase()
        _ = try await database.query("INSERT INTO job (name, due_at) VALUES ('yearly', now() + interval '300 days')")
        let worker = try await TestWorker(database.url) { [RecordingJob(pool: $0, name: "yearly")] }
        try await database.wait(for: "SELECT count(*) > 3 FROM run")
        await worker.stop()
    }

    @Test("Each failure of a job warns and is counted and recorded, and the next run happens all the same")
    func failures() async throws {
        let database = try WorkerDatabase()
        let worker = try await TestWorker(database.url) { pool in
            [
                RecordingJob(pool: pool, name: "throws") { _ in throw SomeError() },
                RecordingJob(pool: pool, name: "asks") { [pool] _ in
                    try await pool.execute("SELECT 'ada@example.com'::uuid")
                    return 0
                },
                RecordingJob(pool: pool, name: "works"),
            ]
        }
        try await database.wait(for: "SELECT count(*) = 3 FROM (SELECT job FROM run GROUP BY 1 HAVING count(*) >= 5) r")
        await worker.stop()
        let runs = try await database.query("SELECT count(*) FROM run WHERE job = 'throws'")
        #expect(worker.log.lines.count { $0.hasPrefix("warning job failed") && $0.contains("job=throws") } == Int(runs))
        let text = worker.metrics.text()
        #expect(text.contains("commerce_job_runs_total{job=\"throws\",outcome=\"failure\"} \(runs)\n"), "\(text)")
        #expect(text.contains("commerce_job_runs_total{job=\"throws\",outcome=\"success\"} 0\n"))
        #expect(text.contains("commerce_job_duration_seconds_count{job=\"throws\"} \(runs)\n"))
        #expect(text.contains("commerce_job_last_success_timestamp_seconds{job=\"works\"}"))
        #expect(!text.contains("commerce_job_last_success_timestamp_seconds{job=\"throws\"} 1"))
        #expect(try await database.query("SELECT outcome, error FROM job WHERE name = 'throws'") == "failure|SomeError")
        // The text of the server's error quotes the value, so it is left out.
        #expect(try await database.query("SELECT error LIKE 'postgres: server 22P02%' FROM job WHERE name = 'asks'") == "t")
        #expect(!worker.log.lines.contains { $0.contains("ada@example.com") })
        #expect(try await database.query("SELECT count(*) FROM job WHERE error LIKE '%ada%'") == "0")
    }

    @Test("A job that hangs is cancelled at its deadline, and does not hold up the others")
    func hangs() async throws {
        let database = try WorkerDatabase()
        let worker = try await TestWorker(database.url) { pool in
            [
                RecordingJob(pool: pool, name: "sleeps", deadline: .milliseconds(300)) { loop in
                    try await loop.sleep(for: .seconds(3_600))
                    return 0
                },
                RecordingJob(pool: pool, name: "waits", deadline: .milliseconds(300)) { [pool] _ in
                    try await pool.execute("SELECT pg_sleep(3600)")
                    return 0
                },
                RecordingJob(pool: pool, name: "works"),
            ]
        }
        try await database.wait(for: "SELECT count(*) = 3 FROM (SELECT job FROM run GROUP BY 1 HAVING count(*) >= 3) r")
        await worker.stop()
        #expect(
            try await database.query("SELECT count(*) FROM job WHERE outcome = 'timeout' AND name IN ('sleeps', 'waits')") == "2")
        #expect(try await database.query("SELECT bool_and(duration_ms >= 300) FROM job WHERE outcome = 'timeout'") == "t")
        #expect(try await database.query("SELECT outcome FROM job WHERE name = 'works'") == "success")
        #expect(worker.log.lines.contains { $0.contains("job failed") && $0.contains("outcome=timeout") })
        #expect(try await database.doubles() == "")
    }

    @Test("A job that ignores its cancellation is given up, and not run again beside itself")
    func ignores() async throws {
        let database = try WorkerDatabase()
        let worker = try await TestWorker(database.url, concurrency: 1) { pool in
            [
                RecordingJob(pool: pool, name: "deaf", deadline: .milliseconds(100)) { loop in
                    // A task that its caller's cancellation does not reach.
                    await withUnsafeContinuation { done in
                        _ = loop.schedule(after: .seconds(3_600)) { done.resume() }
                    }
                    return 0
                },
                RecordingJob(pool: pool, name: "works"),
            ]
        }
        try await database.wait(for: "SELECT outcome = 'timeout' FROM job WHERE name = 'deaf'")
        try await database.wait(
            for:
                "SELECT count(*) > (SELECT 5 + count(*) FROM run WHERE job = 'works' AND at < (SELECT ended_at FROM job WHERE name = 'deaf')) FROM run WHERE job = 'works'"
        )
        #expect(try await database.query("SELECT count(*) FROM run WHERE job = 'deaf'") == "1")
        await worker.stop()
    }

    @Test("A worker that stops lets its jobs end, and gives back those that do not")
    func stops() async throws {
        let database = try WorkerDatabase()
        let worker = try await TestWorker(database.url) { pool in
            [
                RecordingJob(pool: pool, name: "ends", schedule: .every(.seconds(60))) { loop in
                    try await loop.sleep(for: .milliseconds(700))
                    return 5
                }
            ]
        }
        try await database.wait(for: "SELECT count(*) > 0 FROM run")
        await worker.stop()
        #expect(try await database.query("SELECT outcome, rows FROM job") == "success|5")

        let hanging = try await TestWorker(database.url) { pool in
            [
                RecordingJob(pool: pool, name: "hangs", schedule: .every(.seconds(3_600))) { loop in
                    try await loop.sleep(for: .seconds(3_600))
                    return 0
                }
            ]
        }
        try await database.wait(for: "SELECT count(*) > 0 FROM run WHERE job = 'hangs'")
        await hanging.stop(cancelling: true)
        // Free, and due at once: nothing was recorded.
        #expect(
            try await database.query("SELECT claimed_by IS NULL, due_at <= now(), outcome IS NULL FROM job WHERE name = 'hangs'")
                == "t|t|t")
        #expect(try await database.query("SELECT count(*) FROM worker") == "0")
        #expect(!hanging.log.lines.contains { $0.contains("job failed") })
    }

    @Test("A worker that stalls loses its claims, others take its work over, and it comes back under another id")
    func stalls() async throws {
        let database = try WorkerDatabase()
        let lease = Duration.seconds(2)
        let stalled = try await TestWorker(database.url, lease: lease) { pool in
            [
                RecordingJob(pool: pool, name: "held", schedule: .every(.seconds(3_600))) { loop in
                    try await loop.sleep(for: .seconds(3_600))
                    return 0
                }
            ]
        }
        try await database.wait(for: "SELECT count(*) = 1 FROM run")
        let first = try #require(await stalled.id)
        let other = try await TestWorker(database.url, lease: lease) { pool in
            [RecordingJob(pool: pool, name: "held", schedule: .every(.seconds(3_600))) { _ in 7 }]
        }
        stalled.stall(seconds: 6)
        try await database.wait(for: "SELECT outcome = 'success' AND rows = 7 FROM job WHERE name = 'held'")
        #expect(try await database.query("SELECT count(*) FROM worker WHERE id = '\(first)'") == "0")
        // It comes back, and what it began for the lost claim is neither written nor counted.
        try await database.wait(for: "SELECT count(*) = 2 FROM worker")
        let second = try #require(await stalled.id)
        #expect(second != first)
        #expect(stalled.log.lines.contains { $0.contains("was silent for too long") && $0.contains(first) })
        await stalled.stop()
        await other.stop()
        #expect(try await database.query("SELECT outcome, rows FROM job WHERE name = 'held'") == "success|7")
        #expect(!stalled.metrics.text().contains("commerce_job_runs_total{job=\"held\",outcome=\"failure\"} 1"))
        #expect(other.metrics.text().contains("commerce_worker_reaped_total 1"))
    }

    @Test("Workers of two releases with different lists run what they know, and leave other rows alone")
    func releases() async throws {
        let database = try WorkerDatabase()
        _ = try await database.query("INSERT INTO job (name, due_at) VALUES ('gone', now() - interval '1 day')")
        let old = try await TestWorker(database.url) { pool in
            ["common", "old"].map { RecordingJob(pool: pool, name: $0) }
        }
        let new = try await TestWorker(database.url) { pool in
            ["common", "new"].map { RecordingJob(pool: pool, name: $0) }
        }
        try await database.wait(for: "SELECT count(*) = 3 FROM (SELECT job FROM run GROUP BY 1 HAVING count(*) >= 20) r")
        await old.stop()
        // The rest goes on.
        try await database.wait(for: "SELECT count(*) >= 40 FROM run WHERE job = 'common'")
        await new.stop()
        #expect(try await database.doubles() == "")
        #expect(try await database.query("SELECT count(*) FROM run WHERE job = 'gone'") == "0")
        #expect(
            try await database.query("SELECT count(*) FROM job WHERE name = 'gone' AND claimed_by IS NULL AND outcome IS NULL")
                == "1")
    }

    @Test("A database without the tables, or behind, is waited for")
    func behind() async throws {
        let database = try TestDatabase()
        let worker = try await TestWorker(database.url) { [RecordingJob(pool: $0, name: "first")] }
        try await onOwnThread {
            guard Deadline(seconds: 30).poll(every: 20, until: { worker.lastReport == .schemaBehind }) else {
                throw TestFailure("it does not say that the schema is behind: \(String(describing: worker.lastReport))")
            }
        }
        #expect(await worker.id == nil)
        try await onOwnThread {
            let done = try ServiceProcess.run(["migrate", "up"], environment: ["DATABASE_URL": database.url])
            guard done.status == .exited(0) else { throw TestFailure("migrate up: \(done.error)") }
            try database.execute(RecordingJob.table)
            guard Deadline(seconds: 30).poll(every: 20, until: { (try? database.execute("SELECT count(*) > 2 FROM run")) == "t" })
            else {
                throw TestFailure("it does not begin after the migration: \(worker.log.lines)")
            }
        }
        await worker.stop()
    }

    @Test("The database restarts and is killed in between: each job still runs once for each due time that was recorded")
    func restarts() async throws {
        let server = try PostgresServer()
        try await onOwnThread {
            let done = try ServiceProcess.run(["migrate", "up"], environment: ["DATABASE_URL": server.url])
            guard done.status == .exited(0) else { throw TestFailure("migrate up: \(done.error)") }
            try server.execute(RecordingJob.table)
        }
        var workers: [TestWorker] = []
        for _ in 0..<2 { workers.append(try await TestWorker(server.url) { [RecordingJob(pool: $0, name: "first")] }) }
        @Sendable func waitForMore() throws {
            let before = Int(try server.execute("SELECT count(*) FROM run")) ?? 0
            guard
                Deadline(seconds: 60).poll(
                    every: 20,
                    until: {
                        (try? server.execute("SELECT count(*) >= \(before + 15) FROM run")) == "t"
                    })
            else { throw TestFailure("no more runs after \(before)") }
        }
        try await onOwnThread {
            try waitForMore()
            try server.restart(.immediate)
            try waitForMore()
            server.kill()
            try server.start()
            try waitForMore()
        }
        for worker in workers { await worker.stop() }
        // A run whose outcome was lost with the connection is repeated: once for each of the two faults and each worker at most.
        let doubles = try await onOwnThread {
            try server.execute("SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM run GROUP BY job, due) d")
        }
        #expect((Int(doubles) ?? .max) <= 4)
        #expect(try await onOwnThread { try server.execute("SELECT count(*) FROM job WHERE claimed_by IS NOT NULL") } == "0")
    }
}
