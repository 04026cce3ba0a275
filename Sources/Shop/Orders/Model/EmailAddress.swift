import Formats

/// What is taken for an e-mail address: a dot-string of letters, digits and RFC 5321's `atext` (§4.1.2; letters of any
/// script, RFC 6531 §3.3), an @, and a domain name of at least two labels. Whether it exists, only mail tells.
///
/// Nothing that needs quoting, nothing that is not seen: no controls, no marks of direction, no zero-width characters.
enum EmailAddress {
    /// An address as bounds count it: in lower case, and without what stands behind a plus before the @, which most providers
    /// deliver to the same mailbox (RFC 5233). Gmail's without its dots and under one of its two domains, as they are one mailbox
    /// (Gmail Help, "Dots don't matter in Gmail addresses").
    static func normalized(_ address: String) -> String {
        // Scalars, since a mark behind a plus would make one character of both.
        let lower = address.lowercased().unicodeScalars
        guard let at = lower.lastIndex(of: "@") else { return String(lower) }
        var local = lower[..<at]
        let domain = String(lower[lower.index(after: at)...])
        if let plus = local.firstIndex(of: "+"), plus > local.startIndex { local = local[..<plus] }
        guard domain == "gmail.com" || domain == "googlemail.com" else { return String(local) + "@" + domain }
        return String(String.UnicodeScalarView(local.filter { $0 != "." })) + "@gmail.com"
    }

    /// The address in NFC, without white space around it; nil for what cannot be one.
    static func parse(_ text: String) -> String? {
        let address = text.trimmed.composed
        // RFC 5321 §4.5.3.1.3: 256 octets with the brackets around it.
        guard address.utf8.count <= 254 else { return nil }
        let sides = address.unicodeScalars.split(separator: "@", omittingEmptySubsequences: false)
        guard sides.count == 2, isLocalPart(sides[0]), isDomain(sides[1]) else { return nil }
        return address
    }

    private typealias Part = String.UnicodeScalarView.SubSequence

    private static func isLocalPart(_ part: Part) -> Bool {
        part.reduce(0) { $0 + UTF8.width($1) } <= 64
            && part.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
                !atom.isEmpty && atom.allSatisfy { isWord($0) || atext.contains($0) }
            }
    }

    private static let atext = Set("!#$%&'*+-/=?^_`{|}~".unicodeScalars)

    /// Labels as IDNA2008 takes them (RFC 5891 §4.2.3, RFC 5892 §2): letters, digits, and hyphens within.
    private static func isDomain(_ part: Part) -> Bool {
        let labels = part.split(separator: ".", omittingEmptySubsequences: false)
        // The last is no number, else it would be an IP address (RFC 3696 §2).
        guard labels.count > 1, let last = labels.last, !last.allSatisfy({ ("0"..."9").contains($0) }) else { return false }
        return labels.allSatisfy { label in
            guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
            return first != "-" && last != "-" && !isMark(first)
                && label.allSatisfy { isWord($0) || $0 == "-" || contextual.contains($0) }
        }
    }

    /// What IDNA2008 allows beside letters and digits, as in Catalan, Greek, Hebrew and Japanese names (RFC 5892 §2.6).
    private static let contextual: Set<Unicode.Scalar> = ["\u{B7}", "\u{375}", "\u{5F3}", "\u{5F4}", "\u{3007}", "\u{30FB}"]

    /// A letter, a mark on one, or a digit, and one that is seen.
    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0..<0x80: false
        default:
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
                .nonspacingMark, .spacingMark:
                !scalar.properties.isDefaultIgnorableCodePoint
            default: false
            }
        }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }
}
