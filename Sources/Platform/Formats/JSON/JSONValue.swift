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
    /// The caller limits the size. Time and memory are linear in it.
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

/// The members of an object in order, with distinct names.
package struct JSONObject: Sendable {
    package struct Member: Equatable, Sendable {
        package let name: String
        package let value: JSONValue
    }

    package private(set) var members: [Member] = []
    /// From the 17th member on: linear searches for very many names would be an attack on the service.
    private var index: [String: Int] = [:]

    private static let linearLimit = 16

    package init() {}

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }

    /// The value of a name: `.null` for null, nil for a missing name.
    package subscript(name: String) -> JSONValue? {
        position(of: name).map { members[$0].value }
    }

    /// Appends a member; false, without a change, where the name exists.
    ///
    /// Names are compared as Swift strings, so two encodings of one accented letter are one name.
    @discardableResult
    package mutating func append(_ name: String, _ value: JSONValue) -> Bool {
        guard position(of: name) == nil else { return false }
        members.append(Member(name: name, value: value))
        if members.count == Self.linearLimit + 1 {
            for (position, member) in members.enumerated() { index[member.name] = position }
        } else if members.count > Self.linearLimit {
            index[name] = members.count - 1
        }
        return true
    }

    private func position(of name: String) -> Int? {
        members.count > Self.linearLimit ? index[name] : members.firstIndex { $0.name == name }
    }
}

extension JSONObject: Equatable {
    /// The same members in the same order.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members == right.members
    }
}

/// A number as text: it is not rounded, and the reader decides what it accepts.
package struct JSONNumber: Hashable, Sendable {
    /// The text, which follows the grammar of RFC 8259 §6.
    package let lexeme: String

    init(validLexeme lexeme: String) {
        self.lexeme = lexeme
    }

    package init(_ value: some FixedWidthInteger) {
        lexeme = String(value)
    }

    /// The value of a plain integer within 64 bits; nil with a fraction or exponent, even where its value is whole (`1.0`, `1e3`).
    package var int64: Int64? {
        Int64(lexeme)
    }
}
