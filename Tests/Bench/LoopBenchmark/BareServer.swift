import EventLoop
import HTTPServer
import Logging

/// The service's HTTP server, with the fixed reply as its only answer.
final class BareServer: LoopBenchmarkServer {
    private let loops: EventLoopGroup
    private let makeResponder: @Sendable (EventLoop) -> any Responder
    private var server: Server?

    /// - Parameter makeResponder: what answers; by default nothing but the reply
    init(makeResponder: @escaping @Sendable (EventLoop) -> any Responder = { _ in FixedResponder() }) throws {
        loops = try EventLoopGroup(count: 1)
        self.makeResponder = makeResponder
    }

    func serve(_ listener: Int32) {
        var configuration = ServerConfiguration()
        configuration.inheritedListener = listener
        let server = Server(
            configuration: configuration, loops: loops, logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() },
            makeResponder: makeResponder)
        _ = try? server.start()
        self.server = server
    }
}

private final class FixedResponder: Responder {
    private let response = Response(.ok, headers: FixedReply.headers, body: FixedReply.body)

    func begin(_ request: Request) -> ResponderResult { .immediate(response) }

    func reject(_ rejected: RejectedRequest) -> Response { Response(rejected.status) }
}
