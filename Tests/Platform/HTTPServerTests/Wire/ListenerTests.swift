import CSystem
import EventLoop
import Foundation
import Logging
import Testing
import TestSupport

@testable import HTTPServer

@Suite struct ListenerTests {
    @Test func connectionsAreSpreadEvenlyOverTheLoops() async throws {
        try await RunningServer.with(loops: 3) { running in
            let sockets = try (0..<9).map { _ in try RawSocket(port: running.port) }
            #expect(try await running.eventually { running.server.openConnections == 9 })
            #expect(running.server.connectionsPerLoop == [3, 3, 3])
            for socket in sockets { socket.close() }
            #expect(try await running.eventually { running.server.openConnections == 0 })
        }
    }

    @Test func connectionsBeyondTheLimitGet503UntilOthersClose() async throws {
        try await RunningServer.with({ $0.maximumConnections = 2 }) { running in
            let first = HTTPTestClient(port: running.port), second = HTTPTestClient(port: running.port)
            _ = try await first.request("GET", "/")
            _ = try await second.request("GET", "/")
            let refused = try await HTTPTestClient(port: running.port).request("GET", "/")
            #expect(refused.status == 503)
            #expect(refused.header("Connection") == "close")
            first.close()
            #expect(try await running.eventually { running.server.openConnections == 1 })
            #expect(try await HTTPTestClient(port: running.port).request("GET", "/").status == 200)
        }
    }

    @Test func thePeerIsTheClientsAddress() async throws {
        try await RunningServer.with { running in
            let response = try await HTTPTestClient(port: running.port).request("GET", "/peer")
            #expect(response.text == "127.0.0.1")
        }
        try await RunningServer.with({ $0.host = "::" }) { running in
            let response = try await HTTPTestClient(port: running.port).request("GET", "/peer")
            #expect(response.text == "127.0.0.1")
        }
    }

    @Test func aPortInUseIsAnErrorAndNotACrash() async throws {
        try await RunningServer.with { running in
            do {
                try await RunningServer.with({ $0.port = running.port }) { _ in }
                Issue.record("two servers on one port")
            } catch let error as SystemError {
                #expect(error.number == EADDRINUSE)
            }
        }
    }

    /// In a process of its own, since the limit holds for all of it.
    @Test func someDescriptorsAreReserved() async throws {
        await #expect(processExitsWith: .success) {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = 256
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            try await RunningServer.with({
                $0.reservedDescriptors = 216
                // Else the idle ones of one client are closed before all are taken.
                $0.client = { _ in nil }
            }) { running in
                let kept = try (0..<40).map { _ in try RawSocket(port: running.port) }
                #expect(try await running.eventually { running.server.openConnections == 40 })
                #expect(try await HTTPTestClient(port: running.port).request("GET", "/").status == 503)
                kept[0].close()
                #expect(try await running.eventually { running.server.openConnections == 39 })
                #expect(try await HTTPTestClient(port: running.port).request("GET", "/").status == 200)
            }
        }
    }

    /// The real thing would take Dispatch down with it (see ``ServerConfiguration/reservedDescriptors``), so the
    /// error is passed to the listener; everything else is real.
    @Test func withoutDescriptorsAClientIsRefusedWithTheReserve() async throws {
        let loop = try EventLoop(label: "test.loop")
        defer { loop.stop() }
        let group = ConnectionGroup(loop: loop, configuration: ServerConfiguration(), metrics: .none)
        let descriptor = csystem_listen("127.0.0.1", 0, 16)
        let listener = Listener(
            descriptor: descriptor, groups: [group], maximum: 10, metrics: .none, logger: Logger(label: "test"))
        loop.execute { group.begin(with: TestResponder(journal: TestResponder.Journal())) }
        let port = csystem_local_port(descriptor)
        for _ in 0..<3 {
            let refused = try await RawSocket.connect(port: port)
            #expect(await on(loop) { listener.recover(EMFILE) })
            #expect(String(decoding: try await refused.readToEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 503 "))
            #expect(await on(loop) { !listener.recover(ENFILE) })
        }
        await on(loop) {
            listener.begin()
            _ = listener.recover(ENOMEM)
        }
        let served = try await HTTPTestClient(port: port).request("GET", "/after")
        #expect(served.text == "/after")
        await on(loop) {
            listener.close()
            group.closeAll()
        }
    }

    @discardableResult
    private func on<Value: Sendable>(_ loop: EventLoop, _ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { done in loop.execute { done.resume(returning: body()) } }
    }
}
