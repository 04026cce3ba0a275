import CSystem
import CoreMetrics
import EventLoop
import Formats
import Logging

/// Runs the background jobs of a process, each at its interval. Confined to its loop.
///
/// It runs one job at a time, so that all of them together need one connection of the loop's pool. A job that fails is logged
/// and counted, and runs again at its next interval.
final class BackgroundJobRunner {
    /// The longest wait before the first run of a job.
    private static let firstDelay = Duration.seconds(5)

    private let loop: EventLoop
    private let jobs: [any BackgroundJob]
    private let metrics: JobMetrics
    private let logger: Logger
    private var warnings: [String: WarningThrottle] = [:]
    private var task: Task<Void, Never>?

    init(
        loop: EventLoop, jobs: [any BackgroundJob], logger: Logger, factory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.loop = loop
        self.jobs = jobs
        self.logger = logger
        metrics = JobMetrics(factory: factory)
    }

    func start() {
        task = loop.run { [self] in
            var due = jobs.map { time(after: min($0.interval, Self.firstDelay)) }
            while !Task.isCancelled, let next = due.indices.min(by: { due[$0] < due[$1] }) {
                let now = csystem_monotonic()
                try? await loop.sleep(for: .nanoseconds(Int64(clamping: due[next] > now ? due[next] - now : 0)))
                guard !Task.isCancelled else { return }
                await run(jobs[next])
                due[next] = time(after: jobs[next].interval)
            }
        }
    }

    func stop() { task?.cancel() }

    /// A time on the monotonic clock, up to a fifth of the interval earlier or later: the processes of a fleet start together
    /// and must not stay in step.
    private func time(after interval: Duration) -> UInt64 {
        Deadline.after(interval * Double.random(in: 0.8...1.2)).instant
    }

    private func run(_ job: any BackgroundJob) async {
        do {
            let rows = try await job.run()
            metrics.succeeded(job.name, rows: rows)
            warnings[job.name] = nil
            guard rows > 0 else { return }
            logger.info("job done", metadata: ["job": "\(job.name)", "rows": .stringConvertible(rows)])
        } catch {
            // The shutdown has interrupted it.
            guard !Task.isCancelled else { return }
            metrics.failed(job.name)
            guard warnings[job.name, default: WarningThrottle()].allows(at: csystem_monotonic()) else { return }
            logger.warning("job failed", metadata: ["job": "\(job.name)", "error": "\(String(describing: error))"])
        }
    }
}

/// Limits a warning about a lasting problem to one log line a minute.
struct WarningThrottle {
    private static let interval: UInt64 = 60_000_000_000
    private var last: UInt64?

    /// Whether the warning may be logged; if so, it counts as logged.
    /// - Parameter now: The time in nanoseconds of the monotonic clock.
    mutating func allows(at now: UInt64) -> Bool {
        if let last, now &- last < Self.interval { return false }
        last = now
        return true
    }

    /// The problem is over: the next one is logged at once.
    mutating func reset() { last = nil }
}

/// Counts the runs of jobs. Confined to its loop.
private final class JobMetrics {
    private struct Job {
        let successes: Counter
        let failures: Counter
        let rows: Counter
        let lastSuccess: Meter
    }

    private let factory: any MetricsFactory
    private var jobs: [String: Job] = [:]

    init(factory: any MetricsFactory) { self.factory = factory }

    func succeeded(_ name: String, rows: Int) {
        let job = job(name)
        job.successes.increment()
        job.rows.increment(by: Int64(rows))
        job.lastSuccess.set(Double(Timestamp.now.microseconds / 1_000_000))
    }

    func failed(_ name: String) { job(name).failures.increment() }

    private func job(_ name: String) -> Job {
        if let known = jobs[name] { return known }
        func runs(_ outcome: String) -> Counter {
            Counter(label: "commerce_job_runs_total", dimensions: [("job", name), ("outcome", outcome)], factory: factory)
        }
        let new = Job(
            successes: runs("success"), failures: runs("failure"),
            rows: Counter(label: "commerce_job_rows_total", dimensions: [("job", name)], factory: factory),
            lastSuccess: Meter(
                label: "commerce_job_last_success_timestamp_seconds", dimensions: [("job", name)], factory: factory))
        jobs[name] = new
        return new
    }
}
