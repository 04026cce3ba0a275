/// Bytes in, in any pieces; rows out. Holds no more than one row.
package enum RecordReader {
    case lines(LineReader)
    case csv(CSVReader)

    /// The longest row, in bytes.
    package static let maximumLength = 1 << 20

    /// A reader before the first byte.
    package init(_ format: ImportFormat) {
        self =
            switch format {
            case .ndjson: .lines(LineReader())
            case .csv: .csv(CSVReader())
            }
    }

    /// Takes the next bytes, and hands over each row that they complete.
    package mutating func read(_ bytes: some Sequence<UInt8>, _ body: (ImportRecord) throws -> Void) rethrows {
        switch self {
        case .lines(var reader):
            // Taken out meanwhile, so that the buffer has one owner and is not copied.
            self = .lines(LineReader())
            defer { self = .lines(reader) }
            try reader.read(bytes, body)
        case .csv(var reader):
            self = .csv(CSVReader())
            defer { self = .csv(reader) }
            try reader.read(bytes, body)
        }
    }

    /// The file is over: hands over a last row without line end.
    package mutating func finish(_ body: (ImportRecord) throws -> Void) rethrows {
        switch self {
        case .lines(var reader): try reader.finish(body)
        case .csv(var reader): try reader.finish(body)
        }
    }
}
