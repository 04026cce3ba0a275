import CSystem
import CoreMetrics
import EventLoop
import Formats
import Logging

/// Runs the jobs that this worker claims. Confined to its loop.
///
/// It has no clock and no database of its own: the worker's passes tell it what was claimed (``passed(claims:databaseTime:)``)
/// and take what has ended (``demand``). A few jobs run at a time, so one that hangs does not hold up the others.
final class JobScheduler {
    /// How long after its deadline a run that ignores its cancellation is waited for.
    private static let grace = Duration.seconds(5)

    /// Called when there is a reason for a pass before the next regular one.
    var wake: () -> Void = {}

    private let loop: EventLoop
    private let jobs: [String: any BackgroundJob]
    private let concurrency: Int
    private let metrics: JobMetrics
    private let logger: Logger
    private var running: [String: JobExecution] = [:]
    /// Runs that were given up, and whose tasks have not ended yet. Their jobs are not claimed again here.
    private var abandoned: [String: JobExecution] = [:]
    private var ended: [EndedRun] = []
    private var isDraining = false
    /// Whether more jobs may be due than could be claimed.
    private var isFull = false
    /// The database's time at an instant of the monotonic clock: due times are compared with the database's clock only.
    private var clock: (database: Timestamp, instant: UInt64)?
    private var drained: Promise<Void>?
    /// Of the jobs that ran here last: when they are overdue here.
    private var expected: [String: Timestamp] = [:]
    private static let overdueAfter = Duration.seconds(15)

