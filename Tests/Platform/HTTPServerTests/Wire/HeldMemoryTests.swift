import Prometheus
import TLS
import TestSupport
import Testing

@testable import HTTPServer

/// What is kept for clients: judged by its head, due in time, within one budget.
@Suite struct HeldMemoryTests {
    private static let refused = "POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n"

    @Test func aRequestRejectedByItsHeadIsAnsweredWithoutItsBody() async throws {
        try await RunningServer.with { running in
            for (fields, sent) in [
                ("\r\n", ""), ("Expect: 100-continue\r\n\r\n", ""), ("\r\n", String(repeating: "x", count: 200_000)),
            ] {
                let socket = try await running.connect()
                try await socket.send(Self.refused + fields + sent)
                let replies = try WireReply.all(in: try await socket.readToEnd())
                #expect(replies.map(\.status) == [200])
                #expect(replies.first?.header("connection") == "close")
                #expect(replies.first?.text == "/unread")
                #expect(try await running.eventually { running.server.buffers.held == 0 })
            }
            let text = try await running.talk(Self.refused + "Expect: 100-continue\r\n\r\n")
            #expect(!text.contains("100 Continue"))
            #expect(running.journal.begun.allSatisfy { $0 == "/unread" })
        }
    }

    @Test func aRequestRejectedByItsHeadIsAnsweredWithoutItsBodyOverTLS() async throws {
        let files = try ScratchDirectory("held")
        let certificates = CertificateStore(try EncryptedConnectionTests.context(in: files.path))
        try await RunningServer.with({ $0.tls = TLSListener(port: 0, certificates: certificates) }) { running in
            try await onOwnThread {
                let socket = try TLSTestSocket(port: running.server.tlsPort)
                try socket.send(Self.refused + "Expect: 100-continue\r\n\r\n")
                let text = String(decoding: try socket.readToEnd(), as: UTF8.self)
                #expect(text.hasPrefix("HTTP/1.1 200 OK"))
                #expect(text.contains("Connection: close"))
            }
            #expect(try await running.eventually { running.server.buffers.held == 0 })
        }
    }

    @Test func aBodyMustEndInItsTimeAtAnyRate() async throws {
        try await RunningServer.with({ $0.lingerTimeout = .seconds(20) }) { running in
            let text = try await running.talk(
                "POST /echo/late HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + String(repeating: "x", count: 800_000))
            #expect(text.hasPrefix("HTTP/1.1 408 "))
        }
        try await RunningServer.with({ ($0.bodyTimeout, $0.minimumRate) = (.milliseconds(300), 0) }) { running in
            let text = try await running.talk("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx")
            #expect(text.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test func aFastBodyMayNotBeSilentLater() async throws {
        try await RunningServer.with({ ($0.minimumRateWindow, $0.minimumRate) = (.milliseconds(300), 240) }) { running in
            let text = try await running.talk(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + String(repeating: "x", count: 999_999))
            #expect(text.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test func bodiesShareOneBudgetAndTheLargestAndOldestIsEvictedFirst() async throws {
        let registry = PrometheusRegistry()
        let metrics = ServerMetrics(factory: registry)
        let change: (inout ServerConfiguration) -> Void = { $0.bufferMemory = 1 << 20 }
        try await RunningServer.with(loops: 2, change, metrics: metrics) { running in
            var held: [RawSocket] = []
            let body = String(repeating: "x", count: 99_999)
            for _ in 0..<40 {
                let socket = try await running.connect()
                // Whose turn it is to go may be cut off while it sends.
                try? await socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + body)
                held.append(socket)
            }
            #expect(
                try await running.eventually { running.server.buffers.held <= 1 << 20 && running.server.openConnections < 40 })
            let client = HTTPTestClient(port: running.port)
            #expect(try await client.request("POST", "/echo", body: Array("small".utf8)).text == "small")
            // The first of all is gone, and was told.
            let first = String(decoding: try await held[0].readToEnd(), as: UTF8.self)
            #expect(first.hasPrefix("HTTP/1.1 503 "))
            let evicted = try MetricsScrape(registry.text())["http_server_buffer_evictions_total{holding=\"body\"}"] ?? 0
            #expect(evicted >= 25)
            for socket in held { socket.reset() }
            client.close()
            #expect(try await running.eventually { running.server.openConnections == 0 })
            #expect(try await running.eventually { running.server.buffers.held == 0 })
        }
    }

    /// A head stays until its body has come, and one of 60 KiB before a body of two bytes is nearly all of the request.
    @Test func headsCountInTheBudgetUntilTheirRequestIsAnswered() async throws {
        let fields = (0..<4).map { "X-\($0): " + String(repeating: "x", count: 15_000) + "\r\n" }.joined()
        try await RunningServer.with({ $0.bufferMemory = 1 << 20 }) { running in
            var held: [RawSocket] = []
            for _ in 0..<40 {
                let socket = try await running.connect()
                try? await socket.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: 2\r\n\r\nx")
                held.append(socket)
            }
            #expect(try await running.eventually { running.server.openConnections < 40 })
            #expect(try await running.eventually { (60_000...1 << 20).contains(running.server.buffers.held) })
            #expect(String(decoding: try await held[0].readToEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 503 "))
            for socket in held { socket.reset() }
            #expect(try await running.eventually { running.server.openConnections == 0 })
            #expect(try await running.eventually { running.server.buffers.held == 0 })
        }
    }

    @Test func unreadResponsesCountInTheBudget() async throws {
        try await RunningServer.with({ $0.bufferMemory = 4 << 20 }) { running in
            var held: [RawSocket] = []
            for _ in 0..<12 {
                let socket = try await running.connect()
                socket.limitReceiveBuffer(4_096)
                try await socket.send("GET /large/1000000 HTTP/1.1\r\nHost: a\r\n\r\n")
                held.append(socket)
            }
            #expect(try await running.eventually { running.journal.ended == 12 })
            #expect(
                try await running.eventually { running.server.buffers.held <= 4 << 20 && running.server.openConnections < 12 })
            #expect(try await HTTPTestClient(port: running.port).request("GET", "/still").text == "/still")
            for socket in held { socket.reset() }
        }
    }

