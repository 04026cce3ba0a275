import CSystem
import EventLoop
import Formats
import FoundationEssentials
import HTTPServer
import Logging

/// A request on its way through the service, with everything that is known about it. Lives on the loop of its request.
package final class RequestContext {
    package let request: Request
    /// The id of the request, from the client or made here.
    package let requestID: String
    /// The client's address without port, as far as trusted proxies report it.
    package let clientAddress: String
    /// Whether a trusted proxy sent the request, whose report on the client's connection is believed.
    package let isProxied: Bool
    /// The template of the route, such as `/v1/things/{id}`; nil without a route.
    package let route: String?
    package let parameters: PathParameters
    /// How its route is treated under load.
    package let loadClass: LoadClass
    private let costOfQuery: (@Sendable (ArraySlice<UInt8>?) -> Int)?
    /// When the response is due.
    package let deadline: Deadline
    /// Who may call its route; nil without a route.
    package let access: RouteAccess?
    /// The person behind it, once a middleware has looked for one.
    package var authentication = Authentication.none
    /// The client's rate limit after this request; nil where none holds. Only responses for one client show it.
    var rateLimit: RateLimitStatus?
    /// Why the head alone is reason to refuse the request, whose body was therefore not read; nil where it is not.
    var refusal: Problem?
    /// Headers of the response, whatever it becomes, an error too.
    package var headers = HeaderBlock()

    private let parentLogger: Logger

    package init(
        request: Request, requestID: String, clientAddress: String, isProxied: Bool = false, route: String?,
        parameters: PathParameters,
        loadClass: LoadClass = .admitted, access: RouteAccess? = nil, cost: (@Sendable (ArraySlice<UInt8>?) -> Int)? = nil,
        deadline: Deadline, logger: Logger
    ) {
        costOfQuery = cost
        self.request = request
        self.requestID = requestID
        self.clientAddress = clientAddress
        self.isProxied = isProxied
        self.route = route
        self.parameters = parameters
        self.loadClass = loadClass
        self.access = access
        self.deadline = deadline
        parentLogger = logger
    }

    /// How many plain requests this one costs under the rate limit.
    package var cost: Int { costOfQuery?(request.query) ?? 1 }

    package var loop: EventLoop { request.loop }

    /// The client to which limits apply: the account once it is known, otherwise the address.
    package var client: String { userID.map { "user:" + $0.text } ?? ClientKey.of(clientAddress) }

    /// The trace of the request, from `traceparent` or `X-Amzn-Trace-Id`.
    package lazy var traceID: String? = TraceID.find(
        traceparent: request.head.bytes(of: .traceparent), amazon: request.head.bytes(of: .xAmznTraceID))

    /// A logger that adds the request's ids to its lines. Lazy, as most requests log nothing of their own.
    package lazy var logger: Logger = {
        var logger = parentLogger
        logger[metadataKey: "request_id"] = .string(requestID)
        if let traceID { logger[metadataKey: "trace_id"] = .string(traceID) }
        return logger
    }()

    /// The parameters of the query.
    /// - Throws: 400 where they are not properly encoded.
    package var query: QueryParameters {
        get throws(Problem) {
            if let parsedQuery { return parsedQuery }
            guard let raw = request.query else { return QueryParameters() }
            guard let parsed = QueryParameters(raw) else { throw Problem(.malformedQuery) }
            parsedQuery = parsed
            return parsed
        }
    }

    private var parsedQuery: QueryParameters?
}

// Every wait of a handler ends at the deadline by itself, so no timer is set here.
extension RequestContext {
    /// - Throws: 503 where the deadline has passed before the request begins.
    func checkDeadline() throws {
        guard loop.now < deadline.instant else { throw Problem(.deadlineExceeded).retrying(after: 1) }
    }

    /// Runs `body` with the deadline as ``Deadline/current``, which the clients of databases and caches keep.
    ///
    /// An error after the deadline becomes that of the deadline: 503.
    func withDeadline<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await Deadline.$current.withValue(deadline) { try await body() }
        } catch let problem as any ProblemConvertible where problem.problem.kind.status.code < 500 {
            throw problem
        } catch {
            guard csystem_monotonic() >= deadline.instant else { throw error }
            throw Problem(.deadlineExceeded).retrying(after: 1).caused(by: error)
        }
    }
}

/// How a route is treated under load.
package enum LoadClass: Sendable {
    /// Every request is answered: no rate limit and no admission gate holds for it. For health checks.
    case alwaysServed
    /// Most requests are answered from memory, and are no load. The loads of the others pass the gate by themselves.
    case cached
    /// The handler runs with an admission, and under overload not at all.
    case admitted
}

/// The values of a path's parameters, percent-decoded.
package struct PathParameters: Sendable, Equatable {
    private let names: [String]
    private let values: [String]

    package init() {
        names = []
        values = []
    }

    init(names: [String], values: [String]) {
        self.names = names
        self.values = values
    }

    /// The value of a parameter, never empty; `""` where the template has none of this name.
    package subscript(name: String) -> String {
        for (candidate, value) in zip(names, values) where candidate == name { return value }
        return ""
    }

    /// The value as an identifier; nil where it is none.
    package func uuid(_ name: String) -> UUID? { UUID(utf8: self[name].utf8) }
}
