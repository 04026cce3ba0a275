import Foundation
import Prometheus
import Testing
import TestSupport

@testable import HTTPServer

/// Bodies that are never whole in memory, either way.
@Suite struct StreamTests {
    /// In a process of its own, since other tests take memory, too.
    @Test func aSlowReaderSlowsTheClientDown() async {
        await #expect(processExitsWith: .success) { try await StreamTests.sendToSlowReader() }
    }

    private static func sendToSlowReader() async throws {
        try await RunningServer.with { running in
            let size = 192 << 20
            let before = try Self.residentBytes()
            let socket = try await running.connect()
            async let sent: Void = Self.send(size, to: "/stream/count/1", on: socket)
            var most = 0
            let connection = HTTPTestConnection(socket)
            async let reply = connection.response(seconds: 120)
            for _ in 0..<20 {
                try await Task.sleep(for: .milliseconds(20))
                most = max(most, try Self.residentBytes() - before)
            }
            #expect(try await reply.response.text == "\(size)")
            try await sent
            most = max(most, try Self.residentBytes() - before)
            #expect(most < size / 4, "grew by \(most >> 20) MiB")
        }
    }

    @Test func aBodyGoesThroughInBothDirectionsAtOnce() async throws {
        try await RunningServer.with { running in
            let size = 20 << 20
            let socket = try await running.connect()
            async let sent: Void = Self.send(size, to: "/stream/back", on: socket)
            let connection = HTTPTestConnection(socket)
            #expect(try await connection.head(seconds: 30).header("Transfer-Encoding") == "chunked")
            var received = 0
            while let chunk = try await connection.chunk(seconds: 30) {
                #expect(chunk.allSatisfy { $0 == 0x61 })
                received += chunk.count
            }
            #expect(received == size)
            try await sent
            // The connection is as good as new.
            try await socket.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await connection.response().response.text == "/next")
        }
    }

    @Test func aWriterWaitsForAClientThatDoesNotRead() async throws {
        try await RunningServer.with { running in
            let socket = try await running.connect()
            try await socket.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            var written = -1
            // Until two looks see the same: it waits.
            for _ in 0..<200 where written != running.journal.written || written <= 0 {
                written = running.journal.written
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(written == running.journal.written)
            #expect(written < 32 << 20)
            // It goes on once the client reads, and ends once that is gone.
            for _ in 0..<2_000 where running.journal.written == written { _ = try await socket.receive() }
            #expect(running.journal.written > written)
            socket.reset()
            #expect(try await running.eventually { running.journal.streamsEnded == 1 })
            #expect(try await running.eventually { running.server.openConnections == 0 })
        }
    }

    @Test func aResponseThatFailsIsNotMistakenForComplete() async throws {
        try await RunningServer.with { running in
            let text = try await running.talk("GET /torn HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(!text.contains("0\r\n\r\n"))
        }
    }

    @Test func a100IsSentWhenTheBodyIsFirstRead() async throws {
        try await RunningServer.with { running in
            let socket = try await running.connect()
            let connection = HTTPTestConnection(socket)
            func head(_ path: String) -> String {
                "POST \(path) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
            }
            for _ in 0..<2 {
                try await socket.send(head("/stream/echo"))
                #expect(try await connection.head().status == 100)
                try await socket.send("abc")
                #expect(try await connection.response().response.text == "abc")
            }
            try await socket.send(head("/stream/ignore"))
            #expect(try await connection.head().status == 200)
        }
    }

    @Test func aStreamedBodyThatIsTooSlowFails() async throws {
        try await RunningServer.with {
            $0.minimumRateWindow = .milliseconds(100)
            $0.minimumRate = 1_000_000
        } _: { running in
            let socket = try await running.connect()
            try await socket.send("POST /stream/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\nabc")
            let text = String(decoding: try await socket.readToEnd(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 408"))
            #expect(text.contains("Connection: close"))
        }
    }

    @Test func aCompleteBodyIsNoLongerMeasured() async throws {
        let registry = PrometheusRegistry(descriptions: [])
        try await RunningServer.with({ $0.minimumRateWindow = .seconds(2) }, metrics: ServerMetrics(factory: registry)) {
            running in
            let socket = try await running.connect()
            try await socket.send("POST /stream/count/2500 HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n")
            try await socket.send([UInt8](repeating: 0x61, count: 60_000))
            // Each piece is in the reader's hands for longer than the client may be silent.
            #expect(try await HTTPTestConnection(socket).response(seconds: 60).response.text == "60000")
            #expect(registry.text().contains("http_server_timeouts_total{phase=\"body\"} 0"))
        }
    }

    @Test func theReadersOwnTimeDoesNotCountAgainstTheClient() async throws {
        try await RunningServer.with {
            $0.minimumRateWindow = .milliseconds(100)
            $0.minimumRate = 1_000_000
        } _: { running in
            let client = HTTPTestClient(port: running.port)
            let response = try await client.request("POST", "/stream/count/500", body: [1, 2, 3])
            #expect(response.status == 200)
        }
    }

    @Test func aTruncatedBodyIsAnErrorForItsReader() async throws {
        try await RunningServer.with { running in
            let socket = try await running.connect()
            try await socket.send("POST /stream/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\nabc")
            socket.finishSending()
            #expect(String(decoding: try await socket.readToEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 400"))
            #expect(try await running.eventually { running.server.openConnections == 0 })
        }
    }

    @Test func aClientThatDisconnectsEndsTheReader() async throws {
        try await RunningServer.with { running in
            let socket = try await running.connect()
            try await socket.send("POST /stream/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\nabc")
            #expect(try await running.eventually { running.server.activeRequests == 1 })
            socket.reset()
            #expect(try await running.eventually { running.journal.ended == 1 && running.server.openConnections == 0 })
        }
    }

    @Test func streamedAndOtherResponsesKeepTheirOrderOnOneConnection() async throws {
        try await RunningServer.with { running in
            let paths = ["/chunks/3", "/first", "/yield", "/chunks/2", "/chunks/1", "/sleep/20", "/chunks/4", "/last"]
            let connection = HTTPTestConnection(try await running.connect())
            for _ in 0..<3 {
                let requests = paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }
                try await connection.socket.send(requests.joined())
                for path in paths {
                    let (response, reusable) = try await connection.response()
                    #expect(response.status == 200 && reusable, "\(path)")
                    let count = path.hasPrefix("/chunks/") ? Int(path.dropFirst(8)) ?? 0 : 0
                    let text = count > 0 ? (0..<count).map { "\($0);" }.joined() : path
                    #expect(response.text == text)
                }
            }
            #expect(running.server.activeRequests == 0)
        }
    }

    @Test func aStreamIsNotifiedOfTheShutdown() async throws {
        try await RunningServer.with { running in
            let socket = try await running.connect()
            try await socket.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            let connection = HTTPTestConnection(socket)
            #expect(try await connection.head().status == 200)
            #expect(try await connection.chunk() == Array("waiting;".utf8))
            async let finished = running.server.finish(within: .seconds(20))
            #expect(try await connection.chunk() == Array("bye".utf8))
            #expect(try await connection.chunk() == nil)
            #expect(try await socket.receive().isEmpty)
            socket.close()
            #expect(await finished)
        }
    }

    @Test func anUpgradedConnectionCarriesNoFurtherRequest() async throws {
        try await RunningServer.with { running in
            let socket = try await running.connect()
            // What comes with the request belongs to it already.
            try await socket.send("GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: loud\r\n\r\nearly;")
            let connection = HTTPTestConnection(socket)
            let head = try await connection.head()
            #expect(head.status == 101)
            #expect(head.header("Connection") == "upgrade")
            #expect(head.header("Content-Length") == nil)
            #expect(try await connection.read(6) == Array("EARLY;".utf8))
            try await socket.send("GET / HTTP/1.1\r\n")
            #expect(try await connection.read(16) == Array("GET / HTTP/1.1\r\n".utf8))
            socket.finishSending()
            #expect(try await socket.readToEnd() == Array("BYE".utf8))
            #expect(try await running.eventually { running.server.openConnections == 0 && running.journal.streamsEnded == 1 })
        }
    }

    private static func send(_ size: Int, to path: String, on socket: RawSocket) async throws {
        try await socket.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        for _ in 0..<(size >> 20) { try await socket.send(piece, seconds: 60) }
    }

    /// What of this process is in memory (proc(5), statm).
    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(getpagesize())
    }
}
