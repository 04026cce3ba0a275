import CoreMetrics
import CSystem
import EventLoop
import HTTPServer
import HTTPTypes
import Logging

/// The service of one loop: finds the route, runs the middlewares and the handler, turns errors into problems, and writes the
/// access log. A response that needs no wait needs no task.
package final class Application: Responder {
    private let router: Router
    private let middlewares: [any Middleware]
    private let settings: ApplicationSettings
    /// The headers of every response to a client that came over TLS.
    private let alwaysSecure: HeaderBlock
    private let logger: Logger
    private let accessLog: AccessLog
    private let mapError: (any Error) -> Problem?
    private let problems: ProblemMetrics
    private var overloadResponse = OverloadResponse()
    private let overloadLog: OverloadLog
    /// Nil where no proxy is trusted.
    private var concentration: ClientConcentration?
    private let clientErrorLog: ClientErrorLog
    private var ids = RequestIDSource()

    /// - Parameters:
    ///   - middlewares: run in this order, within the request's deadline
    ///   - metrics: where problems are counted; by default among the process's own. The router counts requests.
    ///   - mapError: the problem for an error of a lower layer; nil for an internal error
    package init(
        router: Router, middlewares: [any Middleware] = [], settings: ApplicationSettings = ApplicationSettings(),
        logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory,
        mapError: @escaping (any Error) -> Problem? = { _ in nil }
    ) {
        self.router = router
        self.settings = settings
        var secure = HeaderBlock.always
        // Without includeSubDomains: other names of the domain belong to other services.
        secure.append(.strictTransportSecurity, "max-age=\(settings.strictTransport.components.seconds)")
        alwaysSecure = secure
        self.logger = logger
        problems = ProblemMetrics(factory: metrics)
        self.mapError = mapError
        accessLog = AccessLog(logger: logger)
        overloadLog = OverloadLog(logger: logger)
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
        case .found(let route, _):
            try context.checkAccess()
            return try route.begin(context)
        case .options(let allow): return .immediate(Response.noContent.with(.allow, allow))
        case .methodNotAllowed(let allow): throw Problem.methodNotAllowed(allow: allow)
        case .notFound: throw Problem.notFound("The path does not exist.")
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
        guard let overload = error as? OverloadError else { return finish(response(to: error, in: context), match, context) }
        problems.count(overload.problem)
        let isLogged = overloadLog.takes(on: context.loop)
        return finish(overloadResponse.response(requestID: context.requestID), match, context, isLogged: isLogged)
    }

    /// Completes a response, counts it and writes its line in the access log.
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
        var problem = Problem(.rejection(rejected.status, rejected.cause), rejected.reason)
        // Rejected for lack of capacity.
        if rejected.status == .serviceUnavailable || rejected.status == .tooManyRequests { problem = problem.retrying(after: 1) }
        problems.count(problem)
        var response = problem.response(requestID: requestID)
        complete(&response, requestID: requestID, always: .always)
        accessLog.write(response, to: rejected, requestID: requestID, duration: elapsed(since: rejected.received))
        return response
    }

    /// The route of a request whose body is still to come, so that it is found once.
    private final class MatchedHead {
        let match: RouteMatch
        /// Why the request is refused by its head alone.
        var refusal: Problem?
        init(_ match: RouteMatch) { self.match = match }
    }

    package func bodyPolicy(for request: Request) -> BodyPolicy {
        let matched = MatchedHead(router.match(request.head))
        request.responderState = matched
        guard case .found(let route, _) = matched.match else { return .unread }
        // The client sends its body only after a 100 (Continue) (RFC 9110 §10.1.1).
        if request.head.bytes(of: .expect) != nil {
            matched.refusal = refusal(of: request, matched.match, route)
            if matched.refusal != nil { return .unread }
        }
        var plan = route.options.body
        if plan.deadline == nil { plan.deadline = route.options.deadline }
        return plan
    }

    /// Why a request is refused by its head, whatever its body is.
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
        if concentration?.isSample() == true { noteAddress(client.address, route?.options.loadClass) }
        return RequestContext(
            request: settings.trustedProxies.withoutSecret(request),
            requestID: RequestID.choose(request.head.bytes(of: .xRequestID), else: &ids),
            clientAddress: client.address,
            isProxied: client.isProxied,
            route: route?.template.description,
            parameters: parameters,
            loadClass: route?.options.loadClass ?? .admitted,
            access: route?.options.access,
            cost: route?.options.cost,
            deadline: Deadline(instant: overflow ? .max : instant),
            logger: logger)
    }

    /// Looks for proxies that are not trusted. Health checks do not count: they come from few addresses as a rule.
    private func noteAddress(_ address: String, _ loadClass: LoadClass?) {
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

    /// Adds the headers of every response.
    private func complete(
        _ response: inout Response, requestID: String, always: HeaderBlock, _ rateLimit: RateLimitStatus? = nil
    ) {
        // Room for all headers below, so that the bytes move once.
        response.headers.reserveCapacity(response.headers.bytes.count + always.bytes.count + 256)
        // Nothing may be stored by default: a cache would show one client's response to another.
        let isPrivate = response.headers.begins(.cacheControl, with: "private")
        if isPrivate == nil { response.headers.append(Application.notStored) }
        // A shared cache would show one client's rate limit to all.
        let isShared = isPrivate == false && response.headers.begins(.cacheControl, with: "no-store") == false
        if let rateLimit, !isShared { RateLimitFields.append(rateLimit, to: &response.headers) }
        response.headers.append(always)
        // Made or checked by ``RequestID``.
        response.headers.append(line: "X-Request-Id: ", trusted: requestID)
    }

    private static let notStored = HeaderBlock([(.cacheControl, CachePolicy.notStored)])

    /// Whether the client came over TLS, to this service or to a trusted proxy. Over plain HTTP, Strict-Transport-Security must not be
    /// sent (RFC 6797 §7.2).
    private func isSecure(_ context: RequestContext) -> Bool {
        guard settings.strictTransport > .zero else { return false }
        if context.request.isEncrypted { return true }
        return context.isProxied && context.request.head.bytes(of: .xForwardedProto)?.elementsEqual("https".utf8) == true
    }

    private func response(to error: any Error, in context: RequestContext) -> Response {
        let problem = problem(for: error)
        problems.count(problem)
        if problem.kind.status.code >= 500 { log(problem, in: context) }
        return problem.response(requestID: context.requestID)
    }

    private func problem(for error: any Error) -> Problem {
        if let convertible = error as? any ProblemConvertible { return convertible.problem }
        // An error in the body, which the handler reads as it comes.
        if let fault = error as? RequestError { return Problem(.rejection(fault.status, fault.cause), fault.reason) }
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

/// Settings of how requests are handled.
package struct ApplicationSettings: Sendable {
    /// The proxies whose reports on the client's address are believed.
    package var trustedProxies: TrustedProxies
    /// Detects a proxy that is not trusted.
    package var concentration = ClientConcentration()
    /// How long a request may take by default.
    package var requestDeadline: Duration

    /// How long browsers must come back over TLS only (RFC 6797); zero for no such rule.
    package var strictTransport: Duration

    /// How many lines about 4xx one client gets in ten seconds; the others are counted.
    package var loggedClientErrors: Int

    package init(
        trustedProxies: TrustedProxies = .none, requestDeadline: Duration = .seconds(30), strictTransport: Duration = .zero,
        loggedClientErrors: Int = 100
    ) {
        self.loggedClientErrors = loggedClientErrors
        self.trustedProxies = trustedProxies
        self.requestDeadline = requestDeadline
        self.strictTransport = strictTransport
    }
}