    /// - Parameter concurrency: how many jobs may run at a time
    init(
        loop: EventLoop, jobs: [any BackgroundJob], concurrency: Int = 2, logger: Logger,
        factory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.loop = loop
        self.jobs = Dictionary(jobs.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.concurrency = max(1, concurrency)
        self.logger = logger
        metrics = JobMetrics(factory: factory)
    }

    /// The jobs and their schedules, for the rows that have to exist.
    var schedules: [(name: String, schedule: JobSchedule)] {
        jobs.values.map { ($0.name, $0.schedule) }.sorted { $0.name < $1.name }
    }

    /// What the next pass should write and may claim.
    var demand: JobDemand {
        var demand = JobDemand()
        demand.ended = ended.map { run in
            var run = run
            // The job's own schedule; only jobs of this list run here.
            if let job = jobs[run.name] { run.next = job.schedule.next(after: run.due, now: databaseNow) }
            return run
        }
        guard !isDraining else { return demand }
        demand.limit = max(0, concurrency - running.count)
        let busy = Set(ended.map(\.name)).union(running.keys).union(abandoned.keys)
        demand.wanted = jobs.values.filter { !busy.contains($0.name) }.map { ($0.name, $0.deadline) }
        return demand
    }

    /// A pass has written the ended runs that it was given, and has claimed jobs.
    /// - Parameter written: the names of the jobs whose rows were written; the others had been taken over
    func passed(_ demand: JobDemand, written: [String], claims: [JobClaim], databaseTime: Timestamp) {
        clock = (databaseTime, csystem_monotonic())
        for run in demand.ended {
            ended.removeAll { $0.name == run.name && $0.due == run.due }
            guard !written.contains(run.name) else {
                expected[run.name] = run.next + Self.overdueAfter
                continue
            }
            logger.notice(
                "the outcome of a job was not written: another worker has taken the job over", metadata: ["job": "\(run.name)"])
        }
        isFull = demand.limit == 0 || claims.count == demand.limit
        for claim in claims { begin(claim) }
        for (name, time) in expected where time < databaseTime && running[name] == nil {
            expected[name] = nil
            jobs[name]?.runsElsewhere()
        }
    }

    private var databaseNow: Timestamp {
        guard let clock else { return .now }
        return clock.database + .nanoseconds(Int64(clamping: csystem_monotonic() &- clock.instant))
    }

    // MARK: Runs

    private func begin(_ claim: JobClaim) {
        // A pass that was under way when the worker began to stop may still have claimed jobs. They are given back with its other claims.
        guard !isDraining, let job = jobs[claim.name], running[claim.name] == nil else { return }
        let execution = JobExecution(claim, deadline: .after(job.deadline))
        running[claim.name] = execution
        execution.timer = loop.schedule(at: execution.deadline.instant) { [weak self] in self?.deadlinePassed(execution) }
        execution.task = loop.run { [self] in
            let result: Result<Int, any Error>
            do {
                let rows = try await Deadline.$current.withValue(execution.deadline) { try await job.run() }
                result = .success(rows)
            } catch {
                result = .failure(error)
            }
            ended(execution, result)
        }
        // A job that ended at once did so before its task was known here.
        if execution.hasEnded { execution.task = nil }
    }

    private func deadlinePassed(_ execution: JobExecution) {
        execution.isTimedOut = true
        execution.task?.cancel()
        execution.timer = loop.schedule(after: Self.grace) { [weak self] in self?.abandon(execution) }
    }

    /// Gives up on a run that ignores its cancellation, so that others can run.
    private func abandon(_ execution: JobExecution) {
        let name = execution.claim.name
        guard running[name] === execution else { return }
        abandoned[name] = execution
        finish(execution, .failure(JobAbandonedError()))
    }

    private func ended(_ execution: JobExecution, _ result: Result<Int, any Error>) {
        let name = execution.claim.name
        execution.hasEnded = true
        execution.task = nil
        execution.timer?.cancel()
        if abandoned[name] === execution { abandoned[name] = nil }
        if running[name] === execution { finish(execution, result) }
    }

    private func finish(_ execution: JobExecution, _ result: Result<Int, any Error>) {
        running[execution.claim.name] = nil
        // A run that was interrupted may have returned early. Its claim is given back, and the job is due again.
        if !execution.isInterrupted { record(execution, result) }
        if running.isEmpty { drained?.succeed(()) }
    }

    private func record(_ execution: JobExecution, _ result: Result<Int, any Error>) {
        let claim = execution.claim
        let duration = Duration.nanoseconds(Int64(clamping: csystem_monotonic() &- execution.began))
        // The clients fail at the deadline too, perhaps a moment before the timer.
        let isLate = execution.isTimedOut || Deadline.after(.zero) >= execution.deadline
        let run: EndedRun
        switch result {
        case .success(let rows) where !execution.isTimedOut:
            run = EndedRun(
                name: claim.name, due: claim.due, outcome: .success, rows: rows, duration: duration, error: nil, next: claim.due)
            if rows > 0 {
                logger.info("job done", metadata: ["job": "\(claim.name)", "rows": .stringConvertible(rows)])
            }
        case .success, .failure:
            var error = "it was cancelled at its deadline"
            if case .failure(let reason) = result, !(isLate && reason is CancellationError) {
                error = JobErrorText.text(of: reason)
            }
            run = EndedRun(
                name: claim.name, due: claim.due, outcome: isLate ? .timeout : .failure, rows: 0, duration: duration,
                error: error,
                next: claim.due)
            logger.warning(
                "job failed",
                metadata: ["job": "\(claim.name)", "outcome": "\(run.outcome.rawValue)", "error": "\(error)"])
        }
        metrics.ended(run)
        ended.append(run)
        if run.isNotable || isFull { wake() }
    }

    // MARK: Ending

    /// Claims nothing any more, and returns once all runs have ended, or when the calling task is cancelled.
    func drain() async {
        isDraining = true
        guard !running.isEmpty else { return }
        let promise = drained ?? Promise<Void>(on: loop)
        drained = promise
        try? await promise.value()
    }

    /// Cancels what still runs. The jobs are not done: they are due again for others.
    func stop() {
        isDraining = true
        interrupt()
    }

    /// Other workers have freed the claims of this one: what runs for them is cancelled, and what ended is not written.
    func claimsLost() {
        interrupt()
        ended = []
    }

    private func interrupt() {
        for execution in running.values {
            execution.isInterrupted = true
            execution.task?.cancel()
        }
    }
}

/// One run of a job that is under way. Confined to its loop.
private final class JobExecution {
    let claim: JobClaim
    let deadline: Deadline
    let began = csystem_monotonic()
    var task: Task<Void, Never>?
    var timer: LoopTimer?
    var hasEnded = false
    var isTimedOut = false
    /// Whether the run was cancelled for a reason that is not its own.
    var isInterrupted = false

    init(_ claim: JobClaim, deadline: Deadline) {
        self.claim = claim
        self.deadline = deadline
    }
}

/// A run has ignored its cancellation.
private struct JobAbandonedError: Error {}
