import HTTPServer
import HTTPTypes

extension ProblemKind {
    package static let upgradeRequired = ProblemKind(
        .upgradeRequired, "upgrade_required", "WebSocket required",
        "The call needs a WebSocket handshake of version 13, as `Upgrade` and `Sec-WebSocket-Version` in the answer say.")
}

extension WebSocketHandshakeError: ProblemConvertible {
    package var problem: Problem {
        var problem = Problem(status.code == 426 ? .upgradeRequired : .badRequest, reason)
        problem.headers = headers
        return problem
    }
}
