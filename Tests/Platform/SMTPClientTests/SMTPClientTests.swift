import EventLoop
import Foundation
import TestSupport
import Testing

@testable import SMTPClient

@Suite(.serialized) struct SMTPClientTests {
    let peer: PeerProcess

    init() throws { peer = try PeerProcess("smtp_peer") }

    private func plain(_ name: String = "plain") throws -> String { "smtp://127.0.0.1:\(try peer.value(name))?tls=off" }

    private static let login = "shop%40example.com:s%C3%A9same%3A%40%2F%3F%23%25"

    private func trusting() throws -> SMTPClientSettings {
        var settings = SMTPClientSettings()
        settings.authorityFile = try peer.value("authority")
        return settings
    }

    @Test("a mail arrives byte for byte, whatever its lines are") func bytes() async throws {
        let texts = [
            "Subject: a\r\n\r\nHello\r\n", "Subject: a\n\n.\n..\n.a\n\nend", ".begins with a dot\r\n.\r\nQUIT\r\n.\r\n",
            "Subject: a\r\n\r\n" + String(repeating: "Grüße, and a long text.\r\n", count: 20_000), "a\r\n.\r", "\r\n\r\n\r\n",
            "x\r.\r\r\n.\n\r", String(repeating: ".\r\n", count: 30_000),
        ]
        try await withSMTPClient(plain()) { client in
            for text in texts {
                let receipt = try await client.send("ok", Array(text.utf8))
                #expect(receipt == SMTPReceipt(code: 250, text: "2.0.0 queued as 4711"))
            }
        }
        let mails = try peer.mails()
        #expect(mails.map(\.content) == texts.map { SMTPMessage.lines(Array($0.utf8)) })
        #expect(mails.allSatisfy { $0.sender == "shop@example.com" && $0.to == ["ok@example.com"] && $0.name == "example.com" })
        #expect(Set(mails.map(\.peer)).count == 1)
    }

    @Test("STARTTLS and TLS with a login") func tls() async throws {
        for url in [
            "smtp://\(Self.login)@localhost:\(try peer.value("starttls"))",
            "smtps://\(Self.login)@localhost:\(try peer.value("smtps"))",
        ] {
            try await withSMTPClient(url, trusting()) { client in
                for _ in 0..<3 { try await client.send("ok") }
            }
        }
        let mails = try peer.mails()
        #expect(mails.count == 6)
        #expect(mails.allSatisfy { $0.tls && $0.user == "shop@example.com" })
        #expect(Set(mails.map(\.peer)).count == 2)
    }

    @Test("no mail leaves without TLS, and none to a server that is not trusted") func noTLS() async throws {
        let faults: [(String, SMTPError.Kind)] = [
            ("smtp://localhost:\(try peer.value("plain"))", .tls),
            ("smtp://\(Self.login)@localhost:\(try peer.value("self_signed"))", .tls),
            ("smtps://\(Self.login)@localhost:\(try peer.value("starttls"))", .tls),
        ]
        for (url, kind) in faults {
            try await withSMTPClient(url, trusting()) { client in
                let error = await client.failure("ok")
                #expect(error?.kind == kind, "\(error.map { "\($0)" } ?? "no error")")
                #expect(error?.isPermanent == false)
            }
        }
        // The right certificate, from an authority that is not trusted.
        try await withSMTPClient("smtps://\(Self.login)@localhost:\(try peer.value("smtps"))") { client in
            #expect(await client.failure("ok")?.kind == .tls)
        }
        #expect(try peer.mails().isEmpty)
    }

