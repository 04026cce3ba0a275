import Formats

/// The syntax of e-mail addresses: a dot-string of letters, digits and RFC 5321's `atext` (§4.1.2; letters of any script,
/// RFC 6531 §3.3), an @, and a domain name of at least two labels. Only a mail shows whether the address exists.
///
/// Addresses that need quotes are refused, and so are invisible characters: controls, marks of direction, zero-width
/// characters.
package enum EmailAddress {
    /// The address as limits count it: in lower case, and without the part from a plus to the @, since most providers deliver
    /// it to the same mailbox (RFC 5233). For Gmail also without dots and with one of its two domains, since they are one
    /// mailbox (Gmail Help, "Dots don't matter in Gmail addresses").
    static func normalized(_ address: String) -> String {
        // Scalars, since a plus and a combining mark after it are one character.
        let lower = address.lowercased().unicodeScalars
        guard let at = lower.lastIndex(of: "@") else { return String(lower) }
        var local = lower[..<at]
        let domain = String(lower[lower.index(after: at)...])
        if let plus = local.firstIndex(of: "+"), plus > local.startIndex { local = local[..<plus] }
        guard domain == "gmail.com" || domain == "googlemail.com" else { return String(local) + "@" + domain }
        return String(String.UnicodeScalarView(local.filter { $0 != "." })) + "@gmail.com"
    }

    /// The address in the one form in which accounts compare it, byte by byte: NFC, and lower case as far as it is ASCII. Other letters
    /// stay as they are, so that no two mailboxes become one: the lower case of İ is i in some languages.
    ///
    /// In SQL the same is `lower(email COLLATE "C")`.
    package static func key(of address: String) -> String {
        String(decoding: address.composed.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// The address in NFC, without white space around it; nil for another text.
    package static func parse(_ text: String) -> String? {
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

    /// Labels of IDNA2008 (RFC 5891 §4.2.3, RFC 5892 §2): letters, digits, and hyphens between them.
    private static func isDomain(_ part: Part) -> Bool {
        let labels = part.split(separator: ".", omittingEmptySubsequences: false)
        // The last label is not a number, else it would be an IP address (RFC 3696 §2).
        guard labels.count > 1, let last = labels.last, !last.allSatisfy({ ("0"..."9").contains($0) }) else { return false }
        return labels.allSatisfy { label in
            guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
            return first != "-" && last != "-" && !isMark(first)
                && label.allSatisfy { isWord($0) || $0 == "-" || contextual.contains($0) }
        }
    }

    /// Characters that IDNA2008 allows beside letters and digits, as in Catalan, Greek, Hebrew and Japanese names
    /// (RFC 5892 §2.6).
    private static let contextual: Set<Unicode.Scalar> = ["\u{B7}", "\u{375}", "\u{5F3}", "\u{5F4}", "\u{3007}", "\u{30FB}"]

    /// A letter, a mark on a letter, or a digit, if it is visible.
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
