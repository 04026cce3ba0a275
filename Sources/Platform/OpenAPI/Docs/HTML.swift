/// Markup. In a literal the text is markup, and what is interpolated is text unless it is markup itself: so nothing
/// can be forgotten to be escaped.
///
///     let cell: HTML = "<td>\(name)</td>"
struct HTML: ExpressibleByStringInterpolation {
    private(set) var text: String

    init(stringLiteral text: String) { self.text = text }
    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    /// Several pieces after one another.
    static func joined(_ pieces: some Sequence<HTML>, separator: String = "") -> HTML {
        HTML(stringLiteral: pieces.map(\.text).joined(separator: separator))
    }

    /// Markup only where a condition holds.
    static func when(_ condition: Bool, _ markup: HTML) -> HTML { condition ? markup : "" }

    static func + (left: HTML, right: HTML) -> HTML { HTML(stringLiteral: left.text + right.text) }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }
        mutating func appendLiteral(_ markup: String) { text += markup }
        mutating func appendInterpolation(_ markup: HTML) { text += markup.text }
        mutating func appendInterpolation(_ number: Int) { text += String(number) }
        mutating func appendInterpolation(_ plain: some StringProtocol) {
            for character in plain.unicodeScalars {
                switch character {
                case "&": text += "&amp;"
                case "<": text += "&lt;"
                case ">": text += "&gt;"
                case "\"": text += "&quot;"
                case "'": text += "&#39;"
                default: text.unicodeScalars.append(character)
                }
            }
        }
    }
}
