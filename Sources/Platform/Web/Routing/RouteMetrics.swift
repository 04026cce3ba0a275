import CoreMetrics
import HTTPTypes

/// Counts the requests to one route, or those without a route, by method and class of status.
///
/// The labels are the template and the methods that the service knows, never text from a client, so the number of series is
/// bounded. Confined to its loop.
final class RouteMetrics {
    /// The label of requests without a route. A template begins with a slash.
    static let noRoute = "none"
    /// The label of methods that the service does not know.
    static let otherMethod = "other"

    private static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .connect, .trace,
    ]

    private let method: HTTPRequest.Method?
    private let own: MethodMetrics?
    /// For other methods than the route's own, made when they occur: at the place of the method, the last for unknown methods.
    private var others = [MethodMetrics?](repeating: nil, count: RouteMetrics.methods.count + 1)
    private let route: String
    private let factory: any MetricsFactory

    /// - Parameters:
    ///   - method: the route's method. Its series exist from the start, as Prometheus does not see a first count as an increase
    ///   - route: the template; nil for requests without a route
    init(_ method: HTTPRequest.Method?, route: String?, factory: any MetricsFactory) {
        self.method = method
        self.route = route ?? Self.noRoute
        self.factory = factory
        own = method.map { MethodMetrics($0.rawValue, route: route ?? Self.noRoute, factory: factory) }
    }

    /// Counts a response, with its time since the last byte of the request.
    func record(_ method: HTTPRequest.Method, status: Int, nanoseconds: Int64) {
        if let own, method == self.method { return own.record(status: status, nanoseconds: nanoseconds) }
        let index = Self.methods.firstIndex(of: method) ?? Self.methods.count
        let name = index < Self.methods.count ? method.rawValue : Self.otherMethod
        let metrics = others[index] ?? MethodMetrics(name, route: route, factory: factory)
        others[index] = metrics
        metrics.record(status: status, nanoseconds: nanoseconds)
    }
}

/// The counters of one method of one route.
final class MethodMetrics {
    /// By class of status: 2xx, 3xx, 4xx, 5xx.
    private let requests: [Counter]
    private let duration: Timer

    init(_ method: String, route: String, factory: any MetricsFactory) {
        let labels = [("method", method), ("route", route)]
        requests = ["2xx", "3xx", "4xx", "5xx"].map { status in
            Counter(label: "http_server_requests_total", dimensions: labels + [("status", status)], factory: factory)
        }
        duration = Timer(label: "http_server_request_duration_seconds", dimensions: labels, factory: factory)
    }

    func record(status: Int, nanoseconds: Int64) {
        // Handlers return only final statuses (RFC 9110 §15).
        requests[min(max(status / 100, 2), 5) - 2].increment()
        duration.recordNanoseconds(nanoseconds)
    }
}
