import CSystem
import Configuration
import CoreMetrics
import Dispatch
import EventLoop
import Glibc
import HTTPServer
import Logging
import Observability
import Prometheus
import TLS

/// The shop as a running process.
package final class Service {
    private let configuration: Configuration
    private let shared: SharedServices
    private let loops: EventLoopGroup
    private let registry = LoopRegistry()
    private let server: Server
    /// Nil: no metrics are kept.
    private let metrics: MetricsEndpoint?
    /// Nil: no encrypted connections.
    private let certificate: CertificateWatch?
    private let logger: Logger

    /// Runs until a signal ends it; returns once everything is closed and the last log line is written.
    /// - Throws: ``ServiceError`` where it cannot start.
    package static func run(_ configuration: Configuration) throws(ServiceError) {
        let started = csystem_monotonic()
        csystem_raise_open_files()
        let sink = configuration.log.start()
        defer { sink.flush() }
        // Before whatever counts is made.
        let registry = configuration.metrics.map { _ in PrometheusRegistry(descriptions: MetricDescription.all) }
        if let registry { MetricsSystem.bootstrap(registry) }
        let shutdown = Shutdown()
        // Safe: handed over to the one task that ends it.
        nonisolated(unsafe) let service = try Service(configuration, started: started, metrics: registry)
        try service.start()
        let (asked, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        Task {
            let request = await shutdown.request()
            asked.signal()
            await service.end(request)
            done.signal()
        }
        asked.wait()
        // This thread waits for nothing but the time: no loop, task or library can hold it up.
        let limit = configuration.server.drainTimeout + closingPatience + .seconds(1)
        if done.wait(timeout: .now() + .nanoseconds(Int(clamping: limit.nanosecondsClamped))) == .timedOut {
            service.logger.error("the end took too long, what is left is cut off", metadata: ["limit": "\(limit)"])
        }
    }

    /// How long what lies below may take to close, once requests are served or cut off. With the second of the log it is within
    /// what is left of a container's 30 s after a drain of 25 s.
    private static let closingPatience = Duration.seconds(3)

    private init(
        _ configuration: Configuration, started: UInt64, metrics: PrometheusRegistry?
    ) throws(ServiceError) {
        let logger = Logger(label: "commerce")
        let count = configuration.server.loops ?? UsableCPUs.count()
        do { loops = try EventLoopGroup(count: count) } catch { throw ServiceError("cannot make an event loop: \(error)") }
        let shared = try SharedServices(configuration, loopCount: count, started: started, logger: logger)
        let certificates = configuration.tls.map { CertificateStore($0.context) }
        certificate = certificates.flatMap { certificates in
            configuration.tls.map { CertificateWatch($0, certificates: certificates, logger: logger) }
        }
        server = Server(
            configuration: ServerConfiguration(configuration, tls: certificates), loops: loops, logger: logger
        ) { [registry, first = loops.loops.first] loop in
            let services = LoopServices(loop: loop, shared: shared, logger: logger)
            registry.add(services)
            services.start()
            if loop === first {
                services.startBackgroundJobs(BackgroundJobs(services, shared: shared, registry: registry, logger: logger))
            }
            return services.application
        }
        var endpoint: MetricsEndpoint?
        if let metrics, let settings = configuration.metrics {
            do { endpoint = try MetricsEndpoint(metrics, settings: settings, of: server, logger: logger) } catch {
                throw ServiceError("cannot make an event loop: \(error)")
            }
        }
        self.metrics = endpoint
        self.configuration = configuration
        self.shared = shared
        self.logger = logger
        if let warning = configuration.encryption.warning { logger.warning("\(warning)") }
    }

    private func start() throws(ServiceError) {
        do { try metrics?.start(succeeds: configuration.server.inheritedListener != nil) } catch {
            throw ServiceError("cannot listen on METRICS_PORT: \(error)")
        }
        do { try server.start() } catch {
            let address = "\(configuration.server.host):\(configuration.server.port)"
            let place = configuration.server.inheritedListener == nil ? address : "the socket that was handed over"
            let encrypted = configuration.tls.map { ", or TLS_PORT \($0.port)" } ?? ""
            throw ServiceError("cannot listen on \(place)\(encrypted): \(error)")
        }
        if let loop = loops.loops.first { certificate?.start(on: loop) }
    }

    /// Ends in order: out of the load balancer, no new connections, what is in flight, the connections below.
    private func end(_ request: Shutdown.Request) async {
        let settings = configuration.server
        var delay = Duration.zero
        shared.health.update { $0.isDraining = true }
        if request == .drain {
            delay = min(settings.drainDelay, settings.drainTimeout)
            logger.info("draining", metadata: ["delay": "\(delay)"])
            server.beginDrain()
            try? await Task.sleep(for: delay)
        }
        // A second is kept for closing what lies below.
        let rest = max(.milliseconds(100), settings.drainTimeout - delay - .seconds(1))
        let finished = await server.finish(within: rest)
        certificate?.stop()
        let closed = await registry.close(within: Self.closingPatience)
        if !closed {
            logger.warning(
                "connections to the database are cut off with what they have at work",
                metadata: ["after": "\(Self.closingPatience)"])
        }
        // Last: how it ended is of interest too.
        metrics?.close()
        logger.info("stopped", metadata: ["finished": .stringConvertible(finished)])
        loops.stop()
    }
}
