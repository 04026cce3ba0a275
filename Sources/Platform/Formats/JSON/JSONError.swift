/// Why bytes are not JSON, and where.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kinds of malformed text.
    package enum Reason: String, Sendable {
        case unexpectedEnd = "the text ends early"
        case unexpectedByte = "unexpected character"
        case trailingContent = "more text after the value"
        case invalidNumber = "malformed number"
        case invalidEscape = "malformed escape in a string"
        case loneSurrogate = "half of a surrogate pair in a string"
        case controlCharacter = "unescaped control character in a string"
        case invalidUTF8 = "not UTF-8"
        case duplicateKey = "a name occurs twice in an object"
        case tooDeep = "nested too deeply"
    }

    /// Bytes from the start of the text.
    package let offset: Int
    package let reason: Reason

    package init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    /// For a client: holds nothing of the text itself.
    package var description: String { "\(reason.rawValue) at byte \(offset)" }
}
