import Formats

/// Turns bytes, in pieces of any size, into rows. It holds at most one row.
package enum RecordReader {
    case lines(NDJSONReader)
    case csv(CSVReader)

    /// The longest row, in bytes.
    package static let maximumLength = 1 << 20

    /// Creates a reader for the beginning of a file.
    package init(_ format: ImportFormat) {
        self =
            switch format {
            case .ndjson: .lines(NDJSONReader())
            case .csv: .csv(CSVReader())
            }
    }

    /// Reads the next bytes, and passes each complete row on.
    package mutating func read(_ bytes: some Sequence<UInt8>, _ body: (ImportRecord) throws -> Void) rethrows {
        switch self {
        case .lines(var reader):
            // Moved out, so the buffer has one owner and is not copied.
            self = .lines(NDJSONReader())
            defer { self = .lines(reader) }
            try reader.read(bytes, body)
        case .csv(var reader):
            self = .csv(CSVReader())
            defer { self = .csv(reader) }
            try reader.read(bytes, body)
        }
    }

    /// Ends the file, and passes on a last row without a line end.
    package mutating func finish(_ body: (ImportRecord) throws -> Void) rethrows {
        switch self {
        case .lines(var reader): try reader.finish(body)
        case .csv(var reader): try reader.finish(body)
        }
    }
}

/// One row of the file, before its fields are checked.
package enum ImportRecord: Equatable {
    case fields(JSONObject, line: Int)
    /// The text is not a row.
    case broken(RowError)
    /// The file has another format or encoding from here on; no later row can be trusted.
    case damaged(RowError)
}

/// The file format of the rows.
package enum ImportFormat: String, CaseIterable, Sendable {
    /// A JSON object on each line.
    case ndjson
    /// RFC 4180, with a header.
    case csv

    /// The format that a file's extension names; nil for an unknown extension.
    package init?(fileName: String) {
        let name = fileName.lowercased()
        if name.hasSuffix(".csv") {
            self = .csv
        } else if [".ndjson", ".jsonl", ".json"].contains(where: { name.hasSuffix($0) }) {
            self = .ndjson
        } else {
            return nil
        }
    }

    /// The format that the beginning of a file shows: NDJSON begins with a brace.
    package init(beginning: some Sequence<UInt8>) {
        let first = beginning.first { $0 > 0x20 && ![0xEF, 0xBB, 0xBF].contains($0) }
        self = first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? .ndjson : .csv
    }

    static let notUTF8 = "is not in UTF-8, but perhaps in Latin-1 or Windows-1252; save the file in UTF-8"
    static let oldLineEnds = "ends in CR alone, as on old Macs; save the file with the line ends LF or CRLF"

    /// Why a file with this beginning is not text in UTF-8; nil if it may be.
    package static func damage(beginning: [UInt8]) -> String? {
        func begins(_ magic: UInt8...) -> Bool { beginning.starts(with: magic) }
        if begins(0x50, 0x4B, 0x03, 0x04) || begins(0x50, 0x4B, 0x05, 0x06) {
            return "the file is an Excel workbook or another ZIP archive; save it as CSV in UTF-8"
        }
        if begins(0xD0, 0xCF, 0x11, 0xE0) { return "the file is an old Excel workbook; save it as CSV in UTF-8" }
        if begins(0x1F, 0x8B) { return "the file is compressed with gzip; unpack it first" }
        if begins(0x28, 0xB5, 0x2F, 0xFD) { return "the file is compressed with zstd; unpack it first" }
        if begins(0xFF, 0xFE) || begins(0xFE, 0xFF) { return "the file is in UTF-16; save it in UTF-8" }
        if beginning.contains(0) { return "the file holds zero bytes, so it is in UTF-16 or no text at all; save it in UTF-8" }
        return nil
    }
}
