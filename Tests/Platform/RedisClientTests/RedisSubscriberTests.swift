import EventLoop
import Logging
import TestSupport
import Testing

@testable import RedisClient

@Suite struct RedisSubscriberTests {
    /// A subscriber to the channels "a" and "b", and its events.
    private final class Journal {
        var events: [RedisSubscriber.Event] = []
        var listenings: Int { events.count { $0 == .listening } }
        var losses: Int { events.count { $0 == .lost } }
        var messages: [String] {
            events.compactMap { event in
                guard case .message(let channel, let payload) = event else { return nil }
                return "\(channel) \(String(decoding: payload, as: UTF8.self))"
            }
        }
    }

    private func subscribe(
        _ loop: EventLoop, _ configuration: RedisConfiguration, heartbeat: Duration = .seconds(1)
    ) -> (RedisSubscriber, Journal) {
        let journal = Journal()
        let subscriber = RedisSubscriber(
            loop: loop, configuration: configuration, channels: ["a", "b"], heartbeat: heartbeat,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { journal.events.append($0) }
        subscriber.start()
        return (subscriber, journal)
    }

    @Test("receives the messages of its channels, sent without a wait for the reply")
    func hears() async throws {
        let server = try await onOwnThread { try RedisServer(password: "secret") }
        try await withClient(.patient(server.url)) { client in
            try await expectEventually(client.loop) { (try? await client.ping()) != nil }
            let (subscriber, journal) = subscribe(client.loop, try .patient(server.url))
            try await expectEventually(client.loop) { subscriber.isListening }
            #expect(journal.events == [.listening])
            client.sendAndForget(["PUBLISH", "a", "one"])
            client.sendAndForget(["PUBLISH", "c", "unsubscribed"])
            client.sendAndForget(["PUBLISH", "b", .bytes(Array("two\r\n".utf8))])
            try await expectEventually(client.loop) { journal.messages == ["a one", "b two\r\n"] }
            // A waiter gets the reply to its own command, not to one of `sendAndForget`.
            #expect(try await client.ping() > .zero)
            subscriber.close()
            client.sendAndForget(["PUBLISH", "a", "three"])
            _ = try await client.ping()
            #expect(journal.messages.count == 2 && journal.losses == 0)
        }
    }

    @Test("reports the loss of a killed server, and listens again once it is back")
    func restart() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await withClient(.patient(server.url)) { client in
            let (subscriber, journal) = subscribe(client.loop, try .patient(server.url))
            try await expectEventually(client.loop) { subscriber.isListening }
            for round in 1...3 {
                try await onOwnThread { server.kill() }
                try await expectEventually(client.loop) { journal.losses == round && !subscriber.isListening }
                client.sendAndForget(["PUBLISH", "a", "lost"])
                try await onOwnThread { try server.start() }
                try await expectEventually(client.loop) { journal.listenings == round + 1 }
                try await expectEventually(client.loop) { (try? await client.ping()) != nil }
                client.sendAndForget(["PUBLISH", "a", .text("round \(round)")])
                try await expectEventually(client.loop) { journal.messages.last == "a round \(round)" }
            }
            #expect(!journal.messages.contains("a lost"))
            subscriber.close()
        }
    }

    @Test("reports the loss of a frozen server, and listens again once it continues")
    func frozen() async throws {
        let server = try await onOwnThread { try RedisServer() }
        try await onLoop { loop in
            var configuration = try RedisConfiguration.patient(server.url)
            configuration.connectTimeout = .milliseconds(200)
            let (subscriber, journal) = subscribe(loop, configuration, heartbeat: .milliseconds(100))
            try await expectEventually(loop) { subscriber.isListening }
            try await loop.sleep(for: .milliseconds(500))
            #expect(journal.events == [.listening])
            server.freeze()
            try await expectEventually(loop) { journal.losses == 1 }
            server.resume()
            try await expectEventually(loop) { journal.listenings == 2 }
            subscriber.close()
        }
    }

    @Test(
        "a reply that is no subscription closes the connection",
        arguments: [
            "-ERR unknown command\r\n", "+OK\r\n", ":1\r\n", "*1\r\n$7\r\nmessage\r\n",
            "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n+OK\r\n",
            "\u{0}\u{1}", "",
        ])
    func strangers(answer: String) async throws {
        let server = try ScriptedServer { peer in
            guard peer.awaitPing() else { return }
            peer.send("+PONG\r\n")
            _ = peer.receive()
            if !answer.isEmpty { peer.send(answer) }
        }
        defer { server.stop() }
        try await onLoop { loop in
            let (subscriber, journal) = subscribe(loop, server.configuration)
            try await expectEventually(loop) { server.connections >= 3 }
            #expect(journal.listenings == journal.losses || journal.listenings == journal.losses + 1)
            #expect(journal.messages.isEmpty)
            subscriber.close()
        }
    }
}
