import Formats

/// Markup. In a literal, the text is markup, and interpolated values are escaped unless they are markup themselves. So no
/// escape can be forgotten.
///
///     let cell: HTML = "<td>\(name)</td>"
struct HTML: ExpressibleByStringInterpolation {
    private(set) var text: String

    init(stringLiteral text: String) { self.text = text }
    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    /// Several pieces of markup, one after another.
    static func joined(_ pieces: some Sequence<HTML>, separator: String = "") -> HTML {
        HTML(stringLiteral: pieces.map(\.text).joined(separator: separator))
    }

    /// Markup if a condition holds.
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

extension HTML {
    /// Prose in which text between backquotes is code.
    static func inline(_ prose: String) -> HTML {
        .joined(
            prose.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
                index.isMultiple(of: 2) ? "\(part)" : "<code>\(part)</code>"
            })
    }

    /// Paragraphs, separated by empty lines.
    static func paragraphs(_ prose: String) -> HTML {
        .joined(prose.split(separator: "\n\n").map { "<p>\(inline(String($0)))</p>" })
    }

    /// JSON on several lines, with an element around each name, string and literal.
    static func json(_ value: JSONValue) -> HTML {
        .joined(
            JSONLayout(value).pieces.map { piece in
                switch piece {
                case .name(let text): "<b>\(text)</b>"
                case .string(let text): "<s>\(text)</s>"
                case .literal(let text): "<i>\(text)</i>"
                case .punctuation(let text): "\(text)"
                }
            })
    }
}
