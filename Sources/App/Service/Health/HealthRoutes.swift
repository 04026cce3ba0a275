import Configuration
import HTTPServer
import HTTPTypes
import Web

/// `/health` for the load balancer, `/health/live` for the container runtime. Confined to its loop.
///
/// Load balancers ask every task often. So a response is kept until a check or the second that it shows changes, and it needs no
/// Swift task, like a cached product.
final class HealthRoutes {
    private let status: HealthStatus
    private var kept: (revision: UInt64, second: UInt64, response: Response)?

    init(status: HealthStatus) { self.status = status }

    func register(on router: Router) {
        router.alwaysServed("/health") { [self] context in health(at: context.loop.now) }
        router.alwaysServed("/health/live") { [self] context in isLive(at: context.loop.now) ? live : stuck }
    }

    private let live = HealthRoutes.liveness(.ok, "ok")
    private let stuck = HealthRoutes.liveness(.serviceUnavailable, "stuck")

    private static func liveness(_ code: HTTPResponse.Status, _ word: String) -> Response {
        Response.json(code) { json in
            json.beginObject()
            json.field("status", word)
            json.endObject()
        }
    }

    func isLive(at now: UInt64) -> Bool { status.now.isLive(at: now) }

    /// - Parameter now: The time in nanoseconds of the monotonic clock.
    func health(at now: UInt64) -> Response {
        // Read before the state: the next request then sees a change that happens in between.
        let revision = status.revision
        let second = status.second(at: now)
        if let kept, kept.revision == revision, kept.second == second { return kept.response }
        let state = status.now
        let code: HTTPResponse.Status = state.status(at: now).isServing ? .ok : .serviceUnavailable
        let response = Response.json(code, bytes: state.json(at: now, version: Version.text))
        kept = (revision, second, response)
        return response
    }
}
