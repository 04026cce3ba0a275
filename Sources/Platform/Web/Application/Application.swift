import CoreMetrics
import CSystem
import EventLoop
import HTTPServer
import HTTPTypes
import Logging

/// The service of one loop: finds the route, asks the middlewares and the handler, makes problems of errors,
/// and writes the access log. What needs no waiting is answered without a task.
package final class Application: Responder {
    private let router: Router
    private let middlewares: [any Middleware]
    private let settings: ApplicationSettings
    /// What every answer gets that goes out over TLS.
    private let alwaysSecure: HeaderBlock
    private let logger: Logger
    private let accessLog: AccessLog
    private let mapError: (any Error) -> Problem?
    private let problems: ProblemMetrics
    private var sheds = ShedAnswer()
    private let shedLog: ShedLog
    /// Nil where no proxy is trusted.
    private var concentration: ClientConcentration?
    private let clientErrorLog: ClientErrorLog
    private var ids = RequestIDSource()

    /// - Parameters:
    ///   - middlewares: asked in this order, all of them within the request's deadline.
    ///   - metrics: where problems are counted; by default among the process's own. Requests are where the router says.
    ///   - mapError: what an error of a lower layer is to a client; nil where it is nothing but an internal error.
    package init(
        router: Router, middlewares: [any Middleware] = [], settings: ApplicationSettings = ApplicationSettings(),
        logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory,
        mapError: @escaping (any Error) -> Problem? = { _ in nil }
    ) {
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
        concentration = settings.trustedProxies.isEmpty ? nil : settings.concentration
        clientErrorLog = ClientErrorLog(logger: logger, most: settings.loggedClientErrors)
        self.middlewares = middlewares
    }

    package func begin(_ request: Request) -> ResponderResult {
        let head = request.responderState as? MatchedHead
        request.responderState = nil
        let match = head?.match ?? router.match(request.head)
        let context = context(for: request, match)
        context.refusal = head?.refusal
        do {
            try context.checkDeadline()
            switch try advance(context, match, from: 0) {
            case .immediate(let response): return .immediate(finish(response, match, context))
            case .deferred(let handler): return .deferred { [self] in await run(handler, context, match) }
            }
        } catch {
            return .immediate(fail(error, match, context))
        }
    }

    /// Leads a request through the middlewares, from the one at `start` on, to its route.
    private func advance(_ context: RequestContext, _ match: RouteMatch, from start: Int) throws -> RouteResult {
        for index in start..<middlewares.count {
            switch try middlewares[index].before(context) {
            case .next: continue
            case .respond(let response): return .immediate(response)
            case .suspend(let wait):
                return .deferred { [self] context in
                    if let response = try await wait() { return response }
                    switch try advance(context, match, from: index + 1) {
                    case .immediate(let response): return response
                    case .deferred(let handler): return try await handler(context)
                    }
                }
            }
        }
        if let refusal = context.refusal { throw refusal }
        switch match {
        case .found(let route, _): return try route.begin(context)
        case .options(let allow): return .immediate(Response.noContent.with(.allow, allow))
        case .methodNotAllowed(let allow): throw Problem.methodNotAllowed(allow: allow)
        case .notFound: throw Problem.notFound("no such path")
        case .malformed: throw Problem(.malformedPath)
        case .unknownMethod: throw Problem(.methodNotImplemented)
        }
    }

    /// Waits for the response of a handler, within the request's deadline.
    private func run(_ handler: Route.Handler, _ context: RequestContext, _ match: RouteMatch) async -> Response {
        do {
            let response = try await context.withDeadline { try await handler(context) }
            return finish(response, match, context)
        } catch {
            return fail(error, match, context)
        }
    }

    private func fail(_ error: any Error, _ match: RouteMatch, _ context: RequestContext) -> Response {
        guard let shed = error as? Shed else { return finish(answer(to: error, in: context), match, context) }
        problems.count(shed.problem)
        let isLogged = shedLog.takes(on: context.loop)
        return finish(sheds.response(requestID: context.requestID), match, context, isLogged: isLogged)
    }

    /// Gives an answer what all of them have, counts it and writes its line.
    private func finish(
        _ response: consuming Response, _ match: RouteMatch, _ context: RequestContext, isLogged: Bool = true
    ) -> Response {
        let request = context.request
        var route: Route?
        if case .found(let found, _) = match { route = found }
        response.headers.append(context.headers)
        complete(
            &response, requestID: context.requestID, always: isSecure(context) ? alwaysSecure : .always, context.rateLimit)
        let duration = elapsed(since: request.received)
        (route?.metrics ?? router.unrouted).record(request.method, status: response.status.code, nanoseconds: duration)
        let code = response.status.code
        if isLogged, code < 400 || code >= 500 || clientErrorLog.takes(context.client, on: context.loop) {
            accessLog.write(response, to: context, duration: duration, isQuiet: route?.options.isQuiet ?? false)
        }
        return response
    }

    package func reject(_ rejected: RejectedRequest) -> Response {
        let requestID = ids.next()
        var problem = Problem(.refusal(rejected.status, rejected.cause), rejected.reason)
        // What was refused for want of room, or as too much at a time.
        if rejected.status == .serviceUnavailable || rejected.status == .tooManyRequests { problem = problem.retrying(after: 1) }
        problems.count(problem)
        var response = problem.response(requestID: requestID)
        complete(&response, requestID: requestID, always: .always)
        accessLog.write(response, to: rejected, requestID: requestID, duration: elapsed(since: rejected.received))
        return response
    }

    /// What a request's head says before its body comes, kept for when it has.
    private final class MatchedHead {
        let match: RouteMatch
        /// Why it is refused, where no look at the body would change that.
        var refusal: Problem?
        init(_ match: RouteMatch) { self.match = match }
    }

    package func bodyPolicy(for request: Request) -> BodyPolicy {
        let matched = MatchedHead(router.match(request.head))
        request.responderState = matched
        guard case .found(let route, _) = matched.match else { return .unread }
        // The client holds its body back until it hears that it is wanted (RFC 9110 §10.1.1).
        if request.head.bytes(of: .expect) != nil {
            matched.refusal = refusal(of: request, matched.match, route)
            if matched.refusal != nil { return .unread }
        }
        var plan = route.options.body
        if plan.deadline == nil { plan.deadline = route.options.deadline }
        return plan
    }

    /// Why a request is refused whatever its body is, as far as its head tells.
    private func refusal(of request: Request, _ match: RouteMatch, _ route: Route) -> Problem? {
        let context = context(for: request, match)
        for middleware in middlewares {
            if let refusal = middleware.refusal(of: context) { return refusal }
        }
        guard route.options.takesJSON, request.head.bytes(of: .contentLength) != nil else { return nil }
        do throws(Problem) { try context.requireJSON() } catch { return error }
        return nil
    }

    private func elapsed(since start: UInt64) -> Int64 {
        let now = csystem_monotonic()
        return Int64(clamping: now > start ? now - start : 0)
    }

    private func context(for request: Request, _ match: RouteMatch) -> RequestContext {
        var route: Route?
        var parameters = PathParameters()
        if case .found(let found, let values) = match { (route, parameters) = (found, values) }
        let limit = (route?.options.deadline ?? settings.requestDeadline).nanosecondsClamped
        let (instant, overflow) = request.received.addingReportingOverflow(limit)
        let client = settings.trustedProxies.client(peer: request.peer, request.head)
        if concentration?.isSample() == true { note(client.address, route?.options.loadClass) }
        return RequestContext(
            request: settings.trustedProxies.withoutSecret(request),
            requestID: RequestID.choose(request.head.bytes(of: .xRequestID), else: &ids),
            clientAddress: client.address,
            isProxied: client.isProxied,
            route: route?.template.description,
            parameters: parameters,
            loadClass: route?.options.loadClass ?? .admitted,
            cost: route?.options.cost,
            deadline: Deadline(instant: overflow ? .max : instant),
            logger: logger)
    }

    /// Looks whether a proxy stands for its clients. Health checks come from few addresses as a rule.
    private func note(_ address: String, _ loadClass: LoadClass?) {
        guard loadClass != .alwaysServed, let finding = concentration?.note(ClientKey.of(address), at: csystem_monotonic()) else {
            return
        }
        logger.warning(
            "most requests come from few client addresses: if these are proxies, rate limits hold for all of their clients together; see TRUSTED_PROXIES, TRUSTED_HOPS and ORIGIN_VERIFY_SECRET",
            metadata: [
                "addresses": .stringConvertible(finding.addresses), "commonest": .string(finding.commonest),
                "percent": .stringConvertible(finding.percent),
            ])
    }

    /// What every answer carries.
    private func complete(
        _ response: inout Response, requestID: String, always: HeaderBlock, _ rateLimit: RateLimitStanding? = nil
    ) {
        // Room for all below, so that the bytes move once.
        response.headers.reserveCapacity(response.headers.bytes.count + always.bytes.count + 256)
        // What nobody said may be kept must not be: a cache would show one customer's answer to another.
        let isPrivate = response.headers.begins(.cacheControl, with: "private")
        if isPrivate == nil { response.headers.append(Application.notStored) }
        // A shared cache gives what it may keep to all, and would tell them how one client stands.
        let isShared = isPrivate == false && response.headers.begins(.cacheControl, with: "no-store") == false
        if let rateLimit, !isShared { RateLimitFields.append(rateLimit, to: &response.headers) }
        response.headers.append(always)
        // Made here, or found sane (``RequestID``).
        response.headers.append(line: "X-Request-Id: ", trusted: requestID)
    }

    private static let notStored = HeaderBlock([(.cacheControl, CachePolicy.notStored)])

    /// Whether the client came over TLS, to here or as a trusted proxy says. Over plain HTTP the field that asks for TLS must not
    /// be sent (RFC 6797 §7.2).
    private func isSecure(_ context: RequestContext) -> Bool {
        guard settings.strictTransport > .zero else { return false }
        if context.request.isEncrypted { return true }
        return context.isProxied && context.request.head.bytes(of: .xForwardedProto)?.elementsEqual("https".utf8) == true
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
        if let fault = error as? RequestError { return Problem(.refusal(fault.status, fault.cause), fault.reason) }
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
