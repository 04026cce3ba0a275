/// How far the dialogue with a mail server came, and how it ended, from all commands and replies.
package struct SMTPDialogue: Sendable {
    /// The command whose reply comes next.
    package enum Phase: Sendable, Equatable, Comparable {
        /// Greeting, EHLO, STARTTLS, AUTH.
        case login
        case sender, recipient
        /// DATA, and the message.
        case data
    }

    package private(set) var phase = Phase.login
    /// The code of the last reply.
    package private(set) var code: Int?
    /// The text of the last line of the last reply. In a dialogue with secrets, replies to the login have no text but their enhanced
    /// status code (RFC 3463): a server may repeat the line that it did not understand, which contains the password in base64.
    package private(set) var text = ""
    private let secrets: [String]
    /// Whether we have said QUIT. The reply to it is not about the mail.
    private var hasQuit = false

    /// - Parameter secrets: texts that a reply must not carry into an error
    package init(secrets: [String] = []) { self.secrets = secrets.filter { !$0.isEmpty } }

    /// Notes a command that was sent.
    package mutating func sent(command: some Collection<UInt8>) {
        if command.starts(with: "MAIL ".utf8) {
            phase = .sender
        } else if command.starts(with: "RCPT ".utf8) {
            phase = .recipient
        } else if command.starts(with: "DATA".utf8) {
            phase = .data
        } else if command.starts(with: "QUIT".utf8) {
            hasQuit = true
        }
    }

    /// Notes a line of a reply (RFC 5321 §4.2).
    package mutating func received(reply: some Collection<UInt8>) {
        guard !hasQuit else { return }
        let line = String(decoding: reply.prefix(512).map { $0 >= 0x20 && $0 < 0x7f ? $0 : UInt8(ascii: " ") }, as: UTF8.self)
        let digits = line.prefix(3)
        guard digits.utf8.count == 3, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(digits) else {
            return
        }
        code = number
        let rest = line.dropFirst(4).drop { $0 == " " }
        guard phase > .login || secrets.isEmpty else {
            text = rest.prefix { $0 != " " }.enhancedStatusCode ?? ""
            return
        }
        let raw = String(decoding: reply, as: UTF8.self)
        text = secrets.contains { raw.contains($0) } ? "" : String(rest.prefix(200).trimmingSpaces)
    }

    /// Whether the mail will never be taken: the recipient or the message was refused for good. A refusal of anything else is about
    /// the sender's settings or the server, which may change.
    package var isRefusedForGood: Bool {
        guard let code, code >= 500, code < 600 else { return false }
        // 530, 535, 538: the server wants a login (RFC 4954 §6). 521 and 421 are about the server.
        switch phase {
        case .login: return false
        // The message is too long (RFC 1870 §6.2).
        case .sender: return code == 552
        case .recipient, .data: return ![521, 530, 534, 535, 538].contains(code)
        }
    }
}

extension Substring {
    /// The text, if it is an enhanced status code such as 5.7.8.
    fileprivate var enhancedStatusCode: String? {
        let parts = split(separator: ".", omittingEmptySubsequences: false)
        let areNumbers = parts.allSatisfy { (1...3).contains($0.utf8.count) && $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }
        return parts.count == 3 && areNumbers ? String(self) : nil
    }

    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
