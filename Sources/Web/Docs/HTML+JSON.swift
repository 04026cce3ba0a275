import Formats

extension HTML {
    /// JSON on several lines with its parts marked; what fits into a short line stays in one.
    static func json(_ value: JSONValue, indent: String = "") -> HTML {
        let inner = indent + "  "
        switch value {
        case .null: return "<i>null</i>"
        case .bool(let value): return "<i>\(value ? "true" : "false")</i>"
        case .number(let number): return "<i>\(number.lexeme)</i>"
        case .string(let text): return "<s>\(quoted(text))</s>"
        case .array(let elements):
            if elements.allSatisfy(isPlain), width(value) <= 48 {
                return "[" + joined(elements.map { json($0) }, separator: ", ") + "]"
            }
            return "[\n\(inner)" + joined(elements.map { json($0, indent: inner) }, separator: ",\n\(inner)") + "\n\(indent)]"
        case .object(let object):
            let isShort = object.members.allSatisfy { isPlain($0.value) } && width(value) <= 48
            let members = object.members.map { member -> HTML in
                "<b>\(quoted(member.name))</b>: \(json(member.value, indent: inner))"
            }
            if isShort { return members.isEmpty ? "{}" : "{ " + joined(members, separator: ", ") + " }" }
            return "{\n\(inner)" + joined(members, separator: ",\n\(inner)") + "\n\(indent)}"
        }
    }

    private static func isPlain(_ value: JSONValue) -> Bool { value.arrayValue == nil && value.objectValue == nil }

    private static func width(_ value: JSONValue) -> Int {
        var writer = JSONWriter()
        writer.value(value)
        return writer.bytes.count
    }

    private static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
