import Formats

/// Rows of comma-separated values under a header (RFC 4180); a line may end in LF alone. Empty cells count as absent, and one
/// that begins with `[` or `{` is JSON, for the fields that are lists.
package struct CSVReader {
    private enum State {
        case fieldStart, plain, quoted
        /// Behind a quote inside quotes: the end of the field, or the first of two.
        case quoteInQuoted
        /// Behind a CR behind a closing quote: the line ends, or the row is broken.
        case lineEnd
        /// Nothing more of this row can be understood; its line's end is waited for.
        case skipping
    }

    private var state = State.fieldStart
    private var header: [String]?
    private var fields: [[UInt8]] = []
    private var field: [UInt8] = []
    private var length = 0
    private var line = 1
    private var start = 1
    private var fault: String?

    mutating func read(_ bytes: some Sequence<UInt8>, _ body: (ImportRecord) throws -> Void) rethrows {
        for byte in bytes { try take(byte, body) }
    }

    mutating func finish(_ body: (ImportRecord) throws -> Void) rethrows {
        if state == .quoted { fault = "has a quote that is never closed" }
        guard state != .fieldStart || !fields.isEmpty else { return }
        try endRow(body)
    }

    private mutating func take(_ byte: UInt8, _ body: (ImportRecord) throws -> Void) rethrows {
        length += 1
        if length > RecordReader.maximumLength, state != .skipping {
            refuse("is longer than \(RecordReader.maximumLength) bytes")
        }
        let newline = UInt8(ascii: "\n")
        switch (state, byte) {
        case (.quoted, UInt8(ascii: "\"")): state = .quoteInQuoted
        case (.quoted, _):
            field.append(byte)
            if byte == newline { line += 1 }
        case (_, newline):
            try endRow(body)
            line += 1
            start = line
        case (.skipping, _): break
        case (.lineEnd, _): refuse("has text behind a closing quote")
        case (.fieldStart, UInt8(ascii: "\"")): state = .quoted
        case (.quoteInQuoted, UInt8(ascii: "\"")):
            field.append(byte)
            state = .quoted
        case (_, UInt8(ascii: ",")):
            endField()
            state = .fieldStart
        case (.quoteInQuoted, UInt8(ascii: "\r")): state = .lineEnd
        case (.quoteInQuoted, _): refuse("has text behind a closing quote")
        default:
            field.append(byte)
            state = .plain
        }
    }

    private mutating func refuse(_ reason: String) {
        fault = reason
        state = .skipping
        field = []
        fields = []
    }

    private mutating func endField() {
        fields.append(field)
        field.removeAll(keepingCapacity: true)
    }

    private mutating func endRow(_ body: (ImportRecord) throws -> Void) rethrows {
        // One inside quotes is part of the cell.
        if state == .plain, field.last == UInt8(ascii: "\r") { field.removeLast() }
        let isEmpty = fields.isEmpty && field.isEmpty && fault == nil
        endField()
        let row = fields
        let problem = fault
        fields.removeAll(keepingCapacity: true)
        state = .fieldStart
        fault = nil
        length = 0
        guard !isEmpty else { return }
        if let problem { return try body(.broken(ImportFault(line: start, field: "", reason: problem))) }
        guard let header else { return try readHeader(row, body) }
        try body(record(row, header))
    }

    private mutating func readHeader(_ row: [[UInt8]], _ body: (ImportRecord) throws -> Void) rethrows {
        var names = row.map { String(decoding: $0, as: UTF8.self) }
        if let first = names.first, first.unicodeScalars.first == "\u{FEFF}" {
            names[0] = String(String.UnicodeScalarView(first.unicodeScalars.dropFirst()))
        }
        names = names.map { $0.lowercased().filter { $0 != " " && $0 != "\"" } }
        header = names
        // Columns without a name are ignored, one of a name that comes twice is a mistake.
        let named = names.filter { !$0.isEmpty }
        if Set(named).count < named.count {
            try body(.broken(ImportFault(line: start, field: "", reason: "is a header with a name that occurs twice")))
        }
        if !named.contains("name") || !named.contains("price") {
            try body(.broken(ImportFault(line: start, field: "", reason: "is no header with the columns name and price")))
        }
    }

    private func record(_ row: [[UInt8]], _ header: [String]) -> ImportRecord {
        func broken(_ field: String, _ reason: String) -> ImportRecord {
            .broken(ImportFault(line: start, field: field, reason: reason))
        }
        guard row.count == header.count else { return broken("", "has \(row.count) fields, the header \(header.count)") }
        var object = JSONObject()
        for (name, cell) in zip(header, row) where !name.isEmpty && !cell.isEmpty {
            guard let text = String(validating: cell, as: UTF8.self) else { return broken(name, "is not UTF-8") }
            var value = JSONValue.string(text)
            if let first = cell.first, first == UInt8(ascii: "[") || first == UInt8(ascii: "{"), Self.lists.contains(name) {
                do {
                    value = try JSONValue.parse(cell)
                } catch {
                    return broken(name, "is not JSON: \(error.description)")
                }
            }
            object.append(name, value)
        }
        return .fields(object, line: start)
    }

    private static let lists: Set = ["variants", "tags", "images", "options"]
}
