/// The parts of a mail that ``MailMessage`` has written, for showing it. It is no reader for mails of others.
struct MailParts {
    /// The lines of the header, as they are sent.
    let header: String
    let text: String
    let html: String

    /// Of another message, the parts are empty.
    init(_ message: [UInt8]) {
        let source = String(decoding: message, as: UTF8.self)
        let (header, body) = Self.split(source[...])
        self.header = String(header)
        let mark = "boundary=\""
        guard let start = header.firstRange(of: mark), let end = header[start.upperBound...].firstIndex(of: "\"") else {
            (text, html) = ("", "")
            return
        }
        var parts: [String: String] = [:]
        for part in body.split(separator: "\r\n--\(header[start.upperBound..<end])") {
            let (header, content) = Self.split(part)
            for type in ["plain", "html"] where header.firstRange(of: "text/\(type)") != nil {
                parts[type] = QuotedPrintable.decode(content.utf8)
            }
        }
        text = parts["plain"] ?? ""
        html = parts["html"] ?? ""
    }

    /// At the first empty line.
    private static func split(_ text: Substring) -> (header: Substring, body: Substring) {
        guard let gap = text.firstRange(of: "\r\n\r\n") else { return (text, "") }
        // The body keeps a line break before its first boundary.
        return (text[..<gap.lowerBound], text[gap.upperBound...])
    }
}
