import EventLoop
import TestSupport
import Testing

@testable import RedisClient

@Suite struct HostileServerTests {
    /// A server that greets like Redis and answers the first command with `bytes`.
    private func answering(_ bytes: [UInt8]) throws -> ScriptedServer {
        try ScriptedServer { peer in
            guard peer.awaitPing() else { return }
            peer.send("+PONG\r\n")
            guard !peer.receive().isEmpty else { return }
            peer.send(bytes)
            while !peer.receive().isEmpty {}
        }
    }

    @Test func aMalformedReplyClosesTheConnectionAndTheNextOneOpens() async throws {
        let malformed = [
            "HTTP/1.1 200 OK\r\n\r\n", "!\r\n", "$-7\r\n", "$3\r\nabcdef\r\n", ":x\r\n", "*-9\r\n", "*99999999999\r\n",
            String(repeating: "*1\r\n", count: 30), "+" + String(repeating: "x", count: 100_000),
            "$" + String(repeating: "1", count: 70_000),
        ]
        for text in malformed {
            let server = try answering(Array(text.utf8))
            defer { server.stop() }
            try await withClient(server.configuration) { client in
                let error = await client.errorOfGet()
                #expect(error?.code == .protocolViolation, "\(text.prefix(20).debugDescription)")
                try await expectEventually(client.loop) { client.statistics.connections >= 2 }
                #expect(client.state.lastError?.code == .protocolViolation)
            }
        }
    }

    @Test func aReplyOfAnotherTypeIsAnErrorAndTheConnectionStays() async throws {
        for text in [":1\r\n", "*0\r\n", "+OK\r\n"] {
            let server = try answering(Array(text.utf8))
            defer { server.stop() }
            try await withClient(server.configuration) { client in
                #expect(await client.errorOfGet()?.code == .unexpectedReply)
                #expect(client.state.phase == .connected)
            }
        }
    }

    @Test func aReplyWithoutACommandClosesTheConnection() async throws {
        let server = try ScriptedServer { peer in
            guard peer.awaitPing() else { return }
            peer.send("+PONG\r\n+surplus\r\n")
            while !peer.receive().isEmpty {}
        }
        defer { server.stop() }
        try await withClient(server.configuration) { client in
            try await expectEventually(client.loop) { client.statistics.failures >= 2 }
            #expect(client.state.lastError?.code == .protocolViolation)
        }
    }

    @Test func aReplyInPiecesIsRead() async throws {
        let server = try ScriptedServer { peer in
            guard peer.awaitPing() else { return }
            for byte in "+PONG\r\n".utf8 { peer.send([byte]) }
            guard !peer.receive().isEmpty else { return }
            for byte in "$5\r\nh\r\nlo\r\n".utf8 {
                peer.send([byte])
                pause(milliseconds: 2)
            }
            while !peer.receive().isEmpty {}
        }
        defer { server.stop() }
        try await withClient(server.configuration) { client in
            let value = try await client.get("k")
            #expect(value == Array("h\r\nlo".utf8))
        }
    }

    @Test func randomBytesBeforeOrAfterTheGreetingNeverTrap() async throws {
        let server = try ScriptedServer { peer in
            var chance = SeededRandom(state: UInt64(peer.number))
            let alphabet = Array("+-:$*0123456789\r\n\r\nab".utf8)
            let bytes = (0..<Int.random(in: 1...200, using: &chance)).map { _ in
                peer.number % 2 == 0 ? UInt8.random(in: 0...255, using: &chance) : alphabet.randomElement(using: &chance) ?? 0
            }
            if peer.number % 3 != 0 {
                guard peer.awaitPing() else { return }
                peer.send("+PONG\r\n")
            }
            peer.send(bytes)
        }
        defer { server.stop() }
        try await withClient(server.configuration) { client in
            try await expectEventually(client.loop, seconds: 60) {
                _ = try? await client.get("k")
                return server.connections >= 400
            }
            #expect(client.state.phase != .closed)
        }
    }

