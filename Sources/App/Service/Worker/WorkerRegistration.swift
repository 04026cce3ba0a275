import CSystem
import CoreMetrics
import EventLoop
import Formats
import FoundationEssentials
import Logging
import PostgresClient

/// How a pass of the worker over its work has gone.
enum WorkerReport: Sendable, Equatable {
    /// It was done, after so many nanoseconds.
    case done(latency: UInt64)
    /// The database did not answer: nothing that a new process could do better.
    case databaseDown
    /// The database lacks migrations of this release.
    case schemaBehind
    /// The database answers, and the pass has failed nevertheless.
    case failed
}

/// Keeps a worker registered: every two seconds one statement says that it lives, and claims the jobs that are due. Frees what
/// dead workers have claimed. Confined to its loop.
final class WorkerRegistration {
    /// How often and how fast. Tests have other times.
    struct Timing: Sendable {
        /// From the beginning of a pass to the next.
        var interval = Duration.seconds(2)
        /// How long a pass may take.
        var timeout = Duration.seconds(4)
        /// For how long passes must have succeeded before this worker takes over from others: after an outage of the database,
        /// those that live say so first.
        var calm = Duration.seconds(4)
        /// The same after its start.
        var firstCalm = Duration.seconds(2)
    }

    /// The id for claims in the database. Nil while the worker has no row in `worker`, or has not said that it lives for as long as a
    /// lease: it must claim nothing then, and others may do its work. It changes when others have freed the worker's claims.
    var id: UUID? {
        guard let row, csystem_monotonic() &- aliveAt < store.lease.nanosecondsClamped else { return nil }
        return row
    }
    /// Called when others have freed all claims of this worker.
    var claimsLost: () -> Void = {}
    /// Called after each pass.
    var report: (WorkerReport) -> Void = { _ in }

    private let loop: EventLoop
    private let store: WorkerStore
    private let jobs: JobScheduler
    private let timing: Timing
    private let logger: Logger
    private let passes: Meter
    private let reaped: Counter
    private var task: Task<Void, Never>?
    private var wakeUp: Promise<Void>?
    private var isWoken = false
    private var isSchemaCurrent = false
    /// The id of its row.
    private var row: UUID?
    /// When the last pass that succeeded began, in nanoseconds of the monotonic clock.
    private var aliveAt: UInt64 = 0
    /// Since when all passes have succeeded, in nanoseconds of the monotonic clock.
    private var calmSince: UInt64?
    /// Whether a pass has failed.
    private var hasFailed = false
    private var warning = WarningThrottle()
    private var warned = ""

    init(
        loop: EventLoop, store: WorkerStore, jobs: JobScheduler, timing: Timing = Timing(), logger: Logger,
        factory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.loop = loop
        self.store = store
        self.jobs = jobs
        self.timing = timing
        self.logger = logger
        passes = Meter(label: "commerce_worker_last_pass_timestamp_seconds", factory: factory)
        reaped = Counter(label: "commerce_worker_reaped_total", factory: factory)
        jobs.wake = { [weak self] in self?.wake() }
    }

    func start() {
        task = loop.run { [self] in
            while !Task.isCancelled {
                let next = Deadline.after(timing.interval)
                await pass()
                await wait(until: next)
            }
        }
    }

    /// Makes a pass soon.
    private func wake() {
        isWoken = true
        wakeUp?.succeed(())
    }

    private func wait(until deadline: Deadline) async {
        defer { isWoken = false }
        guard !isWoken, !Task.isCancelled else { return }
        let promise = Promise<Void>(on: loop)
        wakeUp = promise
        try? await promise.value(by: deadline)
        wakeUp = nil
    }

    // MARK: Passes

    private func pass() async {
        let began = csystem_monotonic()
        do {
            try await Deadline.$current.withValue(.after(timing.timeout)) {
                guard let id = try await registered(began) else { return }
                let demand = jobs.demand
                let pass = try await store.pass(id, demand)
                guard pass.isAlive else { return lose() }
                aliveAt = began
                jobs.passed(demand, written: pass.written, claims: pass.claims, databaseTime: pass.databaseTime)
                let now = csystem_monotonic()
                let since = calmSince ?? now
                calmSince = since
                let calm = hasFailed ? timing.calm : timing.firstCalm
                if pass.hasSilentWorkers, now &- since >= calm.nanosecondsClamped { try await takeOver() }
            }
            guard isSchemaCurrent else { return report(.schemaBehind) }
            warning.reset()
            passes.set(Double(Timestamp.now.microseconds) / 1_000_000)
            report(.done(latency: csystem_monotonic() &- began))
        } catch {
            guard !Task.isCancelled else { return }
            calmSince = nil
            hasFailed = true
            await explain(error)
        }
    }

    /// The id, after it was written to the database; nil while the schema is behind.
    private func registered(_ began: UInt64) async throws -> UUID? {
        if let row { return row }
        let schema = try await store.schema()
        isSchemaCurrent = schema.isCurrent
        guard schema.isCurrent else {
            warnOfSchema()
            return nil
        }
        let new = UUID.v7()
        try await store.register(
            new, now: schema.now,
            jobs: jobs.schedules.map { ($0.name, $0.schedule.first(now: schema.now), $0.schedule.latest(now: schema.now)) })
        logger.info("worker registered", metadata: ["worker": "\(new.text)"])
        (row, aliveAt) = (new, began)
        return new
    }

    /// The worker's row is gone: others have taken it for dead and freed its claims.
    private func lose() {
        logger.warning(
            "the worker was silent for too long, and others have taken over its work", metadata: ["worker": "\(row?.text ?? "")"])
        row = nil
        calmSince = nil
        claimsLost()
        wake()
    }

    private func takeOver() async throws {
        for silent in try await store.reap() {
            reaped.increment()
            logger.warning("a worker is silent: its work is done by others from now on", metadata: ["worker": "\(silent.text)"])
        }
        // Its jobs are due.
        wake()
    }

    /// Finds out whether the database is the reason that a pass has failed.
    private func explain(_ error: any Error) async {
        if (error as? PostgresError)?.sqlState == SQLState.undefinedTable {
            warnOfSchema()
            return report(.schemaBehind)
        }
        let answers = await Deadline.$current.withValue(.after(timing.timeout)) { (try? await store.pool.ping()) != nil }
        warn(
            answers ? "the worker cannot do its work" : "the worker waits for the database",
            ["error": "\(JobErrorText.text(of: error))"])
        report(answers ? .failed : .databaseDown)
    }

    private func warnOfSchema() { warn("the worker waits for the migrations of this release: run commerce migrate up") }

    /// Logs a lasting problem once a minute, and another one at once.
    private func warn(_ problem: String, _ metadata: Logger.Metadata = [:]) {
        if problem != warned { warning.reset() }
        warned = problem
        if warning.allows(at: csystem_monotonic()) { logger.warning("\(problem)", metadata: metadata) }
    }

    // MARK: Ending

    /// Writes the last runs, gives the claims back and deletes the worker's row.
    func close() async {
        task?.cancel()
        // A pass that is under way ends first, so that it claims nothing afterwards.
        await task?.value
        guard let id = row else { return }
        row = nil
        do {
            _ = try await store.pass(id, jobs.demand)
            try await store.unregister(id)
            logger.info("worker gone", metadata: ["worker": "\(id.text)"])
        } catch {
            // Others free the claims once the lease is over.
            logger.notice(
                "the worker could not give its work back", metadata: ["error": "\(JobErrorText.text(of: error))"])
        }
    }
}
