import EventLoop
import HTTPServer
import HTTPTypes
import Logging
import Prometheus

/// Where Prometheus reads: `/metrics` on a port of its own, so that no customer reaches it, on a loop of its own, so that it
/// answers however busy the shop is.
package final class MetricsEndpoint: Sendable {
    private let loops: EventLoopGroup
    private let server: Server

    /// - Parameter shop: the server whose connections and requests are told
    /// - Throws: ``SystemError`` where the process has no descriptors left.
    package init(
        _ registry: PrometheusRegistry, settings: MetricsSettings, of shop: Server, logger: Logger
    ) throws(SystemError) {
        loops = try EventLoopGroup(count: 1, label: "metrics")
        var configuration = ServerConfiguration()
        configuration.host = settings.host
        configuration.port = settings.port
        configuration.maximumConnections = 32
        // A reading has no body.
        configuration.limits.body = 0
        server = Server(configuration: configuration, loops: loops, logger: logger, metrics: .none) { _ in
            MetricsResponder(registry)
        }
        let process = ProcessMetrics()
        registry.collect { process.read() }
        registry.collect { [weak shop] in
            guard let shop else { return [] }
            return [
                CollectedMetric(
                    "http_server_connections", "Connections that are open.", .gauge, Double(shop.openConnections)),
                CollectedMetric(
                    "http_server_active_requests", "Requests that wait for their answer.", .gauge,
                    Double(shop.activeRequests)),
            ]
        }
    }

    /// Listens from now on.
    /// - Returns: the port, which the system chose if the settings say 0.
    /// - Throws: ``SystemError`` from bind(2) or listen(2).
    @discardableResult
    package func start() throws(SystemError) -> UInt16 { try server.start() }

    /// Ends it at once.
    package func close() {
        server.close()
        loops.stop()
    }
}
