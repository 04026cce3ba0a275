import EventLoop
import Logging
import SMTPClient

/// Sends mails by a mail server.
package struct SMTPTransport: MailTransport {
    private let client: SMTPClient

    package init(loop: EventLoop, server: SMTPServer, logger: Logger) {
        client = SMTPClient(loop: loop, server: server, logger: logger)
    }

    package func send(_ mail: OutgoingMail) async throws(MailTransportError) {
        do throws(SMTPError) {
            _ = try await client.send(from: mail.sender, to: EmailDomain.ascii(mail.recipient), message: mail.message)
        } catch {
            throw MailTransportError(isPermanent: error.isPermanent, status: error.code, message: error.message)
        }
    }

    package func close() async { await client.close() }
}
