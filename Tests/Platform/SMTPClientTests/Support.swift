import EventLoop
import Foundation
import Logging
import TestSupport
import Testing

@testable import SMTPClient

/// Runs `body` as a task on a new loop and hands back what it returns.
func onLoop<Value: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Value) async throws -> Value {
    let loop = try EventLoop(label: "test.smtp")
    defer { loop.stop() }
    return try await withCheckedThrowingContinuation { continuation in
        loop.execute {
            loop.run {
                do { continuation.resume(returning: try await body(loop)) } catch { continuation.resume(throwing: error) }
            }
        }
    }
}

/// Runs `body` on a loop with a client of a mail server, and closes it.
func withSMTPClient<Value: Sendable>(
    _ url: String, _ settings: SMTPClientSettings = .init(), _ body: @escaping @Sendable (SMTPClient) async throws -> Value
) async throws -> Value {
    let server = try SMTPServer(url: url)
    return try await onLoop { loop in
        let client = SMTPClient(
            loop: loop, server: server, settings: settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        do {
            let value = try await body(client)
            await client.close()
            return value
        } catch {
            await client.close()
            throw error
        }
    }
}

extension SMTPClient {
    static let message = Array("Subject: Test\r\n\r\nHello\r\n".utf8)

    /// Sends a mail to a mailbox of the peer.
    @discardableResult
    func send(_ name: String, _ message: [UInt8] = message) async throws -> SMTPReceipt {
        try await send(from: "shop@example.com", to: "\(name)@example.com", message: message)
    }

    /// The error of a mail, if it fails.
    func failure(_ name: String, from sender: String = "shop@example.com") async -> SMTPError? {
        do throws(SMTPError) {
            _ = try await send(from: sender, to: "\(name)@example.com", message: Self.message)
        } catch { return error }
        return nil
    }
}

/// Watches how long a loop stands still.
final class Standstill {
    private(set) var longest: Duration = .zero
    private let loop: EventLoop
    private var task: Task<Void, Never>?

    init(_ loop: EventLoop) {
        self.loop = loop
        task = loop.run { [unowned self] in
            let clock = ContinuousClock()
            var last = clock.now
            while !Task.isCancelled {
                try? await loop.sleep(for: .milliseconds(1))
                longest = max(longest, clock.now - last)
                last = clock.now
            }
        }
    }

    /// Ends the watch, and gives the longest time between two turns.
    func end() async -> Duration {
        task?.cancel()
        await task?.value
        return longest
    }
}

/// A mail as the peer has taken it.
struct TakenMail {
    let sender: String
    let to: [String]
    let content: [UInt8]
    let options: [String]
    let tls: Bool
    let user: String?
    /// The client's port: the same for mails of one connection.
    let peer: Int
    /// What the client has called itself.
    let name: String
}

extension PeerProcess {
    /// The mails that `smtp_peer` has taken so far.
    func mails() throws -> [TakenMail] {
        try objects().compactMap { line in
            guard let mail = line["mail"] as? String, let data = Data(base64Encoded: mail) else { return nil }
            return TakenMail(
                sender: line["sender"] as? String ?? "", to: line["to"] as? [String] ?? [], content: Array(data),
                options: line["options"] as? [String] ?? [], tls: line["tls"] as? Bool ?? false, user: line["user"] as? String,
                peer: line["peer"] as? Int ?? 0, name: line["name"] as? String ?? "")
        }
    }

    /// How many connections it has accepted.
    func connections() throws -> Int { try objects().count { $0["connection"] != nil } }

    /// How many clients have said good-bye.
    func quits() throws -> Int { try objects().count { $0["quit"] != nil } }

    /// How many mails have got no reply to their end yet.
    func held() throws -> Int { try objects().count { $0["silent"] != nil || $0["held"] != nil } }

    private func objects() throws -> [[String: Any]] {
        try lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:] }
    }
}

/// Waits until the condition holds; records an issue where it does not within the time.
func expectEventually(
    _ loop: EventLoop, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool
) async throws {
    let deadline = TestSupport.Deadline(seconds: 30)
    while !deadline.isOver {
        if try condition() { return }
        try await loop.sleep(for: .milliseconds(10))
    }
    Issue.record("it did not come about", sourceLocation: sourceLocation)
}
