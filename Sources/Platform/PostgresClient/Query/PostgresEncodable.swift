package import Formats
package import FoundationEssentials

/// A value that can be a parameter.
package protocol PostgresEncodable: SendableMetatype {
    /// The type that the parameter is sent with.
    static var postgresType: UInt32 { get }
    /// Appends the binary form, or nothing and `false` for NULL.
    func encode(into parameters: inout PostgresParameters) -> Bool
}

/// A value that arrays can be made of.
package protocol PostgresElement: PostgresEncodable {
    /// The type of an array of them.
    static var postgresArrayType: UInt32 { get }
    static func encode(_ array: [Self], into parameters: inout PostgresParameters)
}

extension PostgresElement {
    package static func encode(_ array: [Self], into parameters: inout PostgresParameters) {
        parameters.write(array: array)
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var postgresType: UInt32 { Wrapped.postgresType }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        guard let self else { return false }
        return self.encode(into: &parameters)
    }
}

extension Optional: PostgresElement where Wrapped: PostgresElement {
    package static var postgresArrayType: UInt32 { Wrapped.postgresArrayType }
}

extension Array: PostgresEncodable where Element: PostgresElement {
    package static var postgresType: UInt32 { Element.postgresArrayType }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        Element.encode(self, into: &parameters)
        return true
    }
}

extension Int: PostgresElement {
    package static var postgresType: UInt32 { PostgresType.int8 }
    package static var postgresArrayType: UInt32 { PostgresType.int8Array }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        parameters.write(Int64(self))
        return true
    }
}

extension Int64: PostgresElement {
    package static var postgresType: UInt32 { PostgresType.int8 }
    package static var postgresArrayType: UInt32 { PostgresType.int8Array }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        parameters.write(self)
        return true
    }
}

extension Int32: PostgresElement {
    package static var postgresType: UInt32 { PostgresType.int4 }
    package static var postgresArrayType: UInt32 { PostgresType.int4Array }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        parameters.write(self)
        return true
    }
}

extension Bool: PostgresElement {
    package static var postgresType: UInt32 { PostgresType.bool }
    package static var postgresArrayType: UInt32 { PostgresType.boolArray }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        parameters.write(UInt8(self ? 1 : 0))
        return true
    }
}

/// double precision, for ranks and measures; never for money.
extension Double: PostgresElement {
    package static var postgresType: UInt32 { PostgresType.float8 }
    package static var postgresArrayType: UInt32 { PostgresType.float8Array }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        parameters.write(bitPattern)
        return true
    }
}

extension String: PostgresElement {
    package static var postgresType: UInt32 { PostgresType.text }
    package static var postgresArrayType: UInt32 { PostgresType.textArray }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        parameters.write(text: self)
        return true
    }
}

extension UUID: PostgresElement {
    package static var postgresType: UInt32 { PostgresType.uuid }
    package static var postgresArrayType: UInt32 { PostgresType.uuidArray }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        withUnsafeBytes(of: uuid) { parameters.write($0) }
        return true
    }
}

/// timestamp with time zone, to the microsecond.
extension Timestamp: PostgresElement {
    package static var postgresType: UInt32 { PostgresType.timestamptz }
    package static var postgresArrayType: UInt32 { PostgresType.timestamptzArray }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        let (value, overflow) = microseconds.subtractingReportingOverflow(PostgresType.epochOffset)
        // -infinity stands for a time before PostgreSQL's range.
        parameters.write(overflow ? Int64.min : value)
        return true
    }
}

extension PostgresJSON: PostgresElement {
    package static var postgresType: UInt32 { PostgresType.jsonb }
    package static var postgresArrayType: UInt32 { PostgresType.jsonbArray }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        // jsonb's binary form is a version, which is 1, and the text.
        parameters.write(UInt8(1))
        parameters.write(bytes)
        return true
    }
}

/// Arrays of bytea.
extension Array: PostgresElement where Element == UInt8 {
    package static var postgresArrayType: UInt32 { PostgresType.byteaArray }
}

/// `[UInt8]` is bytea, not an array; a byte alone is no parameter.
extension UInt8: PostgresElement {
    package static var postgresType: UInt32 { PostgresType.bytea }
    package static var postgresArrayType: UInt32 { PostgresType.bytea }
    package func encode(into parameters: inout PostgresParameters) -> Bool {
        parameters.write(self)
        return true
    }
    package static func encode(_ array: [UInt8], into parameters: inout PostgresParameters) {
        parameters.write(array)
    }
}

/// Object identifiers of PostgreSQL's built-in types (pg_type.dat); they never change.
enum PostgresType {
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let name: UInt32 = 19
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let json: UInt32 = 114
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let bpchar: UInt32 = 1042
    static let varchar: UInt32 = 1043
    static let timestamptz: UInt32 = 1184
    static let uuid: UInt32 = 2950
    static let jsonb: UInt32 = 3802

    static let boolArray: UInt32 = 1000
    static let byteaArray: UInt32 = 1001
    static let int4Array: UInt32 = 1007
    static let textArray: UInt32 = 1009
    static let varcharArray: UInt32 = 1015
    static let int8Array: UInt32 = 1016
    static let float8Array: UInt32 = 1022
    static let timestamptzArray: UInt32 = 1185
    static let uuidArray: UInt32 = 2951
    static let jsonbArray: UInt32 = 3807

    /// Types of CREATE TYPE begin here (transam.h, FirstNormalObjectId): enumerations, citext.
    static let firstOwn: UInt32 = 16384
    /// PostgreSQL counts microseconds from 2000-01-01, Unix from 1970-01-01.
    static let epochOffset: Int64 = 946_684_800_000_000
}
