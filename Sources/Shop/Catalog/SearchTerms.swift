/// The terms of a search: words, phrases, and words that are excluded.
///
/// People type and paste all kinds of text. Signs that mean nothing in a search are left out here, since PostgreSQL's parser fails
/// on some of them: 33 hyphens in a row are more operators than it has room for (`tsquery stack too small`).
struct SearchTerms: Equatable {
    /// The search as text; nil where it has no word, or excluded words only: then it finds nothing.
    let text: String?
    /// The terms for PostgreSQL's `search_plan`, each with its kind before it: + a word, " a phrase, - a word that is excluded,
    /// ~ a phrase that is excluded, | or.
    let encoded: [String]

    private enum Term: Equatable {
        case wanted(String)
        case unwanted(String)
        case or
    }

    init(_ search: String) {
        var terms: [Term] = []
        var rest = Substring(search).unicodeScalars
        while let first = rest.first {
            if Self.isBlank(first) {
                rest.removeFirst()
                continue
            }
            // A hyphen means "without" where it stands alone before a word or a phrase.
            let prefix = rest.prefix { !Self.isBlank($0) && $0 != "\"" && !Self.isPartOfWord($0) }
            rest = rest.dropFirst(prefix.count)
            let isUnwanted = prefix.elementsEqual("-".unicodeScalars)
            guard let next = rest.first, !Self.isBlank(next) else { continue }
            let term: String?
            if next == "\"" {
                let phrase = rest.dropFirst().prefix { $0 != "\"" }
                rest = rest.dropFirst(phrase.count + 1).dropFirst(phrase.endIndex == rest.endIndex ? 0 : 1)
                term = Self.phrase(phrase)
            } else {
                let word = rest.prefix { !Self.isBlank($0) && $0 != "\"" }
                rest = rest.dropFirst(word.count)
                term = Self.trimmed(word)
                if term?.lowercased() == "or" {
                    if !isUnwanted { terms.append(.or) }
                    continue
                }
            }
            if let term { terms.append(isUnwanted ? .unwanted(term) : .wanted(term)) }
        }
        encoded = Self.encoded(terms)
        text = Self.text(encoded: encoded)
    }

    private static func encoded(_ terms: [Term]) -> [String] {
        var encoded: [String] = []
        var hasWanted = false
        for (index, term) in terms.enumerated() {
            switch term {
            case .wanted(let word):
                hasWanted = true
                encoded.append(isPhrase(word) ? "\"" + content(word) : "+" + word)
            case .unwanted(let word): encoded.append(isPhrase(word) ? "~" + content(word) : "-" + word)
            case .or:
                // "This or all without that" would find nearly everything, so "or" counts only between two wanted terms.
                guard index > 0, index + 1 < terms.count, case .wanted = terms[index - 1], case .wanted = terms[index + 1] else {
                    continue
                }
                encoded.append("|")
            }
        }
        return hasWanted ? encoded : []
    }

    private static func isPhrase(_ word: String) -> Bool { word.utf8.first == UInt8(ascii: "\"") }

    /// The words within quotes. By scalars: a mark at the beginning is one character with the quote.
    private static func content(_ phrase: String) -> String { String(phrase.unicodeScalars.dropFirst().dropLast()) }

    /// The text of terms as a person writes them; nil where there are none.
    static func text(encoded: [String]) -> String? {
        guard !encoded.isEmpty else { return nil }
        return encoded.map { term in
            let word = String(term.unicodeScalars.dropFirst())
            return switch term.unicodeScalars.first {
            case "\"": "\"" + word + "\""
            case "-": "-" + word
            case "~": "-\"" + word + "\""
            case "|": "or"
            default: word
            }
        }.joined(separator: " ")
    }

    /// The words of a phrase in quotes; nil where it has none.
    private static func phrase(_ content: Substring.UnicodeScalarView) -> String? {
        let words = content.split(whereSeparator: isBlank).compactMap { trimmed($0) }
        return words.isEmpty ? nil : "\"" + words.joined(separator: " ") + "\""
    }

    /// A word without the signs around it; nil where it has signs only.
    private static func trimmed(_ word: Substring.UnicodeScalarView) -> String? {
        guard let first = word.firstIndex(where: isPartOfWord),
            let last = word.lastIndex(where: { isPartOfWord($0) || isJoined($0) })
        else { return nil }
        return String(word[first...last])
    }

    /// Whether a character separates words: white space, control characters, and the signs that are operators.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.value < 0x20 || "!&|()\\".unicodeScalars.contains(scalar)
    }

    /// Whether a character belongs to the letter before it, as marks and joiners do in PostgreSQL's parser: many words of Tamil, Telugu
    /// and Thai end in a mark that is no letter.
    private static func isJoined(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: scalar == "\u{200C}" || scalar == "\u{200D}"
        }
    }

    private static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
}
