import Configuration
import EventLoop
import Glibc
import HTTPServer
import HTTPTypes
import Logging
import Prometheus

/// Where Prometheus reads: `/metrics` on a port of its own, so that no customer reaches it, on a loop of its own, so that it
/// answers however busy the shop is.
package final class MetricsEndpoint: Sendable {
    private let loops: EventLoopGroup
    private let server: Server
    private let logger: Logger

    /// - Parameter shop: the server whose connections and requests are told
    /// - Throws: ``SystemError`` where the process has no descriptors left.
    package init(
        _ registry: PrometheusRegistry, settings: MetricsSettings, of shop: Server, logger: Logger
    ) throws(SystemError) {
        self.logger = logger
        loops = try EventLoopGroup(count: 1, label: "metrics")
        var configuration = ServerConfiguration()
        configuration.host = settings.host
        configuration.port = settings.port
        configuration.maximumConnections = 32
        configuration.evictsIdleConnections = true
        // A reading has no body.
        configuration.limits.body = 0
        configuration.bufferMemory = 16 << 20
        server = Server(configuration: configuration, loops: loops, logger: logger, metrics: .none) { _ in
            MetricsResponder(registry)
        }
        let process = ProcessMetrics()
        registry.collect { process.read() }
        registry.collect { [weak shop] in
            guard let shop else { return [] }
            return [
                CollectedMetric(
                    "http_server_connections", "Open connections.", .gauge, Double(shop.openConnections)),
                CollectedMetric(
                    "http_server_active_requests", "Requests that wait for their response.", .gauge,
                    Double(shop.activeRequests)),
                CollectedMetric(
                    "http_server_buffer_bytes",
                    "Memory for unfinished requests, bodies, pipelined requests and unread responses.", .gauge,
                    Double(shop.buffers.held)),
                CollectedMetric(
                    "http_server_buffer_limit_bytes", "Limit of http_server_buffer_bytes: HTTP_BUFFER_MEMORY.", .gauge,
                    Double(shop.buffers.limit)),
            ]
        }
    }

    /// Listens from now on.
    /// - Parameter succeeds: whether the process takes the place of another that may still have the port: then the shop
    ///   opens without metrics, which follow once the port is free.
    /// - Throws: ``SystemError`` from bind(2) or listen(2).
    package func start(succeeds: Bool) throws(SystemError) {
        do {
            try server.start()
        } catch {
            guard succeeds, error.number == EADDRINUSE else { throw error }
            logger.notice("METRICS_PORT is taken still")
            loops.loops.first?.execute { self.tryLater() }
        }
    }

    private func tryLater() {
        loops.loops.first?.schedule(after: .milliseconds(500)) { [self] in
            do { try server.start() } catch { tryLater() }
        }
    }

    /// Ends it at once.
    package func close() {
        server.close()
        loops.stop()
    }
}
