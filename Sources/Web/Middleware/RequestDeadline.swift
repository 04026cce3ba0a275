import CSystem
import EventLoop
import HTTPServer

/// Makes the request's deadline known to all clients below, through ``Deadline/current``.
///
/// Whatever waits, waits no longer than it; so no timer is set here. A request that arrives too late is not begun,
/// and a failure after the deadline is that of the deadline: 503.
package struct RequestDeadline: Middleware {
    package init() {}

    package func respond(to context: RequestContext, next: Next) async throws -> Response {
        let deadline = context.deadline
        guard context.loop.now < deadline.instant else { throw Problem(.deadlineExceeded).retrying(after: 1) }
        do {
            return try await Deadline.$current.withValue(deadline) { try await next(context) }
        } catch let problem as any ProblemConvertible where problem.problem.kind.status.code < 500 {
            throw problem
        } catch {
            guard csystem_monotonic() >= deadline.instant else { throw error }
            throw Problem(.deadlineExceeded).retrying(after: 1).caused(by: error)
        }
    }
}
