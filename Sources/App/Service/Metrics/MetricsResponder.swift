import HTTPServer
import HTTPTypes
import Prometheus

/// Answers `GET /metrics`, and nothing else.
final class MetricsResponder: Responder {
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
