import PostgresClient

extension PostgresJSON {
    /// The text without the blanks that PostgreSQL writes between the parts of a jsonb value.
    var compact: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if isInString {
                text.append(byte)
                if isEscaped { isEscaped = false }
                else if byte == UInt8(ascii: "\\") { isEscaped = true }
                else if byte == UInt8(ascii: "\"") { isInString = false }
            } else if byte != UInt8(ascii: " ") {
                text.append(byte)
                if byte == UInt8(ascii: "\"") { isInString = true }
            }
        }
        return text
    }
}
