import HTTPServer
import HTTPTypes

extension ProblemKind {
    package static let upgradeRequired = ProblemKind(
        .upgradeRequired, "upgrade_required", "WebSocket required",
        "The call is answered over WebSocket, version 13, only; `Upgrade` and `Sec-WebSocket-Version` say so.")
}

extension WebSocketRefusal: ProblemConvertible {
    package var problem: Problem {
        var problem = Problem(status.code == 426 ? .upgradeRequired : .badRequest, reason)
        problem.headers = headers
        return problem
    }
}
