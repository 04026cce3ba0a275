import FoundationEssentials

/// What takes finished mails: a mail server, or the mailbox of a developer's machine.
package protocol MailTransport {
    /// Returns once the mail is taken.
    func send(_ mail: OutgoingMail) async throws(MailTransportError)
    func close() async
}

/// A mail that is ready to be sent.
package struct OutgoingMail: Sendable {
    package let id: UUID
    package let event: UUID
    /// The sender of the envelope.
    package let sender: String
    package let recipient: String
    package let subject: String
    /// The whole message (RFC 5322).
    package let message: [UInt8]
}

/// Why a mail was not taken.
package struct MailTransportError: Error, Sendable {
    /// Whether another attempt would end the same way.
    package let isPermanent: Bool
    /// The server's reply code; nil without a reply.
    package let status: Int?
    /// One line without secrets. It may contain the recipient's address.
    package let message: String

    package init(isPermanent: Bool, status: Int? = nil, message: String) {
        self.isPermanent = isPermanent
        self.status = status
        self.message = message
    }
}
