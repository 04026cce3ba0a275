/// What a server has said when it took a mail.
package struct SMTPReceipt: Sendable, Equatable {
    /// The code of its last reply, such as 250.
    package let code: Int
    /// The text of its last reply: many servers name the mail's number in their queue.
    package let text: String
}

/// A mail was not submitted.
package struct SMTPError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// The recipient or the message was refused for good: another attempt cannot help.
        case refused
        /// The server refused for now, or refused the login or the sender.
        case deferred
        /// No connection, or it was lost.
        case connection
        /// The server offers no TLS, or its certificate is not trusted.
        case tls
        /// No answer in time.
        case timeout
        /// An address or the message cannot be sent.
        case invalid
        /// The task was cancelled.
        case cancelled
        /// The client is closed, or libcurl cannot be used.
        case unavailable
    }

    package let kind: Kind
    /// The code of the server's last reply; nil without one.
    package let code: Int?
    /// One line, without secrets. It may contain the addresses, because it may repeat what the server has replied.
    package let message: String

    package init(_ kind: Kind, code: Int? = nil, _ message: String) {
        self.kind = kind
        self.code = code
        self.message = message
    }

    /// Whether another attempt cannot help.
    package var isPermanent: Bool { kind == .refused || kind == .invalid }

    package var description: String { "\(kind.rawValue): \(message)" }
}
