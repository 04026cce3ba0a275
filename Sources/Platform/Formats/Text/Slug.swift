/// Names for URLs: lower-case letters and digits in groups with single hyphens between them, in NFC (UAX #15).
package enum Slug {
    /// The longest slug, in bytes of UTF-8. Percent-encoding makes each byte at most three.
    package static let maximumLength = 80

    /// The slug of a name: `Café Münster No. 5` is `cafe-muenster-no-5`, `Чай` is `chay`, and `茶` stays `茶`.
    ///
    /// Latin, Greek and Cyrillic letters become ASCII (``Transliteration``). Letters and digits of other scripts stay, with their
    /// marks. Apostrophes and invisible characters are removed (`men's` is `mens`), and all else separates groups. The same name
    /// always has the same slug, which is its own slug, and never empty: without any letter or digit it is `item`.
    /// - Parameter limit: the most bytes that it may have
    package static func make(_ name: String, upTo limit: Int = maximumLength) -> String {
        var slug = String.UnicodeScalarView()
        var count = 0
        var needsHyphen = false
        var last: Unicode.Scalar?
        // Whether the last letter stayed as it was: only then its marks stay too.
        var isKept = false
        scan: for scalar in name.lowercased().composed.unicodeScalars {
            var letters: [UInt8] = []
            switch role(of: scalar, after: last) {
            case .letters(let found): letters = found
            case .letter: letters = Array(String(scalar).utf8)
            case .mark where isKept && !needsHyphen: letters = Array(String(scalar).utf8)
            case .mark, .invisible: continue
            case .separator:
                needsHyphen = !slug.isEmpty
                last = nil
                continue
            }
            last = scalar
            guard !letters.isEmpty else {
                isKept = false
                continue
            }
            let length = letters.count + (needsHyphen ? 1 : 0)
            guard count + length <= limit else { break scan }
            if needsHyphen { slug.append("-") }
            slug.append(contentsOf: String(decoding: letters, as: UTF8.self).unicodeScalars)
            count += length
            needsHyphen = false
            isKept = letters.contains { $0 >= 0x80 }
        }
        return slug.isEmpty ? "item" : String(slug).composed
    }

    /// What a character of a name becomes.
    private enum Role {
        /// ASCII letters; none for a sign that is not written.
        case letters([UInt8])
        /// Itself.
        case letter
        /// A part of the letter before it.
        case mark
        case invisible, separator
    }

    /// - Parameter last: the letter before it, if they are in one group
    private static func role(of scalar: Unicode.Scalar, after last: Unicode.Scalar?) -> Role {
        switch scalar.value {
        case 0x30...0x39, 0x61...0x7A: return .letters([UInt8(truncatingIfNeeded: scalar.value)])
        // Apostrophes belong to the letters around them, straight and curly.
        case 0x27, 0x2019: return .invisible
        case ..<0x80: return .separator
        // The marks of Latin, Greek and Cyrillic letters.
        case 0x300...0x36F: return .invisible
        default: break
        }
        if let letters = Transliteration.letters(of: scalar, after: last) { return .letters(letters) }
        switch scalar.properties.generalCategory {
        case .lowercaseLetter, .uppercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber: return .letter
        case .nonspacingMark, .spacingMark, .enclosingMark: return .mark
        case .format: return .invisible
        default: return .separator
        }
    }

    /// Whether text is a slug as `make` writes them.
    package static func isValid(_ text: String) -> Bool { text.hasSameBytes(as: make(text)) }
}

extension Slug {
    /// The slug that releases without letters of other scripts made of a name, and without `ae` for `ä`. Products of these releases
    /// are recognized by it.
    package static func former(_ name: String, upTo limit: Int = maximumLength) -> String {
        var slug: [UInt8] = []
        var needsHyphen = false
        scan: for scalar in name.unicodeScalars {
            let letters: [UInt8]
            switch scalar.value {
            case 0x30...0x39, 0x61...0x7A: letters = [UInt8(truncatingIfNeeded: scalar.value)]
            case 0x41...0x5A: letters = [UInt8(truncatingIfNeeded: scalar.value) | 0x20]
            case 0x27, 0x2019, 0x300...0x36F: continue
            default: letters = LatinFolding.letters(of: scalar)
            }
            if letters.isEmpty {
                needsHyphen = !slug.isEmpty
                continue
            }
            guard slug.count + letters.count + (needsHyphen ? 1 : 0) <= limit else { break scan }
            if needsHyphen { slug.append(UInt8(ascii: "-")) }
            slug.append(contentsOf: letters)
            needsHyphen = false
        }
        return slug.isEmpty ? "item" : String(decoding: slug, as: UTF8.self)
    }
}
