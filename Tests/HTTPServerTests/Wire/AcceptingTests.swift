import EventLoop
import Foundation
import Testing
import TestSupport

@testable import HTTPServer

@Suite struct AcceptingTests {
    @Test func connectionsAreSpreadEvenlyOverTheLoops() async throws {
        try await RunningServer.with(loops: 3) { running in
            let sockets = try (0..<9).map { _ in try RawSocket(port: running.port) }
            #expect(try await running.eventually { running.server.openConnections == 9 })
            #expect(running.server.connectionsPerLoop == [3, 3, 3])
            for socket in sockets { socket.close() }
            #expect(try await running.eventually { running.server.openConnections == 0 })
        }
    }

    @Test func connectionsBeyondTheLimitGet503AndRoomIsUsedAgain() async throws {
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

    @Test func thePeerIsTheOtherEndsAddress() async throws {
        try await RunningServer.with { running in
            let response = try await HTTPTestClient(port: running.port).request("GET", "/peer")
            #expect(response.text == "127.0.0.1")
        }
        try await RunningServer.with({ $0.host = "::" }) { running in
            let response = try await HTTPTestClient(port: running.port).request("GET", "/peer")
            #expect(response.text == "127.0.0.1")
        }
    }

    @Test func aPortInUseIsAnErrorAndNotTheEnd() async throws {
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
    @Test func withoutDescriptorsItNeitherSpinsNorEnds() async throws {
        await #expect(processExitsWith: .success) {
            try await RunningServer.with { running in
                let kept = HTTPTestClient(port: running.port)
                #expect(try await kept.request("GET", "/").status == 200)
                // Dispatch makes the descriptor of its timers at the first one, and ends the process where it cannot.
                try await Task.sleep(for: .milliseconds(1))
                var limit = rlimit()
                getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                limit.rlim_cur = 128
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                var spare: [Int32] = []
                while true {
                    let descriptor = open("/dev/null", O_RDONLY)
                    if descriptor < 0 { break }
                    spare.append(descriptor)
                }
                // One descriptor for the client's end, none for the server's.
                if let last = spare.popLast() { close(last) }
                let refused = try await RawSocket.connect(port: running.port)
                let text = String(decoding: try await refused.readToEnd(), as: UTF8.self)
                #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 503 "))
                var before = rusage(), after = rusage()
                getrusage(RUSAGE_SELF.rawValue, &before)
                try await Task.sleep(for: .milliseconds(500))
                getrusage(RUSAGE_SELF.rawValue, &after)
                let used = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1_000_000
                    + (after.ru_utime.tv_usec - before.ru_utime.tv_usec)
                #expect(used < 250_000)
                #expect(try await kept.request("GET", "/still").text == "/still")
                for _ in 0..<4 { if let last = spare.popLast() { close(last) } }
                #expect(try await HTTPTestClient(port: running.port).request("GET", "/again").text == "/again")
                for descriptor in spare { close(descriptor) }
            }
        }
    }
}