    @Test func requestsBehindAStreamAreNotKept() async throws {
        try await RunningServer.with { running in
            let socket = try await running.connect()
            try await socket.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + String(repeating: "x", count: 200_000))
            #expect(try await running.eventually { running.journal.begun == ["/wait"] })
            let late = try await running.connect()
            try await late.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await running.eventually { running.journal.begun.count == 2 })
            _ = try await late.read(20)
            try? await late.send(String(repeating: "x", count: 60_000))
            #expect(try await running.eventually { running.server.buffers.held < 32 << 10 })
            #expect(running.server.openConnections == 2)
            for socket in [socket, late] { socket.reset() }
        }
    }

    @Test func oneClientCannotTakeAllConnections() async throws {
        let registry = PrometheusRegistry()
        let change: (inout ServerConfiguration) -> Void = { $0.maximumConnectionsPerClient = 3 }
        try await RunningServer.with(change, metrics: ServerMetrics(factory: registry)) { running in
            var sockets: [RawSocket] = []
            for _ in 0..<3 { sockets.append(try await running.connect()) }
            #expect(try await running.eventually { running.server.openConnections == 3 })
            #expect(try await running.talk("").hasPrefix("HTTP/1.1 429 "))
            #expect(try MetricsScrape(registry.text())["http_server_connections_refused_total{reason=\"client\"}"] == 1)
            sockets.removeLast().close()
            #expect(try await running.eventually { running.server.openConnections == 2 })
            #expect(try await HTTPTestClient(port: running.port).request("GET", "/a").status == 200)
        }
        try await RunningServer.with({ ($0.maximumConnectionsPerClient, $0.client) = (1, { _ in nil }) }) { running in
            let sockets = [try await running.connect(), try await running.connect()]
            #expect(try await running.eventually { running.server.openConnections == 2 })
            for socket in sockets { socket.close() }
        }
    }

    @Test func nearTheLimitIdleConnectionsAreClosed() async throws {
        try await RunningServer.with({ $0.maximumConnections = 32 }) { running in
            var sockets: [RawSocket] = []
            for _ in 0..<100 {
                let socket = try await running.connect()
                try await socket.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(String(decoding: try await socket.read(15), as: UTF8.self) == "HTTP/1.1 200 OK")
                sockets.append(socket)
            }
            #expect(running.server.openConnections <= 32)
            for socket in sockets { socket.close() }
        }
    }
}
