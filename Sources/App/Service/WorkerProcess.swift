import Configuration
import EventLoop
import Events
import HTTPServer
import Logging
import Prometheus
import Web

/// The process of `commerce worker`: a worker, and a small server that tells whether it is well.
package final class WorkerProcess: LongRunning {
    private let configuration: Configuration
    private let health: HealthStatus
    private let loops: EventLoopGroup
    private let server: Server
    private let worker: WorkerRunner
    /// Nil if metrics are off.
    private let metrics: MetricsEndpoint?
    let logger: Logger

    /// Works until a signal arrives; returns once everything is closed and the last log line is written.
    /// - Throws: ``ServiceError`` if it cannot start.
    package static func run(_ configuration: Configuration) throws(ServiceError) {
        try ProcessLifecycle.run(configuration) { started, metrics throws(ServiceError) in
            try WorkerProcess(configuration, started: started, metrics: metrics)
        }
    }

    var shutdownLimit: Duration { configuration.server.drainTimeout + .seconds(4) }

    private init(
        _ configuration: Configuration, started: UInt64, metrics: PrometheusRegistry?
    ) throws(ServiceError) {
        let logger = Logger(label: "commerce")
        let health = HealthStatus(started: started)
        health.update { $0.worker = HealthState.Worker(stallTimeout: configuration.worker.stallTimeout, isAlone: true) }
        var listening = ServerConfiguration()
        listening.host = configuration.server.host
        listening.port = configuration.worker.port
        listening.maximumConnections = 64
        listening.evictsIdleConnections = true
        // A health check has no body.
        listening.limits.body = 0
        listening.bufferMemory = 16 << 20
        do {
            // A loop of its own: it answers even if the worker's is stuck.
            loops = try EventLoopGroup(count: 1, label: "health")
            let server = Server(configuration: listening, loops: loops, logger: logger) { _ in
                let router = Router()
                HealthRoutes(status: health).register(on: router)
                return Application(router: router, settings: configuration.application, logger: logger)
            }
            self.server = server
            worker = try WorkerRunner(
                configuration, isAlone: true, hint: OutboxHint(), report: { report in health.update { $0.reported(report) } },
                logger: logger)
            self.metrics = try configuration.metrics.flatMap { settings in
                try metrics.map { try MetricsEndpoint($0, settings: settings, of: server, logger: logger) }
            }
        } catch {
            throw ServiceError("cannot make an event loop: \(error)")
        }
        self.configuration = configuration
        self.health = health
        self.logger = logger
        for warning in [configuration.encryption.warning, configuration.mail.warning].compactMap(\.self) {
            logger.warning("\(warning)")
        }
    }

    func start() throws(ServiceError) {
        do { try metrics?.start(succeeds: false) } catch {
            throw ServiceError("cannot listen on METRICS_PORT: \(error)")
        }
        do { try server.start() } catch {
            throw ServiceError("cannot listen on \(configuration.server.host):\(configuration.worker.port): \(error)")
        }
        worker.start()
    }

    /// Claims nothing any more, finishes what is under way and gives the rest back. There is no load balancer to wait for, so a
    /// drain and a stop are the same.
    func stop(_ request: Shutdown.Request) async {
        health.update { $0.isDraining = true }
        logger.info("draining", metadata: ["limit": "\(configuration.server.drainTimeout)"])
        let finished = await worker.stop(within: max(.milliseconds(100), configuration.server.drainTimeout - .seconds(1)))
        server.close()
        // Last, so that metrics show the shutdown too.
        metrics?.close()
        logger.info("stopped", metadata: ["finished": .stringConvertible(finished)])
        loops.stop()
    }
}