    @Test("what the server refuses for good is permanent, what it defers is not") func refusals() async throws {
        try await withSMTPClient(plain()) { client in
            let outcomes: [(name: String, kind: SMTPError.Kind, code: Int)] = [
                ("unknown", .refused, 550), ("busy", .deferred, 451), ("login", .deferred, 530), ("spam", .refused, 554),
                ("full", .deferred, 452), ("unknown", .refused, 550),
            ]
            for (name, kind, code) in outcomes {
                let error = try #require(await client.failure(name))
                #expect((error.kind, error.code) == (kind, code), "\(name): \(error)")
                try await client.send("ok")
            }
            let unknown = try #require(await client.failure("unknown"))
            #expect(unknown.message == "the mail server said 550 5.1.1 no such mailbox")
            let blocked = try #require(await client.failure("ok", from: "blocked@example.com"))
            #expect((blocked.kind, blocked.code) == (.deferred, 550))
            let dropped = try #require(await client.failure("drop"))
            #expect(dropped.kind == .connection)
            let invalid = try #require(await client.failure("a b"))
            #expect(invalid.kind == .invalid && invalid.isPermanent)
        }
    }

    @Test("a wrong password is deferred, and no error shows it") func wrongPassword() async throws {
        let server = "localhost:\(try peer.value("smtps"))"
        try await withSMTPClient("smtps://shop%40example.com:opensesame@\(server)", trusting()) { client in
            let error = try #require(await client.failure("ok"))
            #expect(error.kind == .deferred && error.code == 535)
            #expect(!"\(error)".contains("opensesame"))
            #expect(!"\(error)".contains(Data("\0shop@example.com\0opensesame".utf8).base64EncodedString()))
        }
        try await withSMTPClient("smtps://echo:opensesame@\(server)", trusting()) { client in
            let error = try #require(await client.failure("ok"))
            #expect(error.code == 535 && error.message == "the mail server said 535 5.7.8", "\(error)")
        }
        try await withSMTPClient("smtps://\(Self.login)@\(server)", trusting()) { client in
            let error = try #require(await client.failure("chatty"))
            #expect(error.code == 550)
            #expect(!"\(error)".contains("same:@/"))
        }
    }

    @Test("a server that is away, hangs or is slow") func timing() async throws {
        let port = try FreePort.find()
        try await withSMTPClient("smtp://127.0.0.1:\(port)?tls=off") { client in
            let error = try #require(await client.failure("ok"))
            #expect(error.kind == .connection && !error.isPermanent)
        }
        var settings = SMTPClientSettings()
        settings.timeout = .milliseconds(300)
        try await withSMTPClient(plain(), settings) { client in
            let standstill = Standstill(client.loop)
            #expect(await client.failure("hang")?.kind == .timeout)
            try await client.send("ok")
            let longest = await standstill.end()
            #expect(longest < .seconds(20))
        }
        settings.timeout = .seconds(60)
        settings.replyTimeout = .seconds(1)
        try await withSMTPClient(plain(), settings) { client in
            try await client.send("slow")
            #expect(await client.failure("hang")?.kind == .timeout)
            let late = await Deadline.$current.withValue(.after(.milliseconds(100))) { await client.failure("hang") }
            #expect(late?.kind == .timeout)
        }
    }

    @Test("cancelling the task ends its mail at once, and none arrives in part") func cancellation() async throws {
        let peer = peer
        try await withSMTPClient(plain()) { client in
            nonisolated(unsafe) let sender = client
            nonisolated(unsafe) var kinds: [SMTPError.Kind?] = []
            let standstill = Standstill(client.loop)
            let hanging = client.loop.run { kinds.append(await sender.failure("hang")?.kind) }
            let long =
                Array("Subject: long\r\n\r\n".utf8) + Array(repeating: Array("a line of text\r\n".utf8), count: 1 << 20).joined()
            let sending = client.loop.run {
                do throws(SMTPError) {
                    _ = try await sender.send(from: "shop@example.com", to: "ok@example.com", message: long)
                } catch { kinds.append(error.kind) }
            }
            try await client.loop.sleep(for: .milliseconds(50))
            for task in [hanging, sending] { task.cancel() }
            for task in [hanging, sending] { await task.value }
            #expect(kinds == [.cancelled, .cancelled])
            try await client.send("ok")
            let longest = await standstill.end()
            #expect(longest < .seconds(20))
        }
        #expect(try peer.mails().map(\.content) == [SMTPClient.message])
    }

