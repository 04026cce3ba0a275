/// Values as they are put into templates.
enum TemplateText {
    /// Text on one line, which cannot change the lines around it: control characters and line breaks become spaces, and the
    /// characters that turn the direction of what follows them are left out (Unicode 16, UAX #9 §2.1, §2.2, §2.4). Letters that are
    /// written from right to left stay.
    static func plain(_ text: String) -> String {
        // Most text is plain ASCII.
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029: plain.append(" ")
            case 0x202A...0x202E, 0x2066...0x2069: break
            default: plain.append(scalar)
            }
        }
        return String(plain)
    }

    /// The same for HTML: for element content and for values of attributes in quotes (HTML §13.1.2).
    static func escaped(_ text: String) -> String {
        var html = String.UnicodeScalarView()
        for scalar in plain(text).unicodeScalars {
            switch scalar {
            case "&": html.append(contentsOf: "&amp;".unicodeScalars)
            case "<": html.append(contentsOf: "&lt;".unicodeScalars)
            case ">": html.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": html.append(contentsOf: "&quot;".unicodeScalars)
            case "'": html.append(contentsOf: "&#39;".unicodeScalars)
            default: html.append(scalar)
            }
        }
        return String(html)
    }
}
