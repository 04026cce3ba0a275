import CSystem
import Configuration
import CoreMetrics
import Dispatch
import EventLoop
import Logging
import Observability
import Prometheus

/// What a process runs until a signal ends it.
protocol LongRunning: AnyObject, SendableMetatype {
    var logger: Logger { get }
    /// How long ``stop(_:)`` may take before the process ends without it.
    var shutdownLimit: Duration { get }

    func start() throws(ServiceError)
    /// Ends all work in order; returns once everything is closed.
    func stop(_ request: Shutdown.Request) async
}

/// From the start of a process to its end: its log, metrics and signals.
enum ProcessLifecycle {
    /// Makes and starts what the process runs, and stops it when a signal arrives; returns once the last log line is written.
    /// - Parameter make: gets the time of the start, in nanoseconds of the monotonic clock, and the metrics, if they are on
    /// - Throws: ``ServiceError`` if it cannot start.
    static func run<Body: LongRunning>(
        _ configuration: Configuration,
        make: (_ started: UInt64, _ metrics: PrometheusRegistry?) throws(ServiceError) -> Body
    ) throws(ServiceError) {
        let started = csystem_monotonic()
        csystem_raise_open_files()
        let sink = configuration.log.start()
        defer { sink.flush() }
        // Before anything that records metrics is made.
        let registry = configuration.metrics.map { _ in PrometheusRegistry(descriptions: MetricDescription.all) }
        if let registry { MetricsSystem.bootstrap(registry) }
        let shutdown = Shutdown()
        // Safe: only the task that stops it uses it from here on.
        nonisolated(unsafe) let body = try make(started, registry)
        try body.start()
        let (requested, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        Task {
            let request = await shutdown.request()
            requested.signal()
            await body.stop(request)
            done.signal()
        }
        requested.wait()
        // This thread waits with a time limit of its own, so no loop, task or library can delay the end of the process.
        let limit = body.shutdownLimit
        if done.wait(timeout: .now() + .nanoseconds(Int(clamping: limit.nanosecondsClamped))) == .timedOut {
            body.logger.error("the shutdown took too long; open connections are cut off", metadata: ["limit": "\(limit)"])
        }
    }
}

/// Why a process cannot start, in one line for the terminal.
package struct ServiceError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
