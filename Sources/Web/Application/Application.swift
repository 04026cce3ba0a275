import CoreMetrics
import CSystem
import EventLoop
import HTTPServer
import HTTPTypes
import Logging

/// The service of one loop: finds the route, runs the middlewares and the handler, makes problems of errors,
/// and writes the access log.
package final class Application: Responder {
    private let router: Router
    private let chain: Middleware.Next
    private let settings: ApplicationSettings
    /// What every answer gets that goes out over TLS.
    private let alwaysSecure: HeaderBlock
    private let logger: Logger
    private let accessLog: AccessLog
    private let mapError: (any Error) -> Problem?
    private let problems: ProblemMetrics
    private var sheds = ShedAnswer()
    private let shedLog: ShedLog
    private var ids = RequestIDSource()

    /// - Parameters:
    ///   - middlewares: the first stands outermost; all of them within the request's deadline.
    ///   - gate: bounds what the routes' handlers have at work at a time; nil for no bound.
    ///   - metrics: where problems are counted; by default among the process's own. Requests are where the router says.
    ///   - mapError: what an error of a lower layer is to a client; nil where it is nothing but an internal error.
    package init(
        router: Router, middlewares: [any Middleware] = [], settings: ApplicationSettings = ApplicationSettings(),
        gate: AdmissionGate? = nil, logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory,
        mapError: @escaping (any Error) -> Problem? = { _ in nil }
    ) {
        if let gate { router.admit(through: gate) }
        self.router = router
        self.settings = settings
        var secure = HeaderBlock.always
        // Without includeSubDomains: what else there is under the name is not this service's to decide.
        secure.append(.strictTransportSecurity, "max-age=\(settings.strictTransport.components.seconds)")
        alwaysSecure = secure
        self.logger = logger
        problems = ProblemMetrics(factory: metrics)
        self.mapError = mapError
        accessLog = AccessLog(logger: logger)
        shedLog = ShedLog(logger: logger)
        // Put together here, so that a request allocates nothing for its way through.
        var chain: Middleware.Next = { context in try await context.handler(context) }
        for middleware in ([RequestDeadline()] + middlewares).reversed() {
            chain = { [next = chain] context in try await middleware.respond(to: context, next: next) }
        }
        self.chain = chain
    }

    package func respond(to request: Request) async -> Response {
        let (context, route) = context(for: request)
        var response: Response
        var isLogged = true
        do {
            response = try await chain(context)
        } catch let shed as Shed {
            problems.count(shed.problem)
            response = sheds.response(requestID: context.requestID)
            isLogged = shedLog.takes(on: context.loop)
        } catch {
            response = answer(to: error, in: context)
        }
        response.headers.append(context.headers)
        complete(&response, requestID: context.requestID, always: isSecure(request) ? alwaysSecure : .always)
        let duration = elapsed(since: request.received)
        (route?.metrics ?? router.unrouted).record(request.method, status: response.status.code, nanoseconds: duration)
        if isLogged {
            accessLog.write(response, to: context, duration: duration, isQuiet: route?.options.isQuiet ?? false)
        }
        return response
    }

    package func refuse(_ refusal: Refusal) -> Response {
        let requestID = ids.next()
        let problem = Problem(.refusal(refusal.status), refusal.reason)
        problems.count(problem)
        var response = problem.response(requestID: requestID)
        complete(&response, requestID: requestID, always: .always)
        accessLog.write(response, to: refusal, requestID: requestID, duration: elapsed(since: refusal.received))
        return response
    }

    package func bodyPlan(for head: RequestHead) -> BodyPlan {
        guard case .found(let route, _) = router.match(head) else { return .standard }
        return route.options.body
    }

    private func elapsed(since start: UInt64) -> Int64 {
        let now = csystem_monotonic()
        return Int64(clamping: now > start ? now - start : 0)
    }

    private func context(for request: Request) -> (RequestContext, Route?) {
        var route: Route?
        var parameters = PathParameters()
        let handler: Middleware.Next
        switch router.match(request.head) {
        case .found(let found, let values):
            route = found
            parameters = values
            handler = found.handler
        case .options(let allow): handler = { _ in Response.noContent.with(.allow, allow) }
        case .methodNotAllowed(let allow): handler = { _ in throw Problem.methodNotAllowed(allow: allow) }
        case .notFound: handler = { _ in throw Problem.notFound("no such path") }
        case .malformed: handler = { _ in throw Problem(.malformedPath) }
        case .unknownMethod: handler = { _ in throw Problem(.methodNotImplemented) }
        }
        let limit = (route?.options.deadline ?? settings.requestDeadline).nanosecondsClamped
        let (instant, overflow) = request.received.addingReportingOverflow(limit)
        let context = RequestContext(
            request: request,
            requestID: RequestID.choose(request.head.bytes(of: .xRequestID), else: &ids),
            clientAddress: settings.trustedProxies.client(
                peer: request.peer, forwarded: request.head.values(of: .xForwardedFor)),
            route: route?.template.description,
            parameters: parameters,
            isVital: route?.options.isVital ?? false,
            deadline: Deadline(instant: overflow ? .max : instant),
            handler: handler,
            logger: logger)
        return (context, route)
    }

    /// What every answer carries.
    private func complete(_ response: inout Response, requestID: String, always: HeaderBlock) {
        // Room for all below, so that the bytes move once.
        response.headers.reserveCapacity(response.headers.bytes.count + always.bytes.count + 192)
        // What nobody said may be kept must not be: a cache would show one customer's answer to another.
        if !response.headers.contains(.cacheControl) { response.headers.append(Application.notStored) }
        response.headers.append(always)
        response.headers.append(.xRequestID, requestID)
    }

    private static let notStored = HeaderBlock([(.cacheControl, CachePolicy.notStored)])

    /// Whether the client came over TLS, to here or as a trusted proxy says. Over plain HTTP the field that asks for TLS must not
    /// be sent (RFC 6797 §7.2).
    private func isSecure(_ request: Request) -> Bool {
        guard settings.strictTransport > .zero else { return false }
        if request.isEncrypted { return true }
        guard !settings.trustedProxies.isEmpty,
            let scheme = request.head.bytes(of: .xForwardedProto), scheme.elementsEqual("https".utf8),
            let peer = IPAddress(request.peer)
        else { return false }
        return settings.trustedProxies.trusts(peer)
    }

    private func answer(to error: any Error, in context: RequestContext) -> Response {
        let problem = problem(for: error)
        problems.count(problem)
        if problem.kind.status.code >= 500 { log(problem, in: context) }
        return problem.response(requestID: context.requestID)
    }

    private func problem(for error: any Error) -> Problem {
        if let convertible = error as? any ProblemConvertible { return convertible.problem }
        // Found only while the handler read the body.
        if let fault = error as? RequestFault { return Problem(.refusal(fault.status), fault.reason) }
        if error is CancellationError, Task.isCancelled { return Problem(.clientGone) }
        return mapError(error) ?? .internalError(error)
    }

    private func log(_ problem: Problem, in context: RequestContext) {
        context.logger.log(
            level: problem.kind == .internalError ? .error : .warning, "request failed",
            metadata: [
                "code": .string(problem.kind.code),
                "route": .string(context.route ?? "none"),
                "error": .string(problem.cause ?? problem.detail ?? problem.kind.title),
            ])
    }
}