    @Test("a connection that the server has closed meanwhile loses no mail, and takes none twice") func forgetful() async throws {
        try await withSMTPClient(plain()) { client in
            for _ in 0..<4 {
                try await client.send("forgetful")
                try await client.loop.sleep(for: .milliseconds(120))
            }
        }
        #expect(try peer.mails().count == 4)
        #expect(try peer.connections() == 4)
    }

    @Test("many mails at a time share few connections") func many() async throws {
        try await withSMTPClient(plain()) { client in
            nonisolated(unsafe) let sender = client
            nonisolated(unsafe) var taken = 0
            var tasks: [Task<Void, Never>] = []
            for number in 0..<300 {
                tasks.append(
                    client.loop.run {
                        let message = Array("Subject: \(number)\r\n\r\nHello\r\n".utf8)
                        if (try? await sender.send("ok", message)) != nil { taken += 1 }
                    })
            }
            for task in tasks { await task.value }
            #expect(taken == 300)
        }
        let mails = try peer.mails()
        #expect(Set(mails.map(\.content)).count == 300)
        #expect(Set(mails.map(\.peer)).count <= 4)
    }

    @Test("a server that does not answer QUIT does not hold up the loop", arguments: ["stubborn", "smtps_stubborn"])
    func quit(name: String) async throws {
        let port = try peer.value(name)
        let url = name == "stubborn" ? "smtp://127.0.0.1:\(port)?tls=off" : "smtps://\(Self.login)@localhost:\(port)"
        let peer = peer
        try await withSMTPClient(url, trusting()) { client in
            // A refusal after mails on the same connection: libcurl says good-bye and waits for the answer.
            try await client.send("ok")
            let loop = client.loop
            let standstill = Standstill(loop)
            for _ in 0..<3 {
                let error = try #require(await client.failure("unknown"))
                #expect(error.code == 550)
            }
            try await client.send("ok")
            // libcurl would wait for a reply, a minute.
            let longest = await standstill.end()
            #expect(longest < .seconds(20))
            try await loop.sleep(for: .milliseconds(50))
            #expect(try peer.quits() == 3)
        }
        let mails = try peer.mails()
        #expect(mails.count == 2)
    }

    @Test("names outside of ASCII need a server that knows them") func internationalized() async throws {
        try await withSMTPClient(plain()) { client in
            _ = try await client.send(from: "shop@example.com", to: "jürgen@example.com", message: SMTPClient.message)
        }
        let mail = try #require(try peer.mails().first)
        #expect(mail.to == ["jürgen@example.com"])
        #expect(mail.options.contains("SMTPUTF8"))
        try await withSMTPClient(plain("ascii")) { client in
            let error = await #expect(throws: SMTPError.self) {
                try await client.send(from: "shop@example.com", to: "jürgen@example.com", message: SMTPClient.message)
            }
            #expect(error?.code.map { $0 >= 500 } == true || error?.kind == .invalid, "\(error.map { "\($0)" } ?? "")")
        }
    }

    /// In a process of its own, since other tests open descriptors, too.
    @Test("mails leave no descriptor") func descriptors() async {
        await #expect(processExitsWith: .success) { try await SMTPClientTests().leavesNoDescriptor() }
    }

    private func leavesNoDescriptor() async throws {
        @Sendable func open() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
        let url = try plain()
        try await withSMTPClient(url) { client in _ = try await client.send("ok") }
        let before = try open()
        for _ in 0..<5 {
            try await withSMTPClient(url) { client in
                try await client.send("ok")
                _ = await client.failure("unknown")
                _ = await client.failure("drop")
            }
        }
        // The loops close their own descriptors a moment later.
        try await onLoop { loop in try await expectEventually(loop) { try open() <= before + 3 } }
    }
}
