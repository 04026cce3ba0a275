import CoreMetrics
import Dispatch

/// A mail for a connection.
struct SMTPMail: Sendable {
    let sender: String
    let recipient: String
    let message: [UInt8]
}

/// A connection to the mail server, and the thread that waits for the server.
///
/// libcurl's own event interface does not help here: at the end of a message, and after QUIT, libcurl blocks until the server has
/// answered (`smtp_done` in its lib/smtp.c). So each connection has a queue of Dispatch to itself. The queue has a thread while a mail is
/// in progress. The methods may be called from any thread, ``send(_:ended:)`` for one mail at a time.
// Unchecked: `transfer` is used on the queue only. Everything else is immutable and Sendable.
final class SMTPConnection: @unchecked Sendable {
    private let server: SMTPServer
    private let settings: SMTPClientSettings
    private let sockets: SMTPSockets
    private let queue = DispatchQueue(label: "smtp")
    private var transfer: SMTPTransfer?

    /// - Parameter count: the number of connections
    init(server: SMTPServer, settings: SMTPClientSettings, count: Meter) {
        self.server = server
        self.settings = settings
        sockets = SMTPSockets(count: count)
    }

    /// Submits a mail; it connects first where that is needed.
    /// - Parameter ended: called on a thread of Dispatch's, once. The connection can take the next mail then.
    func send(_ mail: SMTPMail, ended: @escaping @Sendable (Result<SMTPReceipt, SMTPError>) -> Void) {
        sockets.begin()
        queue.async { [self] in ended(submit(mail)) }
    }

    /// Ends the mail in progress, and the connection. `ended` is called soon after.
    func abandon() { sockets.abandon() }

    /// Ends the mail in progress, and closes the connection. Nothing may be sent afterwards.
    /// - Parameter closed: called on a thread of Dispatch's once the connection is closed
    func close(closed: @escaping @Sendable () -> Void = {}) {
        sockets.abandon()
        queue.async { [self] in
            transfer = nil
            closed()
        }
    }

    private func submit(_ mail: SMTPMail) -> Result<SMTPReceipt, SMTPError> {
        guard let transfer = transfer ?? SMTPTransfer(server: server, settings: settings, sockets: sockets) else {
            return .failure(SMTPError(.unavailable, "libcurl is not available"))
        }
        self.transfer = transfer
        let result = transfer.send(mail)
        if !transfer.easy.isUsable {
            // libcurl would say QUIT to the server and wait for its answer.
            sockets.shut()
            self.transfer = nil
        }
        return result
    }
}
