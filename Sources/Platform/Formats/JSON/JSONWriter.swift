import FoundationEssentials

/// Writes JSON straight into a byte buffer (RFC 8259). It adds the commas. The caller ends what it begins, and gives each member
/// a key.
///
///     writer.beginObject()
///     writer.field("sku", sku)
///     writer.key("tags")
///     writer.beginArray()
///     for tag in tags { writer.string(tag) }
///     writer.endArray()
///     writer.endObject()
package struct JSONWriter: Sendable {
    /// The text so far.
    @usableFromInline
    package internal(set) var bytes: [UInt8]
    @usableFromInline
    var needsComma = false

    /// A writer with room for `capacity` bytes before it has to grow.
    package init(capacity: Int = 512) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// A writer that appends to bytes, in their buffer if it is not shared.
    /// - Parameter isWithin: whether the bytes end within an object or array, after a member or element
    package init(appendingTo bytes: consuming [UInt8], isWithin: Bool = false) {
        self.bytes = bytes
        needsComma = isWithin
    }

    /// Ends the writer and returns its buffer.
    package consuming func finish() -> [UInt8] {
        bytes
    }

    package mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    package mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    package mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// The name of the next value's member. It is written unchanged, so it must need no escapes.
    package mutating func key(_ name: StaticString) {
        bytes.append(needsComma ? ",\"" : "\"" as StaticString)
        bytes.append(name)
        bytes.append("\":")
        needsComma = false
    }

    /// A name from run time, escaped.
    package mutating func key(dynamic name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.appendEscaped(text)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// A string from any bytes: invalid UTF-8 becomes U+FFFD.
    @inlinable
    package mutating func string(utf8 text: some Collection<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.appendEscaped(utf8: text)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// The same for a buffer, as a generic call costs more than the work.
    package mutating func string(utf8 text: UnsafeBufferPointer<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.appendEscaped(bytes: text.span)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    @inlinable
    package mutating func int(_ value: some FixedWidthInteger) {
        separate()
        bytes.append(decimal: value)
        needsComma = true
    }

    package mutating func bool(_ value: Bool) {
        separate()
        bytes.append(value ? "true" : "false" as StaticString)
        needsComma = true
    }

    package mutating func null() {
        separate()
        bytes.append("null")
        needsComma = true
    }

    /// A value that is JSON already.
    @inlinable
    package mutating func raw(_ json: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    /// A value that `write` appends to the buffer, with quotes if it needs them.
    @inlinable
    package mutating func raw(_ write: (inout [UInt8]) -> Void) {
        separate()
        write(&bytes)
        needsComma = true
    }

    @inlinable
    mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }
}

// Values with a fixed text form, and key and value of a member in one call. Nil is written as null.

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
