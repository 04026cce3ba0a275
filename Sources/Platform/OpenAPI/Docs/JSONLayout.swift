import Formats

/// JSON on several lines. Objects and arrays that fit into a short line stay in one line.
struct JSONLayout {
    /// A piece of the text.
    enum Piece {
        case name(String), string(String), literal(String), punctuation(String)
    }

    private(set) var pieces: [Piece] = []

    init(_ value: JSONValue) { add(value, indent: "") }

    /// All pieces as one text.
    var text: String {
        pieces.reduce(into: "") { text, piece in
            switch piece {
            case .name(let part), .string(let part), .literal(let part), .punctuation(let part): text += part
            }
        }
    }

    private mutating func add(_ value: JSONValue, indent: String) {
        switch value {
        case .null: pieces.append(.literal("null"))
        case .bool(let value): pieces.append(.literal(value ? "true" : "false"))
        case .number(let number): pieces.append(.literal(number.lexeme))
        case .string: pieces.append(.string(JSONLayout.compact(value)))
        case .array(let elements):
            add("[", "]", elements.count, isShort: JSONLayout.isShort(value, elements), "", indent) { layout, index, inner in
                layout.add(elements[index], indent: inner)
            }
        case .object(let object):
            let isShort = JSONLayout.isShort(value, object.members.map(\.value))
            add("{", "}", object.count, isShort: isShort, " ", indent) { layout, index, inner in
                layout.pieces.append(.name(JSONLayout.compact(.string(object.members[index].name))))
                layout.pieces.append(.punctuation(": "))
                layout.add(object.members[index].value, indent: inner)
            }
        }
    }

    private mutating func add(
        _ open: String, _ close: String, _ count: Int, isShort: Bool, _ padding: String, _ indent: String,
        _ element: (inout JSONLayout, Int, String) -> Void
    ) {
        guard count > 0 else { return pieces.append(.punctuation(open + close)) }
        let inner = indent + "  "
        pieces.append(.punctuation(open + (isShort ? padding : "\n" + inner)))
        for index in 0..<count {
            if index > 0 { pieces.append(.punctuation(isShort ? ", " : ",\n" + inner)) }
            element(&self, index, inner)
        }
        pieces.append(.punctuation((isShort ? padding : "\n" + indent) + close))
    }

    private static func isShort(_ value: JSONValue, _ inside: [JSONValue]) -> Bool {
        inside.allSatisfy { $0.arrayValue == nil && $0.objectValue == nil } && compact(value).utf8.count <= 48
    }

    static func compact(_ value: JSONValue) -> String {
        var writer = JSONWriter()
        writer.value(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
