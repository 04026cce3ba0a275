import EventLoop
import Glibc

/// The service's event loop; a request is answered in its handler, or in a task of its own on the loop.
// Unchecked: touched on its loop only.
final class LoopServer: LoopBenchmarkServer, DescriptorHandler, @unchecked Sendable {
    private let loop: EventLoop
    private let startsTasks: Bool
    private var listener: Int32 = -1
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(startsTasks: Bool) throws {
        loop = try EventLoop(label: "benchmark")
        self.startsTasks = startsTasks
    }

    func serve(_ listener: Int32) {
        loop.execute { [self] in
            self.listener = listener
            _ = try? loop.register(listener, for: .read, handler: self)
        }
    }

    func descriptorReady(_ readiness: Readiness) {
        while case let socket = FixedReply.accept(listener), socket >= 0 {
            let connection = Connection(socket, self)
            connection.registration = try? loop.register(socket, for: .read, handler: connection)
        }
    }

    final class Connection: DescriptorHandler {
        private let socket: Int32
        private let server: LoopServer
        var registration: Registration?

        init(_ socket: Int32, _ server: LoopServer) {
            self.socket = socket
            self.server = server
        }

        func descriptorReady(_ readiness: Readiness) {
            if server.startsTasks { server.loop.run { await self.answer() } } else { exchange() }
        }

        private func answer() async { exchange() }

        private func exchange() {
            guard !FixedReply.exchange(socket, &server.buffer), let registration else { return }
            server.loop.deregister(registration)
            close(socket)
        }
    }
}
