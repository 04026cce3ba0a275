/// Reads the values of a document, checks their rules, and collects all errors, not only the first.
///
///     let invitation = try JSONReader.decode(body) { body in
///         Invitation(
///             email: body["email"].line(length: 3...254),
///             note: body.optional("note")?.text(length: 0...500),
///             dates: body["dates"].array(count: 1...100) { date in
///                 Invitation.Date(place: date["place"].line(length: 1...64), seats: date["seats"].integer(in: 1...999))
///             })
///     }
///
/// A value that breaks its rule is recorded with its JSON pointer, and a placeholder takes its place. With any error, `decode`
/// throws, so placeholders are never used. Unknown members are ignored.
package struct JSONReader {
    /// Further errors are not listed, so that the response to a hostile document stays small.
    package static let maximumFaults = 32

    /// The value at the place of a reader.
    enum Content {
        case value(JSONValue)
        case absent
        /// A value above is no object or array. Its error is recorded, and errors below are not.
        case unreachable
    }

    /// The errors of one document, shared by all its readers.
    final class Notes {
        var faults: [FieldError] = []
    }

    let content: Content
    let path: JSONPath
    let notes: Notes

    /// Reads a document, or throws all its errors.
    package static func decode<Model>(_ document: JSONValue, _ read: (JSONReader) -> Model) throws(FieldErrors) -> Model {
        let notes = Notes()
        let model = read(JSONReader(content: .value(document), path: .root, notes: notes))
        guard notes.faults.isEmpty else { throw FieldErrors(notes.faults) }
        return model
    }

    /// The member with a name. Reading it is an error where it is missing or null.
    package subscript(name: String) -> JSONReader {
        guard let object = object() else { return child(.unreachable, .member(path, name)) }
        return child(object[name].map(Content.value) ?? .absent, .member(path, name))
    }

    /// The member with a name; nil where it is missing or null.
    package func optional(_ name: String) -> JSONReader? {
        let member = self[name]
        return member.isAbsent || member.isNull ? nil : member
    }

    /// Whether the member is missing; null is not missing.
    package var isAbsent: Bool {
        if case .value = content { false } else { true }
    }

    /// Whether the value is null.
    package var isNull: Bool {
        if case .value(.null) = content { true } else { false }
    }

    /// Records an error of this value, for a rule of the caller. Only the first error of a value counts.
    package func refuse(_ detail: String) {
        guard notes.faults.count < Self.maximumFaults else { return }
        let pointer = path.pointer
        guard !notes.faults.contains(where: { $0.pointer == pointer }) else { return }
        notes.faults.append(FieldError(pointer: pointer, detail: detail))
    }

    /// The elements of an array whose count is in bounds. With another count none is read.
    package func array<Element>(count: ClosedRange<Int>, _ decode: (JSONReader) -> Element) -> [Element] {
        guard let value = required() else { return [] }
        guard case .array(let elements) = value else { return refused("must be an array", []) }
        guard count.contains(elements.count) else {
            return refused("must have \(Self.describe(count)) elements", [])
        }
        var read: [Element] = []
        read.reserveCapacity(elements.count)
        for index in elements.indices {
            read.append(decode(child(.value(elements[index]), .element(path, index))))
        }
        return read
    }

    /// The members of an object whose names are free, in their order, with names of 1–64 characters without control ones.
    package func members<Element>(
        count: ClosedRange<Int>, _ read: (String, JSONReader) -> Element
    ) -> [Element] {
        guard let object = object() else { return [] }
        guard count.contains(object.count) else {
            return refused("must have \(Self.describe(count)) members", [])
        }
        guard object.members.allSatisfy({ (1...64).contains($0.name.scalarCount) && !$0.name.hasControls }) else {
            return refused("must have names of 1 to 64 characters without control characters", [])
        }
        return object.members.map { member in
            read(member.name, child(.value(member.value), .member(path, member.name)))
        }
    }

    /// The value; where it is missing or null, records an error and returns nil.
    func required() -> JSONValue? {
        switch content {
        case .value(.null), .absent: refused("is required", nil)
        case .value(let value): value
        case .unreachable: nil
        }
    }

    func refused<Value>(_ detail: String, _ placeholder: Value) -> Value {
        refuse(detail)
        return placeholder
    }

    /// `1 to 999`, `at least 1`, `at most 5`, `3`.
    static func describe<Bound: FixedWidthInteger>(_ range: ClosedRange<Bound>) -> String {
        if range.lowerBound == range.upperBound { return "exactly \(range.lowerBound)" }
        if range.upperBound == .max { return "at least \(range.lowerBound)" }
        if range.lowerBound == .min || range.lowerBound == 0 { return "at most \(range.upperBound)" }
        return "\(range.lowerBound) to \(range.upperBound)"
    }

    private func object() -> JSONObject? {
        guard let value = required() else { return nil }
        guard case .object(let object) = value else { return refused("must be an object", nil) }
        return object
    }

    private func child(_ content: Content, _ path: JSONPath) -> JSONReader {
        JSONReader(content: content, path: path, notes: notes)
    }
}

/// The path from the root of a document to a value. Its text is made only for an error.
indirect enum JSONPath {
    case root
    case member(JSONPath, String)
    case element(JSONPath, Int)

    /// The JSON pointer (RFC 6901 §3): `~` in a name is written `~0`, `/` is written `~1`.
    var pointer: String {
        switch self {
        case .root: ""
        case .element(let parent, let index): "\(parent.pointer)/\(index)"
        case .member(let parent, let name): parent.pointer + "/" + Self.escape(name)
        }
    }

    private static func escape(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        var escaped = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": escaped.append(contentsOf: "~0".unicodeScalars)
            case "/": escaped.append(contentsOf: "~1".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}

/// An error in one value of a document, as an `errors` member of problem details shows it (RFC 9457).
package struct FieldError: Equatable, Sendable {
    /// The place of the value (RFC 6901): `/items/0/quantity`, empty for the whole document.
    package let pointer: String
    /// The rule: `must be between 1 and 999`.
    package let detail: String

    package init(pointer: String, detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}

/// All errors of a document, at least one and at most `JSONReader.maximumFaults`.
package struct FieldErrors: Error, Equatable, Sendable, CustomStringConvertible {
    package let faults: [FieldError]

    package init(_ faults: [FieldError]) {
        self.faults = faults
    }

    package var description: String {
        faults.map { "\($0.pointer.isEmpty ? "document" : $0.pointer) \($0.detail)" }.joined(separator: "; ")
    }
}
