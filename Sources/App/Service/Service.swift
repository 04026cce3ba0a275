import Configuration
import EventLoop
import HTTPServer
import Logging
import Prometheus
import TLS

/// The running service: its loops, its server, its worker, and the order in which they start and stop.
package final class Service: LongRunning {
    private let configuration: Configuration
    private let shared: SharedServices
    private let loops: EventLoopGroup
    private let registry = LoopRegistry()
    private let server: Server
    /// Nil if workers are processes of their own.
    private let worker: WorkerRunner?
    /// Nil if metrics are off.
    private let metrics: MetricsEndpoint?
    /// Nil if TLS is off.
    private let certificate: CertificateReloader?
    let logger: Logger

    /// Serves until a signal arrives; returns once everything is closed and the last log line is written.
    /// - Throws: ``ServiceError`` if the service cannot start.
    package static func run(_ configuration: Configuration) throws(ServiceError) {
        try ProcessLifecycle.run(configuration) { started, metrics throws(ServiceError) in
            try Service(configuration, started: started, metrics: metrics)
        }
    }

    var shutdownLimit: Duration { configuration.server.drainTimeout + Self.closeTimeout + .seconds(1) }

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
        worker = try configuration.worker.mode == .off ? nil : Self.worker(configuration, shared, logger)
        self.configuration = configuration
        self.shared = shared
        self.logger = logger
        if worker == nil {
            logger.notice("WORKER is off: commerce worker delivers events and runs the jobs, and this process does not")
        }
        for warning in [configuration.encryption.warning, configuration.tokens.warning, configuration.mail.warning].compactMap(
            \.self)
        {
            logger.warning("\(warning)")
        }
    }

    private static func worker(
        _ configuration: Configuration, _ shared: SharedServices, _ logger: Logger
    ) throws(ServiceError) -> WorkerRunner {
        let (health, carts) = (shared.health, shared.watchedCarts)
        health.update { $0.worker = HealthState.Worker(stallTimeout: configuration.worker.stallTimeout, isAlone: false) }
        do {
            return try WorkerRunner(
                configuration, isAlone: false, hint: shared.outboxHint, cartChanged: { carts.notify($0) },
                report: { report in health.update { $0.worker?.reported(report) } }, logger: logger)
        } catch {
            throw ServiceError("cannot make an event loop: \(error)")
        }
    }

    func start() throws(ServiceError) {
        shared.issuers.start()
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
        worker?.start()
    }

    /// Stops in order: leave the load balancer, accept no connections, finish the requests in flight, close PostgreSQL and Redis.
    /// The worker claims nothing from the beginning on, and finishes meanwhile.
    func stop(_ request: Shutdown.Request) async {
        let worker = worker
        let settings = configuration.server
        var delay = Duration.zero
        shared.health.update { $0.isDraining = true }
        // One second is left for closing PostgreSQL and Redis.
        let limit = max(.milliseconds(100), settings.drainTimeout - .seconds(1))
        async let workerStopped = worker?.stop(within: limit)
        if request == .drain {
            delay = min(settings.drainDelay, settings.drainTimeout)
            logger.info("draining", metadata: ["delay": "\(delay)"])
            server.beginDrain()
            try? await Task.sleep(for: delay)
        }
        let rest = max(.milliseconds(100), settings.drainTimeout - delay - .seconds(1))
        let finished = await server.finish(within: rest)
        certificate?.stop()
        shared.issuers.close()
        let workerFinished = await workerStopped ?? true
        let closed = await registry.close(within: Self.closeTimeout)
        if !closed {
            logger.warning(
                "connections to the database are cut off while they are in use",
                metadata: ["after": "\(Self.closeTimeout)"])
        }
        // Last, so that metrics show the shutdown too.
        metrics?.close()
        logger.info("stopped", metadata: ["finished": .stringConvertible(finished && workerFinished)])
        loops.stop()
    }
}
