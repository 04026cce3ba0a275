import CoreMetrics
import HTTPTypes

/// What is counted of the requests to one route, or of those to none: by method and class of status.
///
/// The labels are the template and methods that the service knows, never what a client sent: however many paths and
/// methods it thinks of, they are so many series and no more. Confined to its loop.
final class RouteMetrics {
    /// The label of what no route fits; a template begins with a slash.
    static let noRoute = "none"
    /// The label of methods that the service does not know.
    static let otherMethod = "other"

    private static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .connect, .trace,
    ]

    private let method: HTTPRequest.Method?
    private let own: MethodMetrics?
    /// Those of other methods than the route's own, as they come: at the method's place, the last for the unknown.
    private var others = [MethodMetrics?](repeating: nil, count: RouteMetrics.methods.count + 1)
    private let route: String
    private let factory: any MetricsFactory

    /// - Parameters:
    ///   - method: the route's; its series are there from the start, so that the first count is seen as one
    ///   - route: the template; nil for requests without a route
    init(_ method: HTTPRequest.Method?, route: String?, factory: any MetricsFactory) {
        self.method = method
        self.route = route ?? Self.noRoute
        self.factory = factory
        own = method.map { MethodMetrics($0.rawValue, route: route ?? Self.noRoute, factory: factory) }
    }

    /// Counts an answer that took so long from the request's last byte.
    func record(_ method: HTTPRequest.Method, status: Int, nanoseconds: Int64) {
        if let own, method == self.method { return own.record(status: status, nanoseconds: nanoseconds) }
        let index = Self.methods.firstIndex(of: method) ?? Self.methods.count
        let name = index < Self.methods.count ? method.rawValue : Self.otherMethod
        let metrics = others[index] ?? MethodMetrics(name, route: route, factory: factory)
        others[index] = metrics
        metrics.record(status: status, nanoseconds: nanoseconds)
    }
}
