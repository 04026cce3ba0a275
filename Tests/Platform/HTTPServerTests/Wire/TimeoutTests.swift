import CSystem
import Foundation
import Testing
import TestSupport

@testable import HTTPServer

/// Clients that are slow, and clients that go.
@Suite struct TimeoutTests {
    @Test func anIdleConnectionIsClosedAfterTheKeepAliveTime() async throws {
        try await RunningServer.with({ $0.idleTimeout = .milliseconds(300) }) { running in
            let text = try await running.talk("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(text.components(of: "HTTP/1.1 ") == 1)
            #expect(!text.contains("Connection: close"))
        }
    }

    @Test func anIdleConnectionIsNotClosedBeforeTheKeepAliveTime() async throws {
        try await RunningServer.with({ ($0.idleTimeout, $0.headerTimeout) = (.seconds(30), .milliseconds(200)) }) { running in
            let client = HTTPTestClient(port: running.port)
            for _ in 0..<2 {
                #expect(try await client.request("GET", "/").status == 200)
                try await Task.sleep(for: .milliseconds(600))
            }
            #expect(try await client.request("GET", "/").status == 200)
            #expect(client.connections == 1)
        }
        #expect(ServerConfiguration().idleTimeout > .seconds(60))
    }

    @Test func withoutAMinimumRateABodyMayBeSlow() async throws {
        try await RunningServer.with({ ($0.minimumRateWindow, $0.minimumRate) = (.milliseconds(100), 0) }) { running in
            let response = try await onOwnThread {
                let socket = try RawSocket(port: running.port)
                try socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
                for byte in ["a", "b"] {
                    Thread.sleep(forTimeInterval: 0.7)
                    try socket.send(byte)
                }
                return try HTTPTestConnection(socket).response().response
            }
            #expect(response.text == "ab")
        }
    }

    @Test func aNewConnectionThatSendsNothingIsClosedWithoutAResponse() async throws {
        try await RunningServer.with({ $0.headerTimeout = .milliseconds(300) }) { running in
            let text = try await running.talk("")
            #expect(text.isEmpty)
        }
    }

    @Test func aHeadThatTakesTooLongGets408() async throws {
        try await RunningServer.with({ ($0.headerTimeout, $0.lingerTimeout) = (.seconds(1), .seconds(20)) }) { running in
            for start in ["GET / HTTP/1.1\r\nHost: a\r\nX: ", "GET /first HTTP/1.1\r\nHost: a\r\n\r\nG"] {
                let text = try await drip(start, to: running.port)
                #expect(text.contains("HTTP/1.1 408 "))
                #expect(text.components(of: "HTTP/1.1 ") == (start.contains("first") ? 2 : 1))
            }
        }
    }

    @Test func aBodyThatIsTooSlowGets408() async throws {
        try await RunningServer.with({
            ($0.minimumRateWindow, $0.minimumRate, $0.lingerTimeout) = (.milliseconds(300), 100, .seconds(20))
        }) { running in
            let text = try await drip("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", to: running.port)
            #expect(text.hasPrefix("HTTP/1.1 408 "))
            #expect(running.journal.begun.isEmpty)
        }
    }

    /// Sends `start` and then a drop now and then, which must not win time; all that comes back. On a thread of
    /// its own, since what is timed here must not wait for other tests.
    private func drip(_ start: String, to port: UInt16) async throws -> String {
        try await onOwnThread {
            let socket = try RawSocket(port: port)
            try socket.send(start)
            for _ in 0..<4 {
                Thread.sleep(forTimeInterval: 0.02)
                try socket.send("x")
            }
            return String(decoding: try socket.readToEnd(), as: UTF8.self)
        }
    }

    @Test func aBodyThatKeepsTheRateMayTakeLongerThanTheWindow() async throws {
        try await RunningServer.with({ ($0.minimumRateWindow, $0.minimumRate) = (.milliseconds(1_500), 20) }) { running in
            let response = try await onOwnThread {
                let socket = try RawSocket(port: running.port)
                try socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
                for _ in 0..<20 {
                    try socket.send(String(repeating: "x", count: 50))
                    Thread.sleep(forTimeInterval: 0.1)
                }
                return try HTTPTestConnection(socket).response().response
            }
            #expect(response.body.count == 1_000)
        }
    }

    @Test func aClientThatReadsNoResponseIsClosed() async throws {
        try await RunningServer.with({ $0.writeTimeout = .milliseconds(300) }) { running in
            let socket = try await running.connect()
            socket.limitReceiveBuffer(4_096)
            try await socket.send("GET /large/50000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await running.eventually { running.journal.ended == 1 })
            #expect(try await running.eventually { running.server.openConnections == 0 })
        }
    }

    /// The kernel would take megabytes for each such client, and of its memory a container has no more than of its own.
    @Test func unreadResponsesWaitInTheProcessAndNotInTheKernel() async throws {
        try await RunningServer.with { running in
            let socket = try await running.connect()
            socket.limitReceiveBuffer(4_096)
            try await socket.send("GET /large/50000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await running.eventually { running.journal.ended == 1 && unsent(from: running.port) > 0 })
            try await Task.sleep(for: .milliseconds(300))
            #expect(unsent(from: running.port) < 1 << 20)
        }
    }

    /// What the kernel holds for the one client of a server on this port, in bytes.
    private func unsent(from port: UInt16) -> Int32 {
        for descriptor in Int32(3)..<1_024 where csystem_local_port(descriptor) == port {
            var count: Int32 = 0
            // A listening socket has no such queue.
            if ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 { return count }
        }
        return 0
    }

    @Test func aSlowClientGetsAllOfALargeResponse() async throws {
        try await RunningServer.with { running in
            let socket = try await running.connect()
            socket.limitReceiveBuffer(16 << 10)
            try await socket.send(
                String(repeating: "GET /large/3000000 HTTP/1.1\r\nHost: a\r\n\r\n", count: 3)
                    + "GET /end HTTP/1.1\r\nHost: a\r\n\r\n")
            let connection = HTTPTestConnection(socket)
            for _ in 0..<3 {
                try await Task.sleep(for: .milliseconds(50))
                #expect(try await connection.response().response.body.count == 3_000_000)
            }
            #expect(try await connection.response().response.text == "/end")
        }
    }

    @Test func noRequestBeginsWhileTooManyResponsesWait() async throws {
        try await RunningServer.with { running in
            let socket = try await running.connect()
            socket.limitReceiveBuffer(4_096)
            try await socket.send(String(repeating: "GET /large/8000000 HTTP/1.1\r\nHost: a\r\n\r\n", count: 20))
            #expect(try await running.eventually { !running.journal.begun.isEmpty })
            try await Task.sleep(for: .milliseconds(200))
            #expect(running.journal.begun.count <= 2)
            socket.reset()
            #expect(try await running.eventually { running.server.openConnections == 0 })
        }
    }

    @Test func aHalfClosedClientGetsItsResponses() async throws {
        try await RunningServer.with { running in
            for path in ["/a", "/yield", "/sleep/100", "/large/2000000"] {
                let socket = try await running.connect()
                try await socket.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\nGET /last HTTP/1.1\r\nHost: a\r\n\r\n")
                socket.finishSending()
                let text = String(decoding: try await socket.readToEnd(), as: UTF8.self)
                #expect(text.components(of: "HTTP/1.1 200 OK") == 2)
                #expect(text.hasSuffix("/last"))
            }
            #expect(try await running.eventually { running.server.openConnections == 0 })
        }
    }

    @Test func aRequestThatEndsInTheMiddleGets400() async throws {
        try await RunningServer.with { running in
            for start in ["GET / HT", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"] {
                let socket = try await running.connect()
                try await socket.send(start)
                socket.finishSending()
                #expect(String(decoding: try await socket.readToEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 400 "))
            }
            #expect(running.journal.begun.isEmpty)
        }
    }

    @Test func aClientThatDisconnectsCancelsItsRequest() async throws {
        try await RunningServer.with({ $0.halfCloseTimeout = .milliseconds(200) }) { running in
            for resets in [true, false] {
                let before = running.journal.cancelled
                let socket = try await running.connect()
                try await socket.send("GET /sleep/60000 HTTP/1.1\r\nHost: a\r\n\r\nGET /never HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await running.eventually { running.server.activeRequests == 1 })
                if resets { socket.reset() } else { socket.close() }
                #expect(try await running.eventually { running.journal.cancelled == before + 1 })
                #expect(try await running.eventually { running.server.openConnections == 0 })
            }
        }
    }

    @Test func aResetInTheMiddleOfAResponseHarmsNoOtherClient() async throws {
        try await RunningServer.with { running in
            for _ in 0..<20 {
                let socket = try await running.connect()
                try await socket.send("GET /large/4000000 HTTP/1.1\r\nHost: a\r\n\r\nGET /sleep/5 HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await socket.read(1_000)
                socket.reset()
            }
            #expect(try await running.eventually { running.server.openConnections == 0 })
            #expect(try await HTTPTestClient(port: running.port).request("GET", "/still").text == "/still")
        }
    }

    @Test func aThousandSlowConnectionsDoNotStopOthers() async throws {
        // Both ends of all of them are in this process.
        #expect(csystem_raise_open_files() > 2_500)
        try await RunningServer.with(loops: 2) { running in
            var slow: [RawSocket] = []
            for number in 0..<1_000 {
                let socket = try await running.connect()
                switch number % 3 {
                case 0: try await socket.send("GET / HTTP/1.1\r\nHost: a")
                case 1: try await socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc")
                default:
                    socket.limitReceiveBuffer(4_096)
                    try await socket.send("GET /large/300000 HTTP/1.1\r\nHost: a\r\n\r\n")
                }
                slow.append(socket)
            }
            #expect(try await running.eventually { running.server.openConnections == 1_000 })
            let client = HTTPTestClient(port: running.port)
            let clock = ContinuousClock()
            var worst = Duration.zero
            for number in 0..<200 {
                let start = clock.now
                let response = try await client.request("GET", "/\(number)")
                worst = max(worst, clock.now - start)
                #expect(response.text == "/\(number)")
            }
            #expect(worst < .seconds(1))
        }
    }
}
