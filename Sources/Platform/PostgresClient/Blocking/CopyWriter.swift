import CLibPQ
internal import Formats

/// Takes a COPY's data, in the format that its statement names. Only within ``BlockingConnection/copyIn(_:_:)``.
package final class CopyWriter {
    private let handle: OpaquePointer
    private var buffer: [UInt8] = []
    private static let batch = 64 * 1024

    init(_ handle: OpaquePointer) {
        self.handle = handle
        buffer.reserveCapacity(Self.batch + 4096)
    }

    /// Adds bytes; rows may begin and end anywhere in them.
    /// - Throws: ``PostgresError`` where the connection is lost.
    package func write(_ bytes: some Sequence<UInt8>) throws(PostgresError) {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.batch { try flush() }
    }

    /// Adds a row of COPY's text format: fields escaped and separated by tabs, nil as NULL (PostgreSQL manual, COPY).
    /// - Throws: ``PostgresError`` as ``write(_:)``; `invalidParameter` for a NUL character.
    package func write(row fields: [String?]) throws(PostgresError) {
        for (index, field) in fields.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: "\t")) }
            guard let field else { buffer.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "N")]); continue }
            for byte in field.utf8 {
                switch byte {
                case 0: throw PostgresError(.invalidParameter, "text with a NUL character")
                case UInt8(ascii: "\\"): buffer.append(contentsOf: [UInt8(ascii: "\\"), byte])
                case UInt8(ascii: "\t"): buffer.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
                case UInt8(ascii: "\n"): buffer.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
                case UInt8(ascii: "\r"): buffer.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
                default: buffer.append(byte)
                }
            }
        }
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= Self.batch { try flush() }
    }

    func flush() throws(PostgresError) {
        var rest = 0
        while rest < buffer.count {
            let size = min(buffer.count - rest, 1 << 20)
            let sent = buffer.withUnsafeBytes { bytes in
                PQputCopyData(handle, bytes.baseAddress.map { ($0 + rest).assumingMemoryBound(to: CChar.self) }, Int32(size))
            }
            guard sent == 1 else { throw PostgresError(.connectionUnavailable, "connection lost") }
            rest += size
        }
        buffer.removeAll(keepingCapacity: true)
    }
}

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
