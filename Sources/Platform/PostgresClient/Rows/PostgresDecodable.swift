package import Formats
package import FoundationEssentials

/// A value that a column can be read as.
package protocol PostgresDecodable {
    /// The expected types, by PostgreSQL's names, for the error.
    static var postgresExpectation: String { get }
    /// Nil where the column's type or its bytes are not the expected ones.
    init?(postgres value: PostgresValue)
    /// Reads a column of a row.
    ///
    /// A requirement rather than a function of the row, because the compiler specializes it for each type here. A generic function
    /// that other modules call would look up metadata for each value.
    /// - Throws: ``PostgresError`` `decoding` where there is no such column or it has another type.
    static func decode(_ row: PostgresRow, _ column: Int) throws(PostgresError) -> Self
}

extension PostgresDecodable {
    package static func decode(_ row: PostgresRow, _ column: Int) throws(PostgresError) -> Self {
        if let found = row.result.value(row: row.index, column: column), let value = Self(postgres: found) { return value }
        throw row.mismatch(column, postgresExpectation)
    }
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

extension Int: PostgresDecodableElement {
    package static var postgresExpectation: String { "bigint, integer or smallint" }
    package init?(postgres value: PostgresValue) {
        guard let number = Int64(postgres: value) else { return nil }
        self.init(exactly: number)
    }
}

extension Int64: PostgresDecodableElement {
    package static var postgresExpectation: String { "bigint, integer or smallint" }
    package init?(postgres value: PostgresValue) {
        switch value.type {
        case PostgresType.int8:
            guard let number = value.integer(Int64.self) else { return nil }
            self = number
        case PostgresType.int4, PostgresType.int2:
            guard let number = Int32(postgres: value) else { return nil }
            self.init(number)
        default: return nil
        }
    }
}

extension Int32: PostgresDecodableElement {
    package static var postgresExpectation: String { "integer or smallint" }
    package init?(postgres value: PostgresValue) {
        switch value.type {
        case PostgresType.int4:
            guard let number = value.integer(Int32.self) else { return nil }
            self = number
        case PostgresType.int2:
            guard let number = value.integer(Int16.self) else { return nil }
            self.init(number)
        default: return nil
        }
    }
}

extension Bool: PostgresDecodableElement {
    package static var postgresExpectation: String { "boolean" }
    package init?(postgres value: PostgresValue) {
        guard value.type == PostgresType.bool, let byte = value.integer(UInt8.self) else { return nil }
        self = byte != 0
    }
}

extension Double: PostgresDecodableElement {
    package static var postgresExpectation: String { "double precision or real" }
    package init?(postgres value: PostgresValue) {
        if value.type == PostgresType.float8, let bits = value.integer(UInt64.self) {
            self.init(bitPattern: bits)
        } else if value.type == PostgresType.float4, let bits = value.integer(UInt32.self) {
            self.init(Float(bitPattern: bits))
        } else {
            return nil
        }
    }
}

/// text and similar types, json and jsonb as text, and own types that are sent as text: enumerations, citext.
extension String: PostgresDecodableElement {
    package static var postgresExpectation: String { "text" }
    package init?(postgres value: PostgresValue) {
        switch value.type {
        case PostgresType.text, PostgresType.varchar, PostgresType.bpchar, PostgresType.name, PostgresType.json: break
        case PostgresType.jsonb:
            guard let bytes = value.bytes, bytes.first == 1 else { return nil }
            self.init(decoding: bytes.dropFirst(), as: UTF8.self)
            return
        default: guard value.type >= PostgresType.firstOwn else { return nil }
        }
        guard let text = value.text else { return nil }
        self = text
    }
}

extension UUID: PostgresDecodableElement {
    package static var postgresExpectation: String { "uuid" }
    package init?(postgres value: PostgresValue) {
        guard value.type == PostgresType.uuid, let bytes = value.bytes, bytes.count == 16 else { return nil }
        self.init(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }
}

extension Timestamp: PostgresDecodableElement {
    package static var postgresExpectation: String { "timestamp with time zone" }
    package init?(postgres value: PostgresValue) {
        guard value.type == PostgresType.timestamptz, let moment = value.integer(Int64.self) else { return nil }
        self.init(postgres: moment)
    }

    /// From PostgreSQL's microseconds.
    init(postgres moment: Int64) {
        // infinity becomes the last instant and does not wrap around.
        let (microseconds, overflow) = moment.addingReportingOverflow(PostgresType.epochOffset)
        self.init(microseconds: moment == .min ? .min : overflow ? .max : microseconds)
    }
}

extension PostgresJSON: PostgresDecodableElement {
    package static var postgresExpectation: String { "jsonb or json" }
    package init?(postgres value: PostgresValue) {
        guard let bytes = value.bytes else { return nil }
        switch value.type {
        case PostgresType.jsonb:
            guard bytes.first == 1 else { return nil }
            self.init(Array(bytes.dropFirst()))
        case PostgresType.json: self.init(Array(bytes))
        default: return nil
        }
    }
}

/// `[UInt8]` is bytea; a byte alone is no column.
extension UInt8: PostgresDecodableElement {
    package static var postgresExpectation: String { "bytea" }
    package init?(postgres value: PostgresValue) { return nil }
    package static func decode(array value: PostgresValue) -> [UInt8]? {
        guard value.type == PostgresType.bytea, let bytes = value.bytes else { return nil }
        return Array(bytes)
    }
}
