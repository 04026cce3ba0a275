import Foundation

/// A JSON document as Foundation reads it, so that what the service writes is not judged by the service's own reader.
package enum JSONTree: Equatable, Sendable {
    case null
    case bool(Bool)
    /// `isInteger` by its value, as JSON Schema counts it: 1.0 is one too.
    case number(Double, isInteger: Bool)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    /// - Throws: `TestFailure` for what is not JSON, with the text.
    package init(_ bytes: [UInt8]) throws {
        do {
            self.init(any: try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed))
        } catch {
            throw TestFailure("not JSON: \(String(decoding: bytes.prefix(2_000), as: UTF8.self))")
        }
    }

    package init(_ text: String) throws { try self.init(Array(text.utf8)) }

    private init(any value: Any) {
        switch value {
        case let text as String: self = .string(text)
        case let elements as [Any]: self = .array(elements.map { JSONTree(any: $0) })
        case let members as [String: Any]: self = .object(members.mapValues { JSONTree(any: $0) })
        case let number as NSNumber:
            // A boolean comes as a number too; the type it was made of tells them apart.
            if String(cString: number.objCType) == "c" {
                self = .bool(number.boolValue)
            } else {
                let value = number.doubleValue
                self = .number(value, isInteger: value == value.rounded() && value.isFinite)
            }
        default: self = .null
        }
    }

    /// A member of an object.
    package subscript(name: String) -> JSONTree? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    package var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var members: [String: JSONTree] {
        if case .object(let members) = self { members } else { [:] }
    }

    package var elements: [JSONTree] {
        if case .array(let elements) = self { elements } else { [] }
    }

    package var number: Double? {
        if case .number(let value, _) = self { value } else { nil }
    }

    /// What a JSON pointer (RFC 6901) names, with or without the `#` of a fragment.
    package func at(_ pointer: String) -> JSONTree? {
        var steps = pointer.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = steps.first, first.isEmpty || first == "#" else { return pointer.isEmpty ? self : nil }
        steps.removeFirst()
        return steps.reduce(self as JSONTree?) { value, step in
            let name = String(step).replacing("~1", with: "/").replacing("~0", with: "~")
            if case .array(let elements) = value {
                return Int(name).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
            }
            return value?[name]
        }
    }
}
