import Configuration
import EventLoop
import Glibc
import HTTPServer
import HTTPTypes
import Logging
import Prometheus

/// Serves `/metrics` for Prometheus: on its own port, which customers do not reach, and on its own loop, so it answers even if
/// all other loops are busy.
package final class MetricsEndpoint: Sendable {
    private let loops: EventLoopGroup
    private let server: Server
    private let logger: Logger

    /// - Parameter shop: The server whose connections and requests are measured.
    /// - Throws: ``SystemError`` if the process has no file descriptors left.
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
        // A scrape has no body.
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

    /// Starts listening.
    /// - Parameter succeeds: Whether the process replaces another one, which may still have the port: then the shop
    ///   starts without metrics, and the endpoint follows once the port is free.
    /// - Throws: ``SystemError`` from bind(2) or listen(2).
    package func start(succeeds: Bool) throws(SystemError) {
        do {
            try server.start()
        } catch {
            guard succeeds, error.number == EADDRINUSE else { throw error }
            logger.notice("METRICS_PORT is taken still")
            loops.loops.first?.execute { self.retryLater() }
        }
    }

    private func retryLater() {
        loops.loops.first?.schedule(after: .milliseconds(500)) { [self] in
            do { try server.start() } catch { retryLater() }
        }
    }

    /// Closes all connections at once.
    package func close() {
        server.close()
        loops.stop()
    }
}

/// Answers `GET /metrics` and refuses everything else.
private final class MetricsResponder: Responder {
    private let registry: PrometheusRegistry

    init(_ registry: PrometheusRegistry) { self.registry = registry }

    func begin(_ request: Request) -> ResponderResult { .immediate(answer(request)) }

    private func answer(_ request: Request) -> Response {
        guard request.path.elementsEqual("/metrics".utf8) else { return Self.plain(.notFound) }
        guard request.method == .get || request.method == .head else {
            var response = Self.plain(.methodNotAllowed)
            response.headers.append(.allow, "GET, HEAD")
            return response
        }
        var response = Response(.ok, body: Array(registry.text().utf8))
        response.headers.append(.contentType, PrometheusRegistry.contentType)
        response.headers.append(.cacheControl, "no-store")
        return response
    }

    func reject(_ rejected: RejectedRequest) -> Response { Self.plain(rejected.status) }

    private static func plain(_ status: HTTPResponse.Status) -> Response {
        var response = Response(status, body: Array("\(status.code) \(status.reasonPhrase)\n".utf8))
        response.headers.append(.contentType, "text/plain; charset=utf-8")
        return response
    }
}
