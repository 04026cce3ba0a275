import EventLoop
import Foundation
import Logging
import TestSupport
import Testing

@testable import SMTPClient

/// What a server that answers late, or never, does to its client.
@Suite(.serialized) struct SMTPConnectionTests {
    let peer: PeerProcess
    let url: String

    init() throws {
        peer = try PeerProcess("smtp_peer")
        url = "smtp://127.0.0.1:\(try peer.value("plain"))?tls=off"
    }

    @Test("a late reply to the end of a message stops neither timers nor other mails") func late() async throws {
        let peer = peer
        try await withSMTPClient(url) { client in
            nonisolated(unsafe) let sender = client
            nonisolated(unsafe) var receipt: SMTPReceipt?
            let last = client.loop.run { receipt = try? await sender.send("last") }
            try await expectEventually(client.loop) { try peer.held() == 1 }
            for _ in 0..<10 { try await client.loop.sleep(for: .milliseconds(10)) }
            #expect(receipt == nil)
            // The server replies after these.
            let others = (0..<4).map { _ in client.loop.run { _ = try? await sender.send("ok") } }
            for other in others { await other.value }
            await last.value
            #expect(receipt?.code == 250)
        }
        #expect(try peer.mails().map { $0.to } == Array(repeating: ["ok@example.com"], count: 4) + [["last@example.com"]])
    }

    @Test("a mail that waits for the reply to its end is cancelled at once, and its connection is soon free") func cancelled()
        async throws
    {
        let peer = peer
        var settings = SMTPClientSettings()
        settings.connections = 1
        try await withSMTPClient(url, settings) { client in
            nonisolated(unsafe) let sender = client
            for round in 1...3 {
                nonisolated(unsafe) var kind: SMTPError.Kind?
                let silent = client.loop.run { kind = await sender.failure("silent")?.kind }
                try await expectEventually(client.loop) { try peer.held() == round }
                silent.cancel()
                await silent.value
                #expect(kind == .cancelled)
                try await client.send("ok")
            }
            let late = await Deadline.$current.withValue(.after(.milliseconds(200))) { await client.failure("silent") }
            #expect(late?.kind == .timeout)
            try await client.send("ok")
        }
        #expect(try peer.mails().count == 4)
    }

    @Test("mails beyond the connections wait in order, until their deadline or their cancellation") func order() async throws {
        let peer = peer
        var settings = SMTPClientSettings()
        settings.connections = 1
        try await withSMTPClient(url, settings) { client in
            nonisolated(unsafe) let sender = client
            let silent = client.loop.run { _ = await sender.failure("silent") }
            try await expectEventually(client.loop) { try peer.held() == 1 }
            nonisolated(unsafe) var sent: [Int] = []
            let tasks = (0..<20).map { number in
                client.loop.run { if (try? await sender.send("ok", Array("\(number)\r\n".utf8))) != nil { sent.append(number) } }
            }
            let late = await Deadline.$current.withValue(.after(.milliseconds(50))) { await client.failure("ok") }
            #expect(late?.kind == .timeout)
            for number in [3, 7, 19] {
                tasks[number].cancel()
                await tasks[number].value
            }
            #expect(sent.isEmpty)
            silent.cancel()
            for task in tasks { await task.value }
            #expect(sent == (0..<20).filter { ![3, 7, 19].contains($0) })
            #expect(try peer.mails().map { String(decoding: $0.content, as: UTF8.self) } == sent.map { "\($0)\r\n" })
        }
    }

    @Test("closing ends the mails in progress and in the queue, and does not wait for the server") func closing() async throws {
        let peer = peer
        try await withSMTPClient(url) { client in
            nonisolated(unsafe) let sender = client
            nonisolated(unsafe) var kinds: [SMTPError.Kind?] = []
            let tasks = (0..<6).map { _ in client.loop.run { kinds.append(await sender.failure("silent")?.kind) } }
            try await expectEventually(client.loop) { try peer.held() == 4 }
            await client.close()
            for task in tasks { await task.value }
            #expect(kinds == Array(repeating: .unavailable, count: 6))
            #expect(await client.failure("ok")?.kind == .unavailable)
        }
    }

    /// In a process of its own, since other tests open sockets, too.
    @Test("a client that is not closed leaves no object, socket or thread that waits for the server") func forgotten() async {
        await #expect(processExitsWith: .success) { try await SMTPConnectionTests().leavesNothing() }
    }

    private func leavesNothing() async throws {
        let (peer, url) = (peer, url)
        @Sendable func sockets() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?.hasPrefix("socket:") == true
            }
        }
        let before = try sockets()
        try await onLoop { loop in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            var client: SMTPClient? = SMTPClient(loop: loop, server: try SMTPServer(url: url), logger: logger)
            weak let reference = client
            for name in ["silent", "ok", "silent"] {
                nonisolated(unsafe) let sender = client
                let held = try peer.held()
                let task = loop.run { _ = await sender?.failure(name) }
                if name == "silent" {
                    try await expectEventually(loop) { try peer.held() > held }
                    task.cancel()
                }
                await task.value
            }
            client = nil
            try await expectEventually(loop) { reference == nil }
            try await expectEventually(loop) { try sockets() <= before }
        }
    }

    @Test("a connection that is lost while the server holds the reply does not send its mail again") func lost() async throws {
        try await withSMTPClient(url) { client in
            try await client.send("ok")
            let error = try #require(await client.failure("vanish"))
            #expect(error.kind == .connection)
            try await client.send("ok")
        }
        #expect(try peer.mails().map { $0.to.first } == ["ok@example.com", "vanish@example.com", "ok@example.com"])
    }

    @Test("connections that are idle are closed") func idle() async throws {
        let peer = peer
        var settings = SMTPClientSettings()
        settings.idleTime = .milliseconds(20)
        try await withSMTPClient(url, settings) { client in
            for round in 1...3 {
                try await client.send("ok")
                try await client.loop.sleep(for: .milliseconds(100))
                #expect(try peer.connections() == round)
            }
        }
    }
}
