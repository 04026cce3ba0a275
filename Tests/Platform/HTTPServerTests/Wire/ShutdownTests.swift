import Testing
import TestSupport

@testable import HTTPServer

@Suite struct ShutdownTests {
    @Test func whileDrainingEveryResponseClosesAndNewConnectionsAreServed() async throws {
        try await RunningServer.with { running in
            let client = HTTPTestClient(port: running.port)
            #expect(try await client.request("GET", "/before").header("Connection") == nil)
            running.server.beginDrain()
            // One may be read in the very turn that hears of it, before it.
            #expect(try await client.request("GET", "/between").status == 200)
            let before = client.connections
            for _ in 0..<3 {
                let response = try await client.request("GET", "/during")
                #expect(response.status == 200)
                #expect(response.header("Connection") == "close")
            }
            // None of the three connections was used again.
            #expect(client.connections >= before + 2)
        }
    }

    @Test func finishingWaitsForActiveRequestsAndClosesIdleConnections() async throws {
        try await RunningServer.with { running in
            let idle = try await running.connect()
            try await idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await idle.receive()
            let busy = try await running.connect()
            try await busy.send("GET /sleep/400 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await running.eventually { running.server.activeRequests == 1 })
            async let finished = running.server.finish(within: .seconds(20))
            #expect(try await idle.readToEnd().isEmpty)
            let text = String(decoding: try await busy.readToEnd(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 200 OK"))
            #expect(text.contains("Connection: close"))
            #expect(await finished)
            #expect(running.server.openConnections == 0)
            await #expect(throws: (any Error).self) { try await running.connect() }
        }
    }

    @Test func finishingClosesConnectionsThatTakeTooLong() async throws {
        try await RunningServer.with { running in
            let busy = try await running.connect()
            try await busy.send("GET /sleep/60000 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await running.eventually { running.server.activeRequests == 1 })
            #expect(await running.server.finish(within: .milliseconds(100)) == false)
            #expect(try await running.eventually { running.server.openConnections == 0 && running.journal.cancelled == 1 })
        }
    }

    @Test func aRequestThatWasSentBeforeTheShutdownIsAnswered() async throws {
        try await RunningServer.with { running in
            let fresh = try await running.connect()
            async let finished = running.server.finish(within: .seconds(20))
            try await fresh.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(String(decoding: try await fresh.readToEnd(), as: UTF8.self).hasSuffix("/late"))
            #expect(await finished)
        }
    }

    @Test func anIncompleteHeadDelaysTheShutdownOnlyBriefly() async throws {
        try await RunningServer.with({ $0.headerTimeout = .seconds(3_600) }) { running in
            let first = try await running.connect()
            try await first.send("GET /first HTTP/1.1\r\nHost")
            // Half a head after a request that was served.
            let later = HTTPTestConnection(try await running.connect())
            try await later.socket.send("GET /served HTTP/1.1\r\nHost: a\r\n\r\nGET /later HT")
            #expect(try await later.response().response.text == "/served")
            async let finished = running.server.finish(within: .seconds(60))
            #expect(String(decoding: try await first.readToEnd(seconds: 50), as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
            #expect(try await later.response(seconds: 50).response.status == 408)
            #expect(await finished)
        }
    }

    @Test func aHeadThatIsCompletedDuringTheShutdownIsAnswered() async throws {
        try await RunningServer.with({ $0.shutdownHeaderTimeout = .seconds(60) }) { running in
            let late = try await running.connect()
            try await late.send("GET /late HTTP/1.1\r\nHost")
            async let finished = running.server.finish(within: .seconds(60))
            try await Task.sleep(for: .milliseconds(300))
            try await late.send(": a\r\n\r\n")
            #expect(String(decoding: try await late.readToEnd(), as: UTF8.self).hasSuffix("/late"))
            #expect(await finished)
        }
    }

    @Test func closingEndsAllConnectionsAtOnce() async throws {
        try await RunningServer.with(loops: 2) { running in
            let sockets = try (0..<10).map { _ in try RawSocket(port: running.port) }
            for socket in sockets { try await socket.send("GET /sleep/60000 HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(try await running.eventually { running.server.activeRequests == 10 })
            running.server.close()
            #expect(try await running.eventually { running.server.openConnections == 0 && running.journal.cancelled == 10 })
        }
    }
}
