internal import Formats

/// Rows in COPY's text format (PostgreSQL manual, COPY): columns between tabs, a line each.
package struct CopyText {
    package private(set) var bytes: [UInt8] = []
    private var isFirst = true

    package init() {}

    package var isEmpty: Bool { bytes.isEmpty }

    /// Appends a column; nil is NULL.
    package mutating func column(_ text: String?) {
        separate()
        guard var text else { return bytes.append("\\N" as StaticString) }
        text.withUTF8 { append(escaping: $0) }
    }

    /// Appends a column of UTF-8 text.
    package mutating func column(utf8 text: [UInt8]) {
        separate()
        text.withUnsafeBufferPointer { append(escaping: $0) }
    }

    /// Appends a number; nil is NULL.
    package mutating func column(_ number: (some FixedWidthInteger)?) {
        separate()
        if let number { bytes.append(decimal: number) } else { bytes.append("\\N" as StaticString) }
    }

    package mutating func column(_ flag: Bool) {
        separate()
        bytes.append(UInt8(ascii: flag ? "t" : "f"))
    }

    /// Appends an array of texts, in the form of an array's text inside that of a column.
    package mutating func column(_ texts: [String]?) {
        guard let texts else { return column(nil as String?) }
        var array: [UInt8] = [UInt8(ascii: "{")]
        for (index, text) in texts.enumerated() {
            if index > 0 { array.append(UInt8(ascii: ",")) }
            array.append(UInt8(ascii: "\""))
            for byte in text.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { array.append(UInt8(ascii: "\\")) }
                array.append(byte)
            }
            array.append(UInt8(ascii: "\""))
        }
        array.append(UInt8(ascii: "}"))
        column(utf8: array)
    }

    package mutating func endRow() {
        bytes.append(UInt8(ascii: "\n"))
        isFirst = true
    }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    private mutating func separate() {
        if !isFirst { bytes.append(UInt8(ascii: "\t")) }
        isFirst = false
    }

    private mutating func append(escaping text: UnsafeBufferPointer<UInt8>) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append("\\\\" as StaticString)
            case UInt8(ascii: "\t"): bytes.append("\\t" as StaticString)
            case UInt8(ascii: "\n"): bytes.append("\\n" as StaticString)
            case UInt8(ascii: "\r"): bytes.append("\\r" as StaticString)
            default: bytes.append(byte)
            }
        }
    }
}
