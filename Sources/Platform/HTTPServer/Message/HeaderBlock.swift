import Formats
import HTTPTypes

/// The header fields of a response, as bytes for the wire.
///
/// The server itself adds Content-Length, Date, Connection and Transfer-Encoding.
package struct HeaderBlock: Sendable, Equatable {
    /// Lines of the form `Name: value CRLF`.
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Adds a field. A field whose value has CR, LF or another control character is left out: no value from outside can begin a
    /// field of its own (RFC 9110 §5.5).
    package mutating func append(_ name: HTTPField.Name, _ value: String) {
        var value = value
        value.withUTF8 { append(name, bytes: $0) }
    }

    /// Adds a field with a value in bytes.
    package mutating func append(_ name: HTTPField.Name, _ value: [UInt8]) {
        value.withUnsafeBufferPointer { append(name, bytes: $0) }
    }

    /// Adds a field with a value in a part of other bytes.
    package mutating func append(_ name: HTTPField.Name, _ value: ArraySlice<UInt8>) {
        value.withUnsafeBufferPointer { append(name, bytes: $0) }
    }

    // Not generic over collections: across modules, that would cost a call for each byte.
    private mutating func append(_ name: HTTPField.Name, bytes value: UnsafeBufferPointer<UInt8>) {
        // Without an early exit, the loop becomes a few vector instructions.
        var controls: UInt8 = 0
        for byte in value { controls |= byte < 0x20 && byte != 0x09 || byte == 0x7f ? 1 : 0 }
        guard controls == 0 else { return }
        var name = name.rawName
        name.withUTF8 { bytes.append(contentsOf: $0) }
        bytes.append(": " as StaticString)
        bytes.append(contentsOf: value)
        bytes.append("\r\n" as StaticString)
    }

    /// Adds a field whose value is known to have no control characters.
    /// - Parameter name: the name with the colon and a space
    package mutating func append(line name: StaticString, trusted value: String) {
        bytes.append(name)
        var value = value
        value.withUTF8 { bytes.append(contentsOf: $0) }
        bytes.append("\r\n" as StaticString)
    }

    /// Adds the fields of another block.
    package mutating func append(_ other: HeaderBlock) { bytes.append(contentsOf: other.bytes) }

    package mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }
}
