import CoreMetrics
import EventLoop
import Formats
import Foundation
import Logging
import PostgresClient
import Prometheus
import ShopTestSupport
import Synchronization
import TestSupport

@testable import Service

/// A worker with jobs of a test, on a loop and with connections of its own, on a real database. It is faster than one in production.
// Unchecked: the parts are used on the loop only.
final class TestWorker: @unchecked Sendable {
    static let interval = Duration.milliseconds(50)

    let loop: EventLoop
    let metrics = PrometheusRegistry(descriptions: [])
    let log = LogRecorder()
    private var pool: PostgresPool?
    private var registration: WorkerRegistration?
    private var jobs: JobScheduler?
    private let reports = Mutex<[WorkerReport]>([])

    /// - Parameters:
    ///   - lease: long enough that a slow machine does not lose it
    ///   - make: the jobs, for a pool
    init(
        _ url: String, lease: Duration = .seconds(8), concurrency: Int = 2,
        jobs make: @escaping @Sendable (PostgresPool) -> [any BackgroundJob]
    ) async throws {
        loop = try EventLoop(label: "worker")
        var configuration = try PostgresConfiguration(connectionString: url)
        (configuration.maximum, configuration.minimum, configuration.sharedConnections) = (5, 2, 1)
        // On the loop: everything is confined to it.
        await onLoop { [self, configuration] in
            let logger = Logger(label: "test") { [log] _ in RecordingHandler(log) }
            let pool = PostgresPool(loop: loop, configuration: configuration, logger: logger)
            let jobs = JobScheduler(loop: loop, jobs: make(pool), concurrency: concurrency, logger: logger, factory: metrics)
            var timing = WorkerRegistration.Timing()
            timing.interval = Self.interval
            timing.calm = .milliseconds(500)
            let registration = WorkerRegistration(
                loop: loop, store: WorkerStore(pool: pool, lease: lease), jobs: jobs, timing: timing, logger: logger,
                factory: metrics)
            registration.claimsLost = { jobs.claimsLost() }
            registration.report = { [self] report in reports.withLock { $0.append(report) } }
            (self.pool, self.jobs, self.registration) = (pool, jobs, registration)
            pool.start()
            registration.start()
        }
    }

    /// Runs `body` on the loop.
    private func onLoop(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { done in
            loop.execute {
                body()
                done.resume()
            }
        }
    }

    var id: String? {
        get async {
            await withCheckedContinuation { done in
                loop.execute { [self] in done.resume(returning: registration?.id?.text) }
            }
        }
    }

    var lastReport: WorkerReport? { reports.withLock { $0.last } }

    /// Blocks the whole loop for a while, as a process does that is stopped or starved.
    func stall(seconds: Double) { loop.execute { usleep(UInt32(seconds * 1_000_000)) } }

    /// Begins to stop, and then hears of a claim, as from a pass that was under way. Returns after what it runs has ended.
    func passAfterStop(claiming claim: JobClaim) async {
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            loop.execute { [self] in
                loop.run { [self] in
                    jobs?.stop()
                    jobs?.passed(JobDemand(), written: [], claims: [claim], databaseTime: .now)
                    await jobs?.drain()
                    done.resume()
                }
            }
        }
        await stop()
    }

    /// Ends in order.
    /// - Parameter cancelling: whether runs that are under way are not waited for
    func stop(cancelling: Bool = false) async {
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            loop.execute { [self] in
                loop.run { [self] in
                    if !cancelling { await jobs?.drain() }
                    jobs?.stop()
                    await registration?.close()
                    await pool?.close()
                    done.resume()
                }
            }
        }
        loop.stop()
    }
}

/// The lines that a worker has logged.
final class LogRecorder: Sendable {
    private let recorded = Mutex<[String]>([])

    var lines: [String] { recorded.withLock { $0 } }

    func add(_ line: String) { recorded.withLock { $0.append(line) } }
}

private struct RecordingHandler: LogHandler {
    private let log: LogRecorder
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(_ log: LogRecorder) { self.log = log }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
        log.add("\(event.level) \(event.message) \(values)")
    }
}

/// A job of a test. Each run is a row in the table `run`, with the due time that the job's row shows at that moment.
struct RecordingJob: BackgroundJob {
    static let table =
        "CREATE TABLE run (job text NOT NULL, due timestamptz NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp())"

    let pool: PostgresPool
    let name: String
    var schedule = JobSchedule.every(.milliseconds(100))
    var deadline = Duration.seconds(60)
    /// What it does after its row is written.
    var then: @Sendable (EventLoop) async throws -> Int = { _ in 1 }

    func run() async throws -> Int {
        try await pool.execute("INSERT INTO run (job, due) SELECT name, due_at FROM job WHERE name = \(name)")
        return try await then(pool.loop)
    }
}

/// A shop's database with the table of runs.
struct WorkerDatabase {
    let shop: ShopDatabase

    init() throws {
        shop = try ShopDatabase()
        _ = try shop.query(RecordingJob.table)
    }

    var url: String { shop.database.url }

    func query(_ sql: String) async throws -> String { try await shop.database.execute(sql) }

    /// Waits until a query gives `t`.
    func wait(for condition: String, seconds: Double = 60) async throws {
        let sql = "SELECT (\(condition))"
        let database = shop.database
        try await onOwnThread {
            guard try Deadline(seconds: seconds).poll(every: 20, until: { try database.execute(sql) == "t" }) else {
                let state =
                    (try? database.execute("SELECT * FROM job; SELECT * FROM worker; SELECT job, count(*) FROM run GROUP BY 1"))
                    ?? ""
                throw TestFailure("not so after \(seconds) s: \(condition)\n\(state)")
            }
        }
    }

    /// Due times for which a job ran more than once.
    func doubles() async throws -> String {
        try await query("SELECT job, due, count(*) FROM run GROUP BY 1, 2 HAVING count(*) > 1")
    }
}
