import CoreMetrics
import HTTPServer
import HTTPTypes

/// The routes of one loop: methods and path templates, built once, then only looked up.
///
/// A literal segment wins over a parameter. GET serves HEAD as well. Handlers belong to the router's loop, so they
/// need not be Sendable.
///
///     router.post("/v1/things", .json(upTo: 4_096).open(to: .customer)) { context in
///         try await things.create(context.json())
///     }
///     router.cached("/v1/things/{id}") { context in
///         let id = context.parameters["id"]
///         if let found = cache[id] { return .immediate(found) }
///         return .deferred { context in try await cache.load(id, context) }
///     }
package final class Router {
    /// All routes in the order they were added.
    package private(set) var routes: [Route] = []
    private let root = RouteNode()
    /// The room for one path; a look-up never suspends, so one is enough.
    private var path = RoutePath()
    private let gate: AdmissionGate?
    private let factory: any MetricsFactory
    /// For requests that match no route.
    let unrouted: RouteMetrics

    /// - Parameters:
    ///   - gate: bounds how many handlers of ``LoadClass/admitted`` routes run at a time; nil for no bound
    ///   - metrics: where the routes' requests are counted; by default among the process's own
    package init(gate: AdmissionGate? = nil, metrics factory: any MetricsFactory = MetricsSystem.factory) {
        self.gate = gate
        self.factory = factory
        unrouted = RouteMetrics(nil, route: nil, factory: factory)
    }

    /// Adds a route whose handler always runs in a task.
    package func add(
        _ method: HTTPRequest.Method, _ template: String, _ options: RouteOptions,
        _ handler: @escaping Route.Handler
    ) {
        var handler = handler
        // A streamed body does not count: a slow client would keep its place for as long as it sends. Such a handler passes the
        // gate by itself for the work that it does in between.
        if let gate, options.loadClass == .admitted, !options.body.isStreamed, !options.hasOwnQueue {
            let work = gate.work()
            handler = { [handler] context in try await gate.admit(context, to: work) { try await handler(context) } }
        }
        insert(method, template, options) { [handler] _ in .deferred(handler) }
    }

    /// Adds a GET route that answers from memory where it can, and in a task where it has to load something.
    ///
    /// The closure looks its answer up once. What it finds out on the way, the handler that it returns on a miss can use. The gate
    /// does not bound these handlers, as many of them wait for one load; the load passes the gate.
    /// - Parameter cost: how many plain requests one request costs under the rate limit, from its query as sent
    package func cached(
        _ template: String, cost: (@Sendable (ArraySlice<UInt8>?) -> Int)? = nil,
        _ begin: @escaping (RequestContext) throws -> RouteResult
    ) {
        var options = RouteOptions(.cached, access: .everyone)
        options.cost = cost
        insert(.get, template, options, begin)
    }

    /// Adds a GET route that is answered at once, from memory, whatever the load is. For health checks.
    package func alwaysServed(_ template: String, _ answer: @escaping (RequestContext) throws -> Response) {
        insert(.get, template, .quiet) { .immediate(try answer($0)) }
    }

    /// Templates are the program's own text, so a malformed one or a duplicate stops the program at its start.
    private func insert(
        _ method: HTTPRequest.Method, _ template: String, _ options: RouteOptions,
        _ begin: @escaping (RequestContext) throws -> RouteResult
    ) {
        guard let parsed = RouteTemplate(template) else { preconditionFailure("not a route template: \(template)") }
        let metrics = RouteMetrics(method, route: parsed.description, factory: factory)
        let route = Route(method: method, template: parsed, options: options, metrics: metrics, begin: begin)
        guard root.insert(route, below: parsed.segments[...]) else {
            preconditionFailure("two routes for \(method.rawValue) \(template)")
        }
        routes.append(route)
    }

    package func get(_ template: String, _ options: RouteOptions, _ handler: @escaping Route.Handler) {
        add(.get, template, options, handler)
    }

    package func post(_ template: String, _ options: RouteOptions, _ handler: @escaping Route.Handler) {
        add(.post, template, options, handler)
    }

    package func put(_ template: String, _ options: RouteOptions, _ handler: @escaping Route.Handler) {
        add(.put, template, options, handler)
    }

    package func patch(_ template: String, _ options: RouteOptions, _ handler: @escaping Route.Handler) {
        add(.patch, template, options, handler)
    }

    package func delete(_ template: String, _ options: RouteOptions, _ handler: @escaping Route.Handler) {
        add(.delete, template, options, handler)
    }

    /// Finds the route of a request.
    package func match(_ head: RequestHead) -> RouteMatch {
        guard Router.known.contains(head.method) else { return .unknownMethod }
        defer { path.clear() }
        switch path.read(head.bytes, head.path) {
        case .valid: return match(head.method)
        case .malformed: return .malformed
        case .unmatched:
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

    /// The methods of RFC 9110 §9, RFC 5789 and QUERY; any other is 501 on every path (RFC 9110 §9.1).
    private static let known: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .connect, .trace, .query,
    ]
}

/// The result of a look-up in the router.
package enum RouteMatch {
    case found(Route, PathParameters)
    /// OPTIONS on a path that exists, or on the service as a whole, with the methods that it takes.
    case options(allow: String)
    /// The path exists, but not for this method.
    case methodNotAllowed(allow: String)
    case notFound
    /// The path is not percent-encoded UTF-8.
    case malformed
    /// No route of the service can have this method.
    case unknownMethod
}
