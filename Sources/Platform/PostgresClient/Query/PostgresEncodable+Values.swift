package import Formats
package import FoundationEssentials

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
        // -infinity, which is what so far back comes to.
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
