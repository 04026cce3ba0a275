/// What may go into a dialogue with a mail server.
enum SMTPMessage {
    /// The longest address (RFC 5321 §4.5.3.1.3, without the brackets).
    static let longestAddress = 254

    /// The text with CRLF at the end of each line, the last one included (RFC 5321 §2.3.8).
    ///
    /// A bare CR or LF becomes a line's end too: servers disagree about what it is, and a message could contain what one of them takes
    /// for its end ("SMTP smuggling"). libcurl doubles the dots at the beginning of lines.
    static func lines(_ message: [UInt8]) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(message.count + message.count / 32 + 2)
        var wasReturn = false
        for byte in message {
            if byte == 0x0a {
                if !wasReturn { lines.append(0x0d) }
                lines.append(0x0a)
                wasReturn = false
                continue
            }
            if wasReturn { lines.append(0x0a) }
            lines.append(byte)
            wasReturn = byte == 0x0d
        }
        if wasReturn { lines.append(0x0a) }
        if !lines.isEmpty && lines.last != 0x0a { lines.append(contentsOf: [0x0d, 0x0a]) }
        return lines
    }

    /// Why an address cannot be sent in a command, as a clause; nil where it can. Whether it exists is for the server to say.
    static func fault(address: String) -> String? {
        guard !address.isEmpty, address.utf8.count <= longestAddress else {
            return "is empty or longer than \(longestAddress) bytes"
        }
        guard address.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }) else {
            return "has a space, a bracket or a control character"
        }
        guard let at = address.lastIndex(of: "@"), at != address.startIndex, address.index(after: at) != address.endIndex else {
            return "is not of the form name@host"
        }
        return nil
    }
}
