import CSystem
import EventLoop
import FoundationEssentials
import Formats
import HTTPServer
import Logging

/// A request on its way through the service, and what has been found out about it.
///
/// Lives on the loop of its request, as everything that handles it does.
package final class RequestContext {
    package let request: Request
    /// The caller's id for the request, or ours.
    package let requestID: String
    /// The client's address, as far as trusted proxies told it; without port.
    package let clientAddress: String
    /// Whether a trusted proxy has sent the request, whose word about the client's connection holds.
    package let isProxied: Bool
    /// The template of the route, such as `/v1/products/{id}`; nil where there is none.
    package let route: String?
    package let parameters: PathParameters
    /// How its route is treated under load.
    package let loadClass: LoadClass
    /// What ``cost`` is told by.
    private let costOfQuery: (@Sendable (ArraySlice<UInt8>?) -> Int)?
    /// By when there must be an answer.
    package let deadline: Deadline
    /// Who asks, once a middleware has found out.
    package var userID: UUID?
    /// Where the client stands with its rate limit; nil where none holds. Answers that are one client's tell it.
    var rateLimit: RateLimitStanding?
    /// Why it is refused by its head, without its body; nil where it is not.
    var refusal: Problem?
    /// Fields that the answer gets whatever it becomes, an error too.
    package var headers = HeaderBlock()

    private let parentLogger: Logger

    package init(
        request: Request, requestID: String, clientAddress: String, isProxied: Bool = false, route: String?,
        parameters: PathParameters,
        loadClass: LoadClass = .admitted, cost: (@Sendable (ArraySlice<UInt8>?) -> Int)? = nil, deadline: Deadline, logger: Logger
    ) {
        costOfQuery = cost
        self.request = request
        self.requestID = requestID
        self.clientAddress = clientAddress
        self.isProxied = isProxied
        self.route = route
        self.parameters = parameters
        self.loadClass = loadClass
        self.deadline = deadline
        parentLogger = logger
    }

    /// How many plain requests this one counts as under the rate limit.
    package var cost: Int { costOfQuery?(request.query) ?? 1 }

    package var loop: EventLoop { request.loop }

    /// Who asks, as far as limits go: the account, where it is known by now, else the address.
    package var client: String { userID.map { "user:" + $0.text } ?? ClientKey.of(clientAddress) }

    /// The trace that the request belongs to, from `traceparent` or `X-Amzn-Trace-Id`.
    package lazy var traceID: String? = TraceID.find(
        traceparent: request.head.bytes(of: .traceparent), amazon: request.head.bytes(of: .xAmznTraceID))

    /// Marks its lines with the request's ids. Made when it is first asked for: most requests log nothing of their own.
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

// Every wait below a handler ends at the deadline by itself, so no timer is set here.
extension RequestContext {
    /// - Throws: 503 where the deadline has passed before the request begins.
    func checkDeadline() throws {
        guard loop.now < deadline.instant else { throw Problem(.deadlineExceeded).retrying(after: 1) }
    }

    /// Runs `body` with the deadline as ``Deadline/current``, which all clients of databases and caches keep.
    ///
    /// A failure after the deadline counts as a failure of the deadline: 503.
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
