import CSystem
import EventLoop
import HTTPServer

/// Holds a request to its deadline.
///
/// Whatever waits, waits no longer than it; so no timer is set here. A request that arrives too late is not begun,
/// and a failure after the deadline is that of the deadline: 503.
enum RequestDeadline {
    /// - Throws: 503 where it is too late to begin.
    static func check(_ context: RequestContext) throws {
        guard context.loop.now < context.deadline.instant else { throw Problem(.deadlineExceeded).retrying(after: 1) }
    }

    /// Makes the deadline known to all clients below, through ``Deadline/current``, while `body` runs.
    static func hold<Value>(_ context: RequestContext, _ body: () async throws -> Value) async throws -> Value {
        let deadline = context.deadline
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
