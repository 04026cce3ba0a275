import Formats

/// Rows as JSON objects, one a line (NDJSON). Empty lines don't count.
package struct LineReader {
    private var buffer: [UInt8] = []
    private var line = 1
    private var isTooLong = false
    /// Whether a row was read already.
    private var isBegun = false

    mutating func read(_ bytes: some Sequence<UInt8>, _ body: (ImportRecord) throws -> Void) rethrows {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                try end(body)
                line += 1
            } else if buffer.count < RecordReader.maximumLength {
                buffer.append(byte)
            } else {
                isTooLong = true
            }
        }
    }

    mutating func finish(_ body: (ImportRecord) throws -> Void) rethrows {
        try end(body)
    }

    private mutating func end(_ body: (ImportRecord) throws -> Void) rethrows {
        defer {
            buffer.removeAll(keepingCapacity: true)
            isTooLong = false
        }
        if line == 1, buffer.starts(with: [0xEF, 0xBB, 0xBF]) { buffer.removeFirst(3) }
        guard let first = buffer.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
        if let damage = damage(first) { return try body(.damaged(RowError(line: line, field: "", reason: damage))) }
        isBegun = true
        try body(record())
    }

    /// Why the line shows that the whole file is something else; nil where it does not.
    /// - Parameter first: the first byte that is no white space
    private func damage(_ first: UInt8) -> String? {
        if !isBegun, first == UInt8(ascii: "[") {
            return "begins a JSON array; write each product as an object on a line of its own"
        }
        if !isTooLong, String(validating: buffer, as: UTF8.self) == nil { return ImportFormat.notUTF8 }
        // JSON takes CR for white space, so that the second object would be called trailing text.
        let endsInCR = buffer.indices.contains { index in
            buffer[index] == UInt8(ascii: "}") && index + 2 < buffer.count && buffer[index + 1] == UInt8(ascii: "\r")
                && buffer[index + 2] == UInt8(ascii: "{")
        }
        return endsInCR ? ImportFormat.oldLineEnds : nil
    }

    private func record() -> ImportRecord {
        func broken(_ reason: String) -> ImportRecord { .broken(RowError(line: line, field: "", reason: reason)) }
        guard !isTooLong else { return broken("is longer than \(RecordReader.maximumLength) bytes") }
        do {
            guard case .object(let fields) = try JSONValue.parse(buffer) else { return broken("is no JSON object") }
            return .fields(fields, line: line)
        } catch {
            return broken("is not JSON: \(error.description)")
        }
    }
}
