import HTTPTypes

/// Request line and header fields as they arrived, with the places of their parts.
///
/// Fields are found in the bytes when they are needed. A handler needs two or three of them, and a String for each field would cost
/// more than all the parsing.
package final class RequestHead: Sendable {
    /// Where a field's name and value lie in ``bytes``.
    package struct Field: Sendable {
        package let name: Range<Int>
        package let value: Range<Int>
        package init(name: Range<Int>, value: Range<Int>) {
            self.name = name
            self.value = value
        }
    }

    /// The whole head; every range below lies within it.
    package let bytes: [UInt8]
    package let method: HTTPRequest.Method
    /// The path as sent, still percent-encoded, without the query; begins with `/`, or is `*`.
    package let path: Range<Int>
    /// What follows the first `?`, still percent-encoded.
    package let query: Range<Int>?
    /// The fields in their order.
    package let fields: [Field]
    /// Whether the request is HTTP/1.1; otherwise it is HTTP/1.0.
    package let isHTTP11: Bool

    package init(
        bytes: [UInt8], method: HTTPRequest.Method, path: Range<Int>, query: Range<Int>?, fields: [Field], isHTTP11: Bool
    ) {
        self.bytes = bytes
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.isHTTP11 = isHTTP11
    }

    /// The memory in use, in bytes. The places count too: those of a small field take more than the field.
    var keptBytes: Int { bytes.capacity + fields.capacity * MemoryLayout<Field>.stride }

    /// The bytes of the first field with this name.
    package func bytes(of name: HTTPField.Name) -> ArraySlice<UInt8>? {
        for field in fields where matches(field, name) { return bytes[field.value] }
        return nil
    }

    /// The first value of a field, nil where it is absent or not UTF-8.
    package subscript(name: HTTPField.Name) -> String? {
        bytes(of: name).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// Calls `body` with the bytes of every field with this name, in order.
    package func forEach(_ name: HTTPField.Name, _ body: (ArraySlice<UInt8>) -> Void) {
        for field in fields where matches(field, name) { body(bytes[field.value]) }
    }

    /// All values of a field in their order, without those that are not UTF-8.
    package func values(of name: HTTPField.Name) -> [String] {
        fields.filter { matches($0, name) }.compactMap { String(validating: bytes[$0.value], as: UTF8.self) }
    }

    /// Whether the name of any field begins with `If-`: one check for all conditional fields.
    package var isConditional: Bool {
        for field in fields where field.name.count >= 8 && bytes[field.name.lowerBound + 2] == 0x2d {
            if bytes[field.name.lowerBound] | 0x20 == 0x69, bytes[field.name.lowerBound + 1] | 0x20 == 0x66 { return true }
        }
        return false
    }

    /// The same head without the fields of this name; nil where there is none. The bytes stay, and no look-up finds them.
    package func removing(_ name: HTTPField.Name) -> RequestHead? {
        guard fields.contains(where: { matches($0, name) }) else { return nil }
        return RequestHead(
            bytes: bytes, method: method, path: path, query: query, fields: fields.filter { !matches($0, name) },
            isHTTP11: isHTTP11)
    }

    /// Whether a field has this name, in any letter case (RFC 9110 §5.1).
    package func matches(_ field: Field, _ name: HTTPField.Name) -> Bool {
        let wanted = name.canonicalName.utf8
        guard wanted.count == field.name.count else { return false }
        for (index, letter) in zip(field.name, wanted) {
            let byte = bytes[index]
            guard byte == letter || (byte >= 0x41 && byte <= 0x5a && byte | 0x20 == letter) else { return false }
        }
        return true
    }
}
