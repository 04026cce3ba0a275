import FoundationEssentials

// Values with a fixed text form, and a member's key and value in one call. An optional value that is nil is written as null.

extension JSONWriter {
    /// RFC 3339 in UTC.
    package mutating func timestamp(_ time: Timestamp) {
        raw { bytes in
            bytes.append(UInt8(ascii: "\""))
            time.appendRFC3339(to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
    }

    /// Lower-case text.
    package mutating func uuid(_ id: UUID) {
        raw { bytes in
            bytes.append(UInt8(ascii: "\""))
            id.appendText(to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
    }

    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let number): raw(number.lexeme.utf8)
        case .string(let text): string(text)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members {
                key(dynamic: member.name)
                self.value(member.value)
            }
            endObject()
        }
    }

    package mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    package mutating func field(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    @inlinable
    package mutating func field(_ name: StaticString, _ value: some FixedWidthInteger) {
        key(name)
        int(value)
    }

    @inlinable
    package mutating func field(_ name: StaticString, _ value: (some FixedWidthInteger)?) {
        key(name)
        if let value { int(value) } else { null() }
    }

    package mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    package mutating func field(_ name: StaticString, _ value: Timestamp) {
        key(name)
        timestamp(value)
    }

    package mutating func field(_ name: StaticString, _ value: Timestamp?) {
        key(name)
        if let value { timestamp(value) } else { null() }
    }

    package mutating func field(_ name: StaticString, _ value: UUID) {
        key(name)
        uuid(value)
    }

    package mutating func field(_ name: StaticString, _ value: UUID?) {
        key(name)
        if let value { uuid(value) } else { null() }
    }
}
