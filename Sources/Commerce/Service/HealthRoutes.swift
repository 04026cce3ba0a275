import CSystem
import HTTPServer
import HTTPTypes
import Web

/// `/health` for the load balancer, `/health/live` for the container's runtime.
struct HealthRoutes {
    let board: HealthBoard

    func register(on router: Router) {
        router.get("/health", .quiet) { _ in
            let state = board.now
            let now = csystem_monotonic()
            let status: HTTPResponse.Status = state.status(at: now).isServing ? .ok : .serviceUnavailable
            return Response.json(status, bytes: state.json(at: now, version: Version.text))
        }
        router.get("/health/live", .quiet) { _ in
            Response.json { json in
                json.beginObject()
                json.field("status", "ok")
                json.endObject()
            }
        }
    }
}
