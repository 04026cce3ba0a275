/// A value that a column can be read as.
package protocol PostgresDecodable {
    /// What it expects, in PostgreSQL's words, for the error.
    static var postgresExpectation: String { get }
    /// Nil where the column's type or its bytes are not what it expects.
    init?(postgres value: PostgresValue)
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package static var postgresExpectation: String { Wrapped.postgresExpectation + " or null" }
    package init?(postgres value: PostgresValue) {
        guard value.bytes != nil else { self = .none; return }
        guard let wrapped = Wrapped(postgres: value) else { return nil }
        self = .some(wrapped)
    }
}

/// A value that an array column's elements can be read as.
package protocol PostgresDecodableElement: PostgresDecodable {
    static func decode(array value: PostgresValue) -> [Self]?
}

extension PostgresDecodableElement {
    package static func decode(array value: PostgresValue) -> [Self]? {
        guard let bytes = value.bytes, bytes.count >= 12 else { return nil }
        var rest = UnsafeRawBufferPointer(bytes)
        func number() -> Int32? {
            guard rest.count >= 4 else { return nil }
            defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(4)) }
            return Int32(bigEndian: rest.loadUnaligned(as: Int32.self))
        }
        guard let dimensions = number(), number() != nil, let type = number() else { return nil }
        guard dimensions > 0 else { return rest.isEmpty ? [] : nil }
        // Each element takes four bytes at least, so the count is checked before anything is reserved for it.
        guard dimensions == 1, let count = number(), number() != nil, count >= 0, Int(count) <= rest.count / 4 else {
            return nil
        }
        var array: [Self] = []
        array.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = number(), length <= rest.count else { return nil }
            let bytes = length < 0 ? nil : UnsafeRawBufferPointer(rebasing: rest.prefix(Int(length)))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, Int(length))))
            guard let element = Self(postgres: PostgresValue(type: UInt32(bitPattern: type), bytes: bytes)) else {
                return nil
            }
            array.append(element)
        }
        return array
    }
}

extension Optional: PostgresDecodableElement where Wrapped: PostgresDecodableElement {}

extension Array: PostgresDecodable where Element: PostgresDecodableElement {
    package static var postgresExpectation: String { "array of " + Element.postgresExpectation }
    package init?(postgres value: PostgresValue) {
        guard let array = Element.decode(array: value) else { return nil }
        self = array
    }
}
