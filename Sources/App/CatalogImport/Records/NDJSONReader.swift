import Formats

/// Reads rows as JSON objects, one on each line (NDJSON). Empty lines are ignored.
package struct NDJSONReader {
    private var buffer: [UInt8] = []
    private var line = 1
    private var isTooLong = false
    /// Whether a row has been read.
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

    /// Why the line shows that the file is not NDJSON; nil if it does not.
    /// - Parameter first: The first byte that is not white space.
    private func damage(_ first: UInt8) -> String? {
        if !isBegun, first == UInt8(ascii: "[") {
            return "begins a JSON array; write each product as an object on a line of its own"
        }
        if !isTooLong, String(validating: buffer, as: UTF8.self) == nil { return ImportFormat.notUTF8 }
        // CR is white space in JSON, so the error would otherwise be about text after the first object.
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
