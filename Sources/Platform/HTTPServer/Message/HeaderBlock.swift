import Formats
import HTTPTypes

/// Header fields of a response, kept as the bytes that go on the wire.
///
/// Not among them, since the server writes them itself: Content-Length, Date, Connection, Transfer-Encoding.
package struct HeaderBlock: Sendable, Equatable {
    /// Lines of the form `Name: value CRLF`.
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Adds a field. A value with CR, LF or another control character is left out whole, so that no value
    /// from outside can start a field of its own (RFC 9110 §5.5).
    package mutating func append(_ name: HTTPField.Name, _ value: String) {
        var value = value
        value.withUTF8 { append(name, bytes: $0) }
    }

    /// The same for a value that is bytes already.
    package mutating func append(_ name: HTTPField.Name, _ value: [UInt8]) {
        value.withUnsafeBufferPointer { append(name, bytes: $0) }
    }

    /// The same for a part of other bytes.
    package mutating func append(_ name: HTTPField.Name, _ value: ArraySlice<UInt8>) {
        value.withUnsafeBufferPointer { append(name, bytes: $0) }
    }

    // Not generic over collections: across modules that would cost a call for every byte of every field.
    private mutating func append(_ name: HTTPField.Name, bytes value: UnsafeBufferPointer<UInt8>) {
        // Looks at all of them, since such a loop becomes a few vector instructions.
        var controls: UInt8 = 0
        for byte in value { controls |= byte < 0x20 && byte != 0x09 || byte == 0x7f ? 1 : 0 }
        guard controls == 0 else { return }
        var name = name.rawName
        name.withUTF8 { bytes.append(contentsOf: $0) }
        bytes.append(": " as StaticString)
        bytes.append(contentsOf: value)
        bytes.append("\r\n" as StaticString)
    }

    /// Adds a field of many answers, whose value is known to be free of control characters.
    /// - Parameter name: with the colon and the space behind it
    package mutating func append(line name: StaticString, trusted value: String) {
        bytes.append(name)
        var value = value
        value.withUTF8 { bytes.append(contentsOf: $0) }
        bytes.append("\r\n" as StaticString)
    }

    /// Adds all of another block.
    package mutating func append(_ other: HeaderBlock) { bytes.append(contentsOf: other.bytes) }

    package mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }
}
