package import Formats
package import FoundationEssentials

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

/// text and its kin, json and jsonb as text, and own types that are sent as text: enumerations, citext.
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
        // infinity stays the far end rather than wrapping.
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
