/// Text in lines of at most 76 characters of ASCII (RFC 2045 §6.7).
enum QuotedPrintable {
    private static let longestLine = 76
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Encodes text, whose lines end in LF, CR or CR LF. The result's lines end in CR LF, the last one too.
    static func encode(_ text: String) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count * 5 / 4)
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isLineEnd)
        // The end of the last line begins no other.
        if lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
        for line in lines { encode(Array(line.utf8), to: &output) }
        return output
    }

    private static func encode(_ line: [UInt8], to output: inout [UInt8]) {
        var length = 0
        for (place, byte) in line.enumerated() {
            let isLast = place == line.count - 1
            let canBePlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=") || byte == 0x20 && !isLast
            // The last character of a line may take its last column, others leave it for the `=` of a soft line break.
            if length + (canBePlain ? 1 : 3) > longestLine - (isLast ? 0 : 1) {
                output += "=\r\n".utf8
                length = 0
            }
            // A line with a full stop alone ends a message (RFC 5321 §4.5.2), and mailbox files change `From `.
            let isPlain =
                canBePlain && !(length == 0 && (byte == UInt8(ascii: ".") || line[place...].starts(with: "From ".utf8)))
            if isPlain {
                output.append(byte)
            } else {
                output += [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
            length += isPlain ? 1 : 3
        }
        output += "\r\n".utf8
    }

    /// Decodes what ``encode(_:)`` has written, with LF as the end of lines. Other text is decoded as far as it can be.
    static func decode(_ bytes: some Sequence<UInt8>) -> String {
        var output: [UInt8] = []
        var pending: [UInt8] = []
        for byte in bytes where byte != 0x0D {
            if pending.isEmpty {
                if byte == UInt8(ascii: "=") { pending = [byte] } else { output.append(byte) }
                continue
            }
            if pending.count == 1, byte == 0x0A {
                pending = []
                continue
            }
            pending.append(byte)
            guard pending.count == 3 else { continue }
            if let high = digits.firstIndex(of: pending[1]), let low = digits.firstIndex(of: pending[2]) {
                output.append(UInt8(truncatingIfNeeded: high << 4 | low))
            } else {
                output += pending
            }
            pending = []
        }
        return String(decoding: output + pending, as: UTF8.self)
    }
}

extension Character {
    fileprivate var isLineEnd: Bool { self == "\n" || self == "\r" || self == "\r\n" }
}
