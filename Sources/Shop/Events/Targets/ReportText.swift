/// Texts of receivers, for the log of deliveries and for terminals.
package enum ReportText {
    /// A text of at most `longest` bytes in one line: line ends and tabs become spaces, and other control characters, which could
    /// mislead a terminal or a page, are left out. Nil for a text of nothing else.
    package static func line(_ text: String, longest: Int) -> String? {
        var line = String.UnicodeScalarView()
        var length = 0
        for scalar in text.unicodeScalars {
            guard let scalar = shown(scalar) else { continue }
            length += UTF8.width(scalar)
            guard length <= longest else { break }
            line.append(scalar)
        }
        return line.isEmpty ? nil : String(line)
    }

    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: " "
        // Controls, and the marks that change the direction of a text or end a line (Unicode 16, §23.2, UAX #9).
        case 0x00...0x1F, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: nil
        default: scalar
        }
    }
}
