internal import Formats

/// The JSON text of a `jsonb` column. PostgreSQL checks it.
package struct PostgresJSON: Hashable, Sendable {
    /// UTF-8.
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
}

extension PostgresJSON {
    /// The text without the spaces that PostgreSQL writes between the tokens of a jsonb value.
    package var compact: [UInt8] {
        var text: [UInt8] = []
        bytes.withUnsafeBufferPointer { text.append(compacting: $0) }
        return text
    }
}

extension [UInt8] {
    /// Appends JSON text without the spaces between its tokens.
    package mutating func append(compacting text: UnsafeBufferPointer<UInt8>) {
        append(addingCapacity: text.count) { compact in
            var isInString = false
            var isEscaped = false
            for byte in text {
                if isInString {
                    compact.append(byte)
                    if isEscaped {
                        isEscaped = false
                    } else if byte == UInt8(ascii: "\\") {
                        isEscaped = true
                    } else if byte == UInt8(ascii: "\"") {
                        isInString = false
                    }
                } else if byte != UInt8(ascii: " ") {
                    compact.append(byte)
                    if byte == UInt8(ascii: "\"") { isInString = true }
                }
            }
        }
    }
}
