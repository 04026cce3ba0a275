import CLibPQ

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
