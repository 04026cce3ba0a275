import CoreMetrics
import Formats

/// Counts the runs of jobs. Confined to its loop.
final class JobMetrics {
    private struct Job {
        let runs: [JobOutcome: Counter]
        let rows: Counter
        let duration: Timer
        let lastSuccess: Meter
    }

    private let factory: any MetricsFactory
    private var jobs: [String: Job] = [:]

    init(factory: any MetricsFactory) { self.factory = factory }

    func ended(_ run: EndedRun) {
        let job = job(run.name)
        job.runs[run.outcome]?.increment()
        job.duration.recordNanoseconds(Int64(clamping: run.duration.nanosecondsClamped))
        guard run.outcome == .success else { return }
        job.rows.increment(by: run.rows)
        job.lastSuccess.set(Double(Timestamp.now.microseconds / 1_000_000))
    }

    private func job(_ name: String) -> Job {
        if let known = jobs[name] { return known }
        let runs = JobOutcome.allCases.map { outcome in
            (
                outcome,
                Counter(
                    label: "commerce_job_runs_total", dimensions: [("job", name), ("outcome", outcome.rawValue)], factory: factory
                )
            )
        }
        let job = [("job", name)]
        let new = Job(
            runs: Dictionary(uniqueKeysWithValues: runs),
            rows: Counter(label: "commerce_job_rows_total", dimensions: job, factory: factory),
            duration: Timer(label: "commerce_job_duration_seconds", dimensions: job, factory: factory),
            lastSuccess: Meter(label: "commerce_job_last_success_timestamp_seconds", dimensions: job, factory: factory))
        jobs[name] = new
        return new
    }
}
