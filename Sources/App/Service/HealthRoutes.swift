import HTTPServer
import HTTPTypes
import Web

/// `/health` for the load balancer, `/health/live` for the container's runtime. Of one loop.
///
/// Load balancers ask often, and of every task. So the answer is kept until a check or the second that it tells changes, and is
/// given without a task, as a cached product is.
final class HealthRoutes {
    private let board: HealthStatus
    private var kept: (revision: UInt64, second: UInt64, response: Response)?

    init(board: HealthStatus) { self.board = board }

    func register(on router: Router) {
        router.alwaysServed("/health") { [self] context in health(at: context.loop.now) }
        let live = Response.json { json in
            json.beginObject()
            json.field("status", "ok")
            json.endObject()
        }
        router.alwaysServed("/health/live") { _ in live }
    }

    /// - Parameter now: in nanoseconds of the monotonic clock
    func health(at now: UInt64) -> Response {
        // Before the state: what changes in between is seen by the next.
        let revision = board.revision
        let second = board.second(at: now)
        if let kept, kept.revision == revision, kept.second == second { return kept.response }
        let state = board.now
        let status: HTTPResponse.Status = state.status(at: now).isServing ? .ok : .serviceUnavailable
        let response = Response.json(status, bytes: state.json(at: now, version: Version.text))
        kept = (revision, second, response)
        return response
    }
}
