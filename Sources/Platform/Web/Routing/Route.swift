import HTTPServer
import HTTPTypes

/// A method, a path template, and the code that answers.
package final class Route {
    /// Answers a request on its loop; an error that it throws becomes a problem.
    package typealias Handler = (RequestContext) async throws -> Response

    package let method: HTTPRequest.Method
    package let template: RouteTemplate
    package let options: RouteOptions
    /// Begins to answer a request, on its loop and outside any task; an error that it throws becomes a problem.
    package let begin: (RequestContext) throws -> RouteResult
    let metrics: RouteMetrics

    init(
        method: HTTPRequest.Method, template: RouteTemplate, options: RouteOptions, metrics: RouteMetrics,
        begin: @escaping (RequestContext) throws -> RouteResult
    ) {
        self.method = method
        self.template = template
        self.options = options
        self.metrics = metrics
        self.begin = begin
    }
}

/// The result of ``Route/begin``.
package enum RouteResult {
    /// The response, without a wait and so without a task.
    case immediate(Response)
    /// The handler that makes the response in a task. Its closure holds what the route has found so far.
    case deferred(Route.Handler)
}

/// What a route needs that differs from the other routes, and who may call it. There are no options without callers, so a route that
/// does not declare them does not compile.
package struct RouteOptions: Sendable {
    package var loadClass: LoadClass
    /// How many plain requests one request costs under the rate limit, from its query as sent; nil: one.
    package var cost: (@Sendable (ArraySlice<UInt8>?) -> Int)?
    /// How long a request may take; nil for the service's default.
    package var deadline: Duration?
    /// How a body is read. By default the route takes none, or a tiny one without a meaning.
    package var body: BodyPolicy
    /// Whether a body must be JSON. A client that sends `Expect: 100-continue` with another type is refused before it sends the body.
    package var takesJSON: Bool
    /// Whether its requests are logged at debug level only: health checks come every few seconds.
    package var isQuiet: Bool
    /// Whether its handler waits for something else than the database, in a bounded queue of its own, and so takes no place of the
    /// admission gate.
    package var hasOwnQueue = false
    /// Who may call it.
    package let access: RouteAccess

    package init(
        _ loadClass: LoadClass = .admitted, access: RouteAccess, deadline: Duration? = nil, body: BodyPolicy = .none,
        takesJSON: Bool = false, isQuiet: Bool = false
    ) {
        self.access = access
        self.loadClass = loadClass
        self.deadline = deadline
        self.body = body
        self.takesJSON = takesJSON
        self.isQuiet = isQuiet
    }

    /// Takes JSON of at most so many bytes. ``RouteBody/open(to:)`` makes options of it.
    package static func json(upTo limit: Int) -> RouteBody { RouteBody(limit: limit) }

    /// For health checks: always answered, and not logged.
    package static let quiet = RouteOptions(.alwaysServed, access: .everyone, isQuiet: true)

    /// The same, for a handler that waits in a bounded queue of its own.
    package var queuedElsewhere: RouteOptions {
        var options = self
        options.hasOwnQueue = true
        return options
    }

    /// The standard options, for these callers.
    package static func open(to access: RouteAccess) -> RouteOptions { RouteOptions(access: access) }
}

/// The JSON that a route takes, of which its callers are still to be declared.
package struct RouteBody: Sendable {
    fileprivate let limit: Int

    /// The options of a route that takes it, for these callers.
    package func open(to access: RouteAccess) -> RouteOptions {
        RouteOptions(access: access, body: BodyPolicy(limit: limit), takesJSON: true)
    }
}
