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
        append(name, value.utf8)
    }

    /// The same for a value that is bytes already.
    package mutating func append(_ name: HTTPField.Name, _ value: some Collection<UInt8>) {
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else { return }
        bytes.append(contentsOf: name.rawName.utf8)
        bytes.append(0x3a)
        bytes.append(0x20)
        bytes.append(contentsOf: value)
        bytes.append(0x0d)
        bytes.append(0x0a)
    }

    /// Adds all of another block.
    package mutating func append(_ other: HeaderBlock) { bytes.append(contentsOf: other.bytes) }

    package mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }
}
