import CLibPQ
internal import Formats

/// Sends the data of a COPY, in the format that its statement names. Valid only within ``BlockingConnection/copyIn(_:_:)``.
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

    /// Adds rows.
    /// - Throws: ``PostgresError`` as for bytes; `invalidParameter` for a NUL character, which PostgreSQL cannot hold.
    package func write(_ rows: CopyText) throws(PostgresError) {
        guard !rows.hasNUL else { throw PostgresError(.invalidParameter, "text with a NUL character") }
        try write(rows.bytes)
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
    /// Whether a text had a NUL character.
    private(set) var hasNUL = false
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

    /// Appends an array of texts, in the text form of an array, escaped as a column.
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
        hasNUL = false
    }

    private mutating func separate() {
        if !isFirst { bytes.append(UInt8(ascii: "\t")) }
        isFirst = false
    }

    private mutating func append(escaping text: UnsafeBufferPointer<UInt8>) {
        for byte in text {
            switch byte {
            case 0: hasNUL = true
            case UInt8(ascii: "\\"): bytes.append("\\\\" as StaticString)
            case UInt8(ascii: "\t"): bytes.append("\\t" as StaticString)
            case UInt8(ascii: "\n"): bytes.append("\\n" as StaticString)
            case UInt8(ascii: "\r"): bytes.append("\\r" as StaticString)
            default: bytes.append(byte)
            }
        }
    }
}
