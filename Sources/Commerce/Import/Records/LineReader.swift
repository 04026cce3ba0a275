import Formats

/// Rows as JSON objects, one a line (NDJSON). Empty lines don't count.
package struct LineReader {
    private var buffer: [UInt8] = []
    private var line = 1
    private var isTooLong = false

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
        guard buffer.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
        try body(record())
    }

    private func record() -> ImportRecord {
        func broken(_ reason: String) -> ImportRecord { .broken(ImportFault(line: line, field: "", reason: reason)) }
        guard !isTooLong else { return broken("is longer than \(RecordReader.maximumLength) bytes") }
        do {
            guard case .object(let fields) = try JSONValue.parse(buffer) else { return broken("is no JSON object") }
            return .fields(fields, line: line)
        } catch {
            return broken("is not JSON: \(error.description)")
        }
    }
}
