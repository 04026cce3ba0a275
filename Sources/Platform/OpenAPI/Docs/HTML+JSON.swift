import Formats

extension HTML {
    /// JSON on several lines with its parts marked.
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
