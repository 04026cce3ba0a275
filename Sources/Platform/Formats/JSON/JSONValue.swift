/// A JSON text read into memory (RFC 8259).
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// Reads one JSON text, strictly: UTF-8 without byte order mark, no duplicate names, no lone surrogates, nothing after it.
    ///
    /// The size is the caller's to limit. Time and memory are linear in it.
    /// - Parameter maximumDepth: how many arrays and objects may stand inside one another, at most 512.
    package static func parse(_ bytes: [UInt8], maximumDepth: Int = 32) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes, maximumDepth: min(maximumDepth, 512))
        return try parser.document()
    }

    /// The text, where this is a string.
    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The integer, where this is a number written as a plain integer within 64 bits.
    package var int64Value: Int64? {
        if case .number(let number) = self { number.int64 } else { nil }
    }

    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    package var arrayValue: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var objectValue: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// A member of an object; nil where it is absent or this is no object.
    package subscript(name: String) -> JSONValue? {
        objectValue?[name]
    }
}
