import CoreMetrics
import EventLoop
import Logging
import Prometheus
import Synchronization
import Testing

@testable import Service

@Suite("Background jobs")
struct BackgroundJobTests {
    private struct SomeError: Error {}

    /// Returns its outcomes in turn, then the last one forever; stops the loop's test when they are used up.
    private final class ScriptedJob: BackgroundJob {
        let name: String
        let interval = Duration.milliseconds(1)
        private var outcomes: [Result<Int, SomeError>]
        private let finished: () -> Void

        init(_ name: String, _ outcomes: [Result<Int, SomeError>], finished: @escaping () -> Void = {}) {
            self.name = name
            self.outcomes = outcomes
            self.finished = finished
        }

        func run() async throws -> Int {
            guard !outcomes.isEmpty else { return 0 }
            let outcome = outcomes.removeFirst()
            if outcomes.isEmpty { finished() }
            return try outcome.get()
        }
    }

    @Test("A job that fails runs again, and every run is counted")
    func outcomes() async throws {
        let loop = try EventLoop(label: "test.loop")
        defer { loop.stop() }
        let registry = PrometheusRegistry(descriptions: [])
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            loop.execute {
                let ends = ScriptedJob("good", [.success(3), .success(2), .success(0)])
                let fails = ScriptedJob("bad", [.failure(SomeError()), .failure(SomeError()), .success(0), .success(0)]) {
                    done.resume()
                }
                BackgroundJobRunner(loop: loop, jobs: [fails, ends], logger: Logger(label: "test"), factory: registry).start()
            }
        }
        let text = registry.text()
        #expect(text.contains(#"commerce_job_runs_total{job="bad",outcome="failure"} 2"#), "\(text)")
        #expect(text.contains(#"commerce_job_runs_total{job="bad",outcome="success"}"#))
        #expect(text.contains(#"commerce_job_rows_total{job="good"}"#))
        #expect(text.contains(#"commerce_job_last_success_timestamp_seconds{job="good"}"#))
    }

    @Test("A statement runs in batches until a batch is not full")
    func batches() async throws {
        let job = ScriptedJob("batches", [])
        var left = [100, 100, 7, 100]
        #expect(try await job.inBatches { _ in left.removeFirst() } == 207)
        #expect(left == [100])
        var some = [5, 3, 0, 9]
        #expect(try await job.inBatches(of: 1_000, while: 1) { _ in some.removeFirst() } == 8)
        #expect(some == [9])
    }

    @Test("A lasting problem is logged once a minute, a new one at once")
    func warnings() {
        let minute: UInt64 = 60_000_000_000
        var warning = WarningThrottle()
        let lasting = [5, minute, minute + 5, minute + 6].map { warning.allows(at: $0) }
        #expect(lasting == [true, false, true, false])
        warning.reset()
        let new = warning.allows(at: minute + 7)
        #expect(new)
    }
}
