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

/// The running service: its loops, its server and the order in which it starts and stops.
package final class Service {
    private let configuration: Configuration
    private let shared: SharedServices
    private let loops: EventLoopGroup
    private let registry = LoopRegistry()
    private let server: Server
    /// Nil if metrics are off.
    private let metrics: MetricsEndpoint?
    /// Nil if TLS is off.
    private let certificate: CertificateReloader?
    private let logger: Logger

    /// Serves until a signal arrives; returns once everything is closed and the last log line is written.
    /// - Throws: ``ServiceError`` if the service cannot start.
    package static func run(_ configuration: Configuration) throws(ServiceError) {
        let started = csystem_monotonic()
        csystem_raise_open_files()
        let sink = configuration.log.start()
        defer { sink.flush() }
        // Before anything that records metrics is made.
        let registry = configuration.metrics.map { _ in PrometheusRegistry(descriptions: MetricDescription.all) }
        if let registry { MetricsSystem.bootstrap(registry) }
        let shutdown = Shutdown()
        // Safe: only the task that stops the service uses it from here on.
        nonisolated(unsafe) let service = try Service(configuration, started: started, metrics: registry)
        try service.start()
        let (requested, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        Task {
            let request = await shutdown.request()
            requested.signal()
            await service.stop(request)
            done.signal()
        }
        requested.wait()
        // This thread waits with a time limit of its own, so no loop, task or library can delay the end of the process.
        let limit = configuration.server.drainTimeout + closeTimeout + .seconds(1)
        if done.wait(timeout: .now() + .nanoseconds(Int(clamping: limit.nanosecondsClamped))) == .timedOut {
            service.logger.error("the shutdown took too long; open connections are cut off", metadata: ["limit": "\(limit)"])
        }
    }

    /// How long the connections to PostgreSQL and Redis may take to close after the last request. With one second for the log,
    /// it fits into the 5 s that remain of a container's 30 s after a drain of 25 s.
    private static let closeTimeout = Duration.seconds(3)

    private init(
        _ configuration: Configuration, started: UInt64, metrics: PrometheusRegistry?
    ) throws(ServiceError) {
        let logger = Logger(label: "commerce")
        let count = configuration.server.loops ?? UsableCPUs.count()
        do { loops = try EventLoopGroup(count: count) } catch { throw ServiceError("cannot make an event loop: \(error)") }
        let shared = try SharedServices(configuration, loopCount: count, started: started, logger: logger)
        let certificates = configuration.tls.map { CertificateStore($0.context) }
        certificate = certificates.flatMap { certificates in
            configuration.tls.map { CertificateReloader($0, certificates: certificates, logger: logger) }
        }
        server = Server(
            configuration: configuration.httpServer(certificates: certificates), loops: loops, logger: logger
        ) { [registry, first = loops.loops.first] loop in
            let services = LoopServices(loop: loop, shared: shared, logger: logger)
            registry.add(services)
            services.start()
            if loop === first {
                services.start(BackgroundServices(services, shared: shared, registry: registry, logger: logger))
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

    /// Stops in order: leave the load balancer, accept no connections, finish the requests in flight, close PostgreSQL and Redis.
    private func stop(_ request: Shutdown.Request) async {
        let settings = configuration.server
        var delay = Duration.zero
        shared.health.update { $0.isDraining = true }
        if request == .drain {
            delay = min(settings.drainDelay, settings.drainTimeout)
            logger.info("draining", metadata: ["delay": "\(delay)"])
            server.beginDrain()
            try? await Task.sleep(for: delay)
        }
        // One second is left for closing PostgreSQL and Redis.
        let rest = max(.milliseconds(100), settings.drainTimeout - delay - .seconds(1))
        let finished = await server.finish(within: rest)
        certificate?.stop()
        let closed = await registry.close(within: Self.closeTimeout)
        if !closed {
            logger.warning(
                "connections to the database are cut off while they are in use",
                metadata: ["after": "\(Self.closeTimeout)"])
        }
        // Last, so that metrics show the shutdown too.
        metrics?.close()
        logger.info("stopped", metadata: ["finished": .stringConvertible(finished)])
        loops.stop()
    }
}

/// Why the service cannot start, in one line for the terminal.
package struct ServiceError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
