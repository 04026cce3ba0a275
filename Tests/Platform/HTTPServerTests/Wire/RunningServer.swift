import EventLoop
import Logging
import TestSupport

@testable import HTTPServer

/// A server with a ``TestResponder`` on a free port of loopback, for as long as `body` runs.
struct RunningServer: Sendable {
    let server: Server
    let port: UInt16
    let journal: TestResponder.Journal

    @discardableResult
    static func with<Value: Sendable>(
        loops: Int = 1, _ change: (inout ServerConfiguration) -> Void = { _ in }, metrics: ServerMetrics = .none,
        _ body: (RunningServer) async throws -> Value
    ) async throws -> Value {
        var configuration = ServerConfiguration()
        configuration.host = "127.0.0.1"
        configuration.port = 0
        change(&configuration)
        let group = try EventLoopGroup(count: loops)
        let journal = TestResponder.Journal()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = Server(configuration: configuration, loops: group, logger: logger, metrics: metrics) { _ in
            TestResponder(journal: journal)
        }
        let running = RunningServer(server: server, port: try server.start(), journal: journal)
        do {
            let value = try await body(running)
            await running.end(group)
            return value
        } catch {
            await running.end(group)
            throw error
        }
    }

    private func end(_ group: EventLoopGroup) async {
        await server.finish(within: .zero)
        // The loops close their connections in the order of their inbox, so before they stop.
        group.stop()
    }

    func connect() async throws -> RawSocket { try await RawSocket.connect(port: port) }

    /// Sends the bytes on a new connection, and gives all that comes until the server ends it.
    func talk(_ text: String) async throws -> String {
        let socket = try await connect()
        try await socket.send(text)
        return String(decoding: try await socket.readToEnd(), as: UTF8.self)
    }

    /// Waits for something that other threads bring about; whether it came within 10 s.
    func eventually(_ condition: () -> Bool) async throws -> Bool {
        for _ in 0..<1_000 {
            if condition() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return condition()
    }
}
