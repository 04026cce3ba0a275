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
    /// Whether it is answered whatever happens, and no limit holds for it: what asks for the service's health.
    package let bypassesAdmission: Bool
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
        bypassesAdmission: Bool = false, cost: (@Sendable (ArraySlice<UInt8>?) -> Int)? = nil, deadline: Deadline, logger: Logger
    ) {
        costOfQuery = cost
        self.request = request
        self.requestID = requestID
        self.clientAddress = clientAddress
        self.isProxied = isProxied
        self.route = route
        self.parameters = parameters
        self.bypassesAdmission = bypassesAdmission
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
