import CoreMetrics
import HTTPServer
import HTTPTypes

/// The routes of one loop: methods and path templates, built once, then only looked up.
///
/// A literal segment wins over a parameter. GET serves HEAD as well. Handlers belong to the router's loop, so they
/// need not be Sendable.
///
///     router.get("/v1/products/{id}") { context in
///         try await catalog.product(context.parameters["id"])
///     }
package final class Router {
    /// All routes in the order they were added.
    package private(set) var routes: [Route] = []
    private let root = RouteNode()
    /// The room for one path; looking up never suspends, so one is enough.
    private var path = RoutePath()
    private let factory: any MetricsFactory
    /// Of requests that no route fits.
    let unrouted: RouteMetrics

    /// - Parameter metrics: where the routes' requests are counted; by default among the process's own.
    package init(metrics factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        unrouted = RouteMetrics(nil, route: nil, factory: factory)
    }

    /// Adds a route. Templates are the program's own text, so one that is malformed or there already stops it at
    /// the start.
    /// - Parameter shortcut: tried first where there is one, for what often is at hand.
    package func add(
        _ method: HTTPRequest.Method, _ template: String, _ options: RouteOptions = .standard,
        shortcut: Route.Shortcut? = nil, _ handler: @escaping Route.Handler
    ) {
        guard let parsed = RouteTemplate(template) else { preconditionFailure("not a route template: \(template)") }
        let metrics = RouteMetrics(method, route: parsed.description, factory: factory)
        let route = Route(
            method: method, template: parsed, options: options, metrics: metrics, shortcut: shortcut, handler: handler)
        guard root.insert(route, below: parsed.segments[...]) else {
            preconditionFailure("two routes for \(method.rawValue) \(template)")
        }
        routes.append(route)
    }

    package func get(
        _ template: String, _ options: RouteOptions = .standard, shortcut: Route.Shortcut? = nil,
        _ handler: @escaping Route.Handler
    ) {
        add(.get, template, options, shortcut: shortcut, handler)
    }

    package func post(_ template: String, _ options: RouteOptions = .standard, _ handler: @escaping Route.Handler) {
        add(.post, template, options, handler)
    }

    package func put(_ template: String, _ options: RouteOptions = .standard, _ handler: @escaping Route.Handler) {
        add(.put, template, options, handler)
    }

    package func patch(_ template: String, _ options: RouteOptions = .standard, _ handler: @escaping Route.Handler) {
        add(.patch, template, options, handler)
    }

    package func delete(_ template: String, _ options: RouteOptions = .standard, _ handler: @escaping Route.Handler) {
        add(.delete, template, options, handler)
    }

    /// Has the handlers of all routes so far pass the gate, but for those that say otherwise. Once.
    ///
    /// Nor do those that read a body as it comes: a slow client would keep its place for as long as it sends. They pass the gate by
    /// themselves with what they do in between.
    package func admit(through gate: AdmissionGate) {
        for route in routes where route.options.isAdmitted && !route.options.body.isStreamed { route.admit(through: gate) }
    }

    /// Who answers a request.
    package func match(_ head: RequestHead) -> RouteMatch {
        guard Router.known.contains(head.method) else { return .unknownMethod }
        defer { path.clear() }
        switch path.read(head.bytes, head.path) {
        case .whole: return match(head.method)
        case .malformed: return .malformed
        case .none:
            // RFC 9110 §9.3.7: OPTIONS * asks about the service as a whole.
            let asksAll = head.method == .options && head.bytes[head.path].elementsEqual("*".utf8)
            return asksAll ? .options(allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS") : .notFound
        }
    }

    private func match(_ method: HTTPRequest.Method) -> RouteMatch {
        if let route = root.find(method, path, at: 0) ?? (method == .head ? root.find(.get, path, at: 0) : nil) {
            return path.parameters(of: route.template).map { .found(route, $0) } ?? .malformed
        }
        var methods: [HTTPRequest.Method] = []
        root.methods(path, at: 0, into: &methods)
        guard !methods.isEmpty else { return .notFound }
        if let get = methods.firstIndex(of: .get), !methods.contains(.head) { methods.insert(.head, at: get + 1) }
        methods.append(.options)
        let allow = methods.map(\.rawValue).joined(separator: ", ")
        return method == .options ? .options(allow: allow) : .methodNotAllowed(allow: allow)
    }

    /// The methods of RFC 9110 §9, RFC 5789 and QUERY; another is 501 wherever it is sent (RFC 9110 §9.1).
    private static let known: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .connect, .trace, .query,
    ]
}
