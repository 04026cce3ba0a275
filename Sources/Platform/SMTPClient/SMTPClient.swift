import CSystem
import CoreMetrics
import EventLoop
import HTTPClient
import Logging

/// Submits mail to a server (RFC 6409), by libcurl. Connections are kept for the next mail.
///
/// Confined to its loop, entry points assert it. libcurl itself waits for the server on other threads, see ``SMTPConnection``. The
/// client should be closed with ``close()``.
package final class SMTPClient {
    private typealias Continuation = UnsafeContinuation<Result<SMTPReceipt, SMTPError>, Never>

    /// A mail from the call of ``send(from:to:message:)`` until it returns.
    private struct Pending {
        let mail: SMTPMail
        let continuation: Continuation
        let timer: LoopTimer
        /// Nil while the mail waits for one.
        var connection: SMTPConnection?
    }

    /// How long ``close()`` waits for connections, whose sockets are shut down: the process may end after it.
    private static let closeTimeout: Duration = .seconds(2)

    package let loop: EventLoop
    private let server: SMTPServer
    private let settings: SMTPClientSettings
    private let count = Meter(label: "commerce_smtp_connections", factory: MetricsSystem.factory)
    private var pending: [UInt64: Pending] = [:]
    /// Mails without a connection, in order.
    private var waiting: [UInt64] = []
    private var connections: [SMTPConnection] = []
    /// The connections without a mail, the last one used last, with the timers that close them.
    private var idle: [(connection: SMTPConnection, timer: LoopTimer)] = []
    private var lastID: UInt64 = 0
    private var isClosed = false

    package init(loop: EventLoop, server: SMTPServer, settings: SMTPClientSettings = .init(), logger: Logger) {
        self.loop = loop
        self.server = server
        self.settings = settings
        if let fault = HTTPClient.libraryFault { logger.error("no mail", metadata: ["reason": "\(fault)"]) }
    }

    deinit { for connection in connections { connection.close() } }

    /// Submits one mail. Ends with the task's ``Deadline``, and at once when the task is cancelled. The server may have taken the mail
    /// all the same, if its end was sent before.
    /// - Parameters:
    ///   - sender: the address of the envelope, `name@host`
    ///   - recipient: likewise; the server must know SMTPUTF8 (RFC 6531) where its name is not ASCII
    ///   - message: headers and body (RFC 5322); any kind of line ends
    /// - Returns: what the server has said when it took the mail
    package func send(from sender: String, to recipient: String, message: [UInt8]) async throws(SMTPError) -> SMTPReceipt {
        loop.assertInLoop()
        if let fault = SMTPMessage.fault(address: sender) { throw SMTPError(.invalid, "the sender's address \(fault)") }
        if let fault = SMTPMessage.fault(address: recipient) { throw SMTPError(.invalid, "the recipient's address \(fault)") }
        guard !message.isEmpty else { throw SMTPError(.invalid, "the message is empty") }
        let now = csystem_monotonic()
        let deadline = min(now.adding(settings.timeout.nanosecondsClamped), Deadline.current?.instant ?? .max)
        guard deadline > now else { throw SMTPError(.timeout, "there was no time left") }
        if let fault = HTTPClient.libraryFault { throw SMTPError(.unavailable, fault) }
        guard !isClosed else { throw Self.closedError }
        lastID &+= 1
        let id = lastID
        let mail = SMTPMail(sender: sender, recipient: recipient, message: message)
        // Safe: used again only on the loop.
        nonisolated(unsafe) let client = self
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in client.begin(id, mail, deadline, continuation) }
        } onCancel: {
            client.loop.execute { client.end(id, Self.cancelledError) }
        }
        return try result.get()
    }

    /// Ends what is in progress, and closes the connections.
    package func close() async {
        loop.assertInLoop()
        guard !isClosed else { return }
        isClosed = true
        for id in pending.keys { end(id, Self.closedError) }
        for (_, timer) in idle { timer.cancel() }
        idle = []
        let closing = connections
        connections = []
        guard !closing.isEmpty else { return }
        let closed = Promise<Void>(on: loop)
        // Safe: changed on the loop only.
        nonisolated(unsafe) var open = closing.count
        for connection in closing {
            connection.close { [loop] in
                loop.execute {
                    open -= 1
                    if open == 0 { closed.succeed(()) }
                }
            }
        }
        // A task of its own, because the caller's may be cancelled.
        await loop.run { try? await closed.value(by: .after(Self.closeTimeout)) }.value
    }

    // MARK: Mails

    private static let closedError = SMTPError(.unavailable, "the mail client is closed")
    private static let cancelledError = SMTPError(.cancelled, "the task was cancelled")

    private func begin(_ id: UInt64, _ mail: SMTPMail, _ deadline: UInt64, _ continuation: Continuation) {
        guard !Task.isCancelled else { return continuation.resume(returning: .failure(Self.cancelledError)) }
        let timer = loop.schedule(at: deadline) { [weak self] in
            self?.end(id, SMTPError(.timeout, "the mail server did not answer in time"))
        }
        pending[id] = Pending(mail: mail, continuation: continuation, timer: timer)
        if let (connection, timer) = idle.popLast() {
            timer.cancel()
            start(id, on: connection)
        } else if connections.count < max(1, settings.connections) {
            let connection = SMTPConnection(server: server, settings: settings, count: count)
            connections.append(connection)
            start(id, on: connection)
        } else {
            waiting.append(id)
        }
    }

    private func start(_ id: UInt64, on connection: SMTPConnection) {
        guard let mail = pending[id]?.mail else { return rest(connection) }
        pending[id]?.connection = connection
        // Safe: used again only on the loop.
        nonisolated(unsafe) weak let client = self
        connection.send(mail) { [loop] result in
            loop.execute { client?.ended(id, on: connection, result) }
        }
    }

    /// A connection can take the next mail.
    private func ended(_ id: UInt64, on connection: SMTPConnection, _ result: Result<SMTPReceipt, SMTPError>) {
        if let mail = pending.removeValue(forKey: id) {
            mail.timer.cancel()
            mail.continuation.resume(returning: result)
        }
        guard !isClosed else { return }
        if waiting.isEmpty { rest(connection) } else { start(waiting.removeFirst(), on: connection) }
    }

    /// Ends a mail for its sender. Its connection is free a moment later.
    private func end(_ id: UInt64, _ error: SMTPError) {
        guard let mail = pending.removeValue(forKey: id) else { return }
        mail.timer.cancel()
        if let connection = mail.connection { connection.abandon() } else { waiting.removeAll { $0 == id } }
        mail.continuation.resume(returning: .failure(error))
    }

    private func rest(_ connection: SMTPConnection) {
        let timer = loop.schedule(after: settings.idleTime) { [weak self] in self?.retire(connection) }
        idle.append((connection, timer))
    }

    /// Closes a connection that has been idle for long.
    private func retire(_ connection: SMTPConnection) {
        idle.removeAll { $0.connection === connection }
        connections.removeAll { $0 === connection }
        connection.close()
    }
}

/// How a mail client connects and how long it waits.
package struct SMTPClientSettings: Sendable {
    /// From the look-up of the name to the end of the TLS handshake.
    package var connectTimeout: Duration = .seconds(10)
    /// How long the server may take for one reply. RFC 5321 §4.5.3.2 has minutes; a mail that waits is tried again.
    package var replyTimeout: Duration = .seconds(60)
    /// From the call to the last reply.
    package var timeout: Duration = .seconds(120)
    /// The most connections to the server; mails beyond wait for one.
    package var connections = 4
    /// How long an idle connection is used again. Servers close idle ones after some minutes, or seconds.
    package var idleTime: Duration = .seconds(30)
    /// What the client calls itself in EHLO; nil for the domain of the sender.
    package var name: String?
    /// A PEM file of the authorities to trust in place of the system's.
    package var authorityFile: String?

    package init() {}
}
