import Formats
import FoundationEssentials

/// A mail with one text in two forms, as it is sent (RFC 5322, RFC 2045 to 2047).
struct MailMessage: Sendable {
    /// The event that the mail is about: a repeated mail has the same Message-ID.
    let event: UUID
    let sender: MailSender
    /// The address, in the form of ``EmailAddress``.
    let recipient: String
    let language: MailLanguage
    let subject: String
    let text: String
    let html: String

    /// The mail with CR LF at the ends of its lines, none of which has more than 78 characters but for long addresses.
    func bytes(at time: Timestamp) -> [UInt8] {
        // Quoted-printable text never has an = before a _, so no part contains the boundary.
        let boundary = "=_\(event.text)"
        let headers = [
            ("Date", Self.date(time)), ("From", from), ("To", EmailDomain.ascii(recipient)),
            ("Subject", EncodedText.unstructured(subject, after: 9)), ("Message-ID", messageID),
            // No out-of-office replies (RFC 3834 §5; the second one for Exchange, MS-OXCMAIL §2.2.3.2.14).
            ("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"), ("Content-Language", language.rawValue),
            ("MIME-Version", "1.0"), ("Content-Type", "multipart/alternative;\r\n boundary=\"\(boundary)\""),
        ]
        var bytes: [UInt8] = []
        for (name, value) in headers { bytes += "\(name): \(value)\r\n".utf8 }
        // From the plainest form to the richest (RFC 2046 §5.1.4).
        for (type, body) in [("plain", text), ("html", html)] {
            bytes += "\r\n--\(boundary)\r\nContent-Type: text/\(type); charset=utf-8\r\n".utf8
            bytes += "Content-Transfer-Encoding: quoted-printable\r\n\r\n".utf8
            bytes += QuotedPrintable.encode(body)
        }
        bytes += "\r\n--\(boundary)--\r\n".utf8
        return bytes
    }

    private var from: String {
        guard !sender.name.isEmpty else { return sender.address }
        return EncodedText.phrase(sender.name, after: 6) + "\r\n <\(sender.address)>"
    }

    /// The same for each attempt to send the mail (RFC 5322 §3.6.4).
    private var messageID: String { "<\(event.text)@\(sender.domain)>" }

    /// RFC 5322 §3.3.
    private static func date(_ time: Timestamp) -> String { time.httpDate.replacing("GMT", with: "+0000") }
}

/// The shop as the sender of its mails.
package struct MailSender: Sendable {
    /// The shop's name; may be empty.
    package let name: String
    /// An address in ASCII.
    package let address: String

    package init(name: String, address: String) {
        self.name = name
        self.address = address
    }

    fileprivate var domain: Substring {
        address.lastIndex(of: "@").map { address[address.index(after: $0)...] } ?? "localhost"
    }
}
