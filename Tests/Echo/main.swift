import Dispatch
import EventLoop
import Glibc
import HTTPServer
import Logging

// The bare server on 127.0.0.1, for suites of HTTP tests: `echo PORT` serves until SIGINT or SIGTERM.

guard CommandLine.arguments.count == 2, let port = UInt16(CommandLine.arguments[1]) else {
    print("usage: echo PORT")
    exit(64)
}
signal(SIGPIPE, SIG_IGN)

var configuration = ServerConfiguration()
configuration.host = "127.0.0.1"
configuration.port = port
let server = Server(
    configuration: configuration, loops: try EventLoopGroup(count: 1), logger: Logger(label: "echo")
) { _ in EchoResponder() }
do {
    print("serving on http://127.0.0.1:\(try server.start())")
    fflush(nil)
} catch {
    print("cannot listen on port \(port): \(error)")
    exit(69)
}

nonisolated let end = DispatchSemaphore(value: 0)
let signals = [SIGINT, SIGTERM].map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler { @Sendable in end.signal() }
    source.activate()
    return source
}
end.wait()
exit(0)