    @Test func aServerThatGreetsAndHangsUpIsRetriedWithPauses() async throws {
        let server = try ScriptedServer { peer in
            if peer.awaitPing() { peer.send("+PONG\r\n") }
        }
        defer { server.stop() }
        var configuration = server.configuration
        configuration.breaker = CircuitBreakerSettings()
        try await withClient(configuration) { client in
            try await client.loop.sleep(for: .seconds(1))
        }
        // The first few at once, then with pauses that grow to 375 ms on average.
        #expect((3...40).contains(server.connections), "\(server.connections)")
    }

    @Test func aSilentServerCostsTheConnectTimeoutOnce() async throws {
        let server = try ScriptedServer { peer in while !peer.receive().isEmpty {} }
        defer { server.stop() }
        var configuration = server.configuration
        configuration.connectTimeout = .milliseconds(50)
        configuration.breaker.maxPause = .seconds(600)
        configuration.breaker.firstPause = .seconds(600)
        configuration.breaker.minPause = .seconds(600)
        try await withClient(configuration) { client in
            #expect(await client.errorOfGet()?.code == .connectFailed)
            for _ in 0..<1_000 { #expect(await client.errorOfGet()?.code == .unavailable) }
            #expect(client.state.phase == .unavailable)
            #expect(client.statistics.refused == 1_000)
        }
    }

    @Test func afterAFailoverTheClientReconnectsButNotForEveryWrite() async throws {
        let server = try ScriptedServer { peer in
            guard peer.awaitPing() else { return }
            peer.send("+PONG\r\n")
            while !peer.receive().isEmpty { peer.send("-READONLY You can't write against a read only replica.\r\n") }
        }
        defer { server.stop() }
        try await withClient(server.configuration) { client in
            let write = { try await client.set("k", [1], expiresIn: .seconds(1)) }
            #expect(await redisError(write)?.code == .server)
            try await expectEventually(client.loop) { client.statistics.connections == 2 }
            for _ in 0..<20 { #expect(await redisError(write)?.message.hasPrefix("READONLY") == true) }
            #expect(client.statistics.connections == 2)
        }
    }

    @Test func aServerThatLoadsItsDataGetsNoCommandsUntilItServes() async throws {
        let server = try ScriptedServer { peer in
            guard peer.awaitPing() else { return }
            guard peer.number > 3 else { return peer.send("-LOADING Redis is loading the dataset in memory\r\n") }
            peer.send("+PONG\r\n")
            while !peer.receive().isEmpty { peer.send("$1\r\nx\r\n") }
        }
        defer { server.stop() }
        try await withClient(server.configuration) { client in
            #expect(await client.errorOfGet()?.message.hasPrefix("LOADING") == true)
            try await expectEventually(client.loop) { (try? await client.get("k")) == [0x78] }
            #expect(server.connections == 4)
        }
    }

    @Test func loadingErrorsOpenTheBreaker() async throws {
        let server = try ScriptedServer { peer in
            guard peer.awaitPing() else { return }
            peer.send("+PONG\r\n")
            while !peer.receive().isEmpty { peer.send("-LOADING\r\n") }
        }
        defer { server.stop() }
        var configuration = server.configuration
        configuration.breaker.minPause = .seconds(600)
        try await withClient(configuration) { client in
            for _ in 0..<3 { #expect(await client.errorOfGet()?.code == .server) }
            #expect(await client.errorOfGet()?.code == .unavailable)
        }
    }

    @Test func aSessionThatLosesItsLoginReconnects() async throws {
        let server = try ScriptedServer { peer in
            guard peer.awaitPing() else { return }
            peer.send("+OK\r\n+PONG\r\n")
            while !peer.receive().isEmpty { peer.send(peer.number == 1 ? "-NOAUTH Authentication required.\r\n" : "$1\r\nx\r\n") }
        }
        defer { server.stop() }
        var configuration = server.configuration
        configuration.password = "p"
        try await withClient(configuration) { client in
            #expect(await client.errorOfGet()?.code == .server)
            try await expectEventually(client.loop) { (try? await client.get("k")) == [0x78] }
        }
    }
}
