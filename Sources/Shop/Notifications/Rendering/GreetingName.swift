/// Which name a mail greets.
///
/// Anyone can order as a guest, under any name and with the e-mail address of another person. The shop must not become a way to send
/// others a text with a link, so what is no plain name is left out.
enum GreetingName {
    /// The longest name, in Unicode scalars: combining marks count.
    private static let longest = 60
    /// The full stops of domains (UTS #46 §2.3). Browsers take each of them.
    private static let stops: Set<Unicode.Scalar> = [".", "\u{3002}", "\u{FF0E}", "\u{FF61}"]

    /// The name, or an empty text if it is long or looks like a link. Mail programs make links of addresses without a scheme, too.
    static func shown(_ name: String) -> String {
        let scalars = Array(name.unicodeScalars)
        guard scalars.count <= longest, !scalars.contains("/"), !scalars.contains("@"), !name.lowercased().contains("www.") else {
            return ""
        }
        for (place, scalar) in scalars.enumerated() where stops.contains(scalar) {
            guard place > 0, place + 1 < scalars.count else { continue }
            if isPartOfWord(scalars[place - 1]), isPartOfWord(scalars[place + 1]) { return "" }
        }
        return name
    }

    /// Letters, digits, what is added to them, and symbols, which domains can have: all but spaces and punctuation.
    private static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .spaceSeparator, .lineSeparator, .paragraphSeparator, .control, .connectorPunctuation, .dashPunctuation,
            .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation, .otherPunctuation:
            false
        default: true
        }
    }
}
