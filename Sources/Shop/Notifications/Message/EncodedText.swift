import Formats

/// Text of any language in the header of a mail, which is ASCII (RFC 2047).
enum EncodedText {
    /// A line with encoded words has at most 76 characters, and an encoded word 75 (RFC 2047 §2).
    private static let longestLine = 76
    private static let longestWord = 75

    /// The value of a header whose text is free (RFC 5322 §2.2.1), such as Subject. No text can end the header.
    /// - Parameter used: the characters before it on its first line, which are the name with its colon and space
    static func unstructured(_ text: String, after used: Int) -> String {
        let text = TemplateText.plain(text)
        return isPlain(text) && used + text.utf8.count <= longestLine ? text : words(text, after: used)
    }

    /// The name of a person or a shop before an address (RFC 5322 §3.2.5).
    static func phrase(_ text: String, after used: Int) -> String {
        let text = TemplateText.plain(text)
        guard isPlain(text), used + text.utf8.count + 2 <= longestLine else { return words(text, after: used) }
        // Nothing has to be quoted but these two (RFC 5322 §3.2.4).
        return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// Whether the text can stand as it is: visible ASCII with spaces only between its words, and nothing that looks
    /// like an encoded word.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && text.firstRange(of: "=?") == nil && !text.hasPrefix(" ")
            && !text.hasSuffix(" ")
    }

    /// Encoded words, each on a line of its own, and each with whole characters (RFC 2047 §5).
    private static func words(_ text: String, after used: Int) -> String {
        let (open, close) = ("=?UTF-8?B?", "?=")
        func capacity(_ limit: Int) -> Int { max(0, limit - open.utf8.count - close.utf8.count) / 4 * 3 }
        var lines: [String] = []
        var word: [UInt8] = []
        var room = capacity(min(longestWord, longestLine - used))
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if word.count + bytes.count > room {
                lines.append(open + Base64.encode(word) + close)
                word = []
                // A space stands before it.
                room = capacity(min(longestWord, longestLine - 1))
            }
            word += bytes
        }
        lines.append(open + Base64.encode(word) + close)
        return lines.joined(separator: "\r\n ")
    }
}

/// Base64 with padding (RFC 4648 §4).
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let text = Base64URL.encode(bytes).replacing("-", with: "+").replacing("_", with: "/")
        return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }
}
