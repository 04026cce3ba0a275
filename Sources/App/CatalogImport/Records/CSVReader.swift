import Formats

/// Reads rows of comma-separated values with a header (RFC 4180); a line may end in LF alone. An empty cell is an absent field, a
/// row of empty cells is ignored, and a cell of a list field that begins with `[` or `{` is JSON.
package struct CSVReader {
    private enum State {
        case fieldStart, plain, quoted
        /// After a quote inside quotes, which ends the field or is the first of two.
        case quoteInQuoted
        /// After a CR after a closing quote: the line ends, or the row is broken.
        case lineEnd
        /// The row is broken; its rest is skipped.
        case skipping
        /// The file is damaged, which was reported; its rest is ignored.
        case over
    }

    private var state = State.fieldStart
    private var header: CSVHeader?
    private var fields: [[UInt8]] = []
    private var field: [UInt8] = []
    private var length = 0
    private var line = 1
    private var start = 1
    private var problem: String?
    /// The line on which the last quote was opened.
    private var quoteLine = 1
    /// The beginning of the first line, for the error if it is not a header.
    private var beginning: [UInt8] = []

    mutating func read(_ bytes: some Sequence<UInt8>, _ body: (ImportRecord) throws -> Void) rethrows {
        for byte in bytes { try take(byte, body) }
    }

    mutating func finish(_ body: (ImportRecord) throws -> Void) rethrows {
        switch state {
        case .over: return
        case .quoted: try end(at: quoteLine, Self.unclosed, body)
        default:
            guard state != .fieldStart || !fields.isEmpty else { return }
            try endRow(body)
        }
    }

    private static let unclosed = "opens a quote that is never closed; close it, or double the quotes inside a cell"

    private mutating func take(_ byte: UInt8, _ body: (ImportRecord) throws -> Void) rethrows {
        if state == .over { return }
        length += 1
        if header == nil, beginning.count < 4_096 { beginning.append(byte) }
        if length > RecordReader.maximumLength, state != .skipping {
            // A quoted cell of that size is a quote that was not closed.
            if state == .quoted { return try end(at: quoteLine, Self.unclosed, body) }
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
        case (.lineEnd, _): try refuseText(body)
        case (.fieldStart, UInt8(ascii: "\"")):
            state = .quoted
            quoteLine = line
        case (.quoteInQuoted, UInt8(ascii: "\"")):
            field.append(byte)
            state = .quoted
        case (_, UInt8(ascii: ",")):
            endField()
            state = .fieldStart
        case (.quoteInQuoted, UInt8(ascii: "\r")): state = .lineEnd
        case (.quoteInQuoted, _): try refuseText(body)
        default:
            field.append(byte)
            state = .plain
        }
    }

    /// There is text after a closing quote. If that quote is on another line than the opening one, it opened another cell.
    private mutating func refuseText(_ body: (ImportRecord) throws -> Void) rethrows {
        if line > quoteLine { return try end(at: quoteLine, Self.unclosed, body) }
        refuse("has text behind a closing quote")
    }

    private mutating func refuse(_ reason: String) {
        problem = reason
        state = .skipping
        field = []
        fields = []
    }

    private mutating func end(at line: Int, _ reason: String, _ body: (ImportRecord) throws -> Void) rethrows {
        state = .over
        try body(.damaged(RowError(line: line, field: "", reason: reason)))
    }

    private mutating func endField() {
        fields.append(field)
        field.removeAll(keepingCapacity: true)
    }

    private mutating func endRow(_ body: (ImportRecord) throws -> Void) rethrows {
        // A CR inside quotes is part of the cell.
        if state == .plain, field.last == UInt8(ascii: "\r") { field.removeLast() }
        endField()
        let row = fields
        let problem = self.problem
        fields.removeAll(keepingCapacity: true)
        state = .fieldStart
        self.problem = nil
        length = 0
        // Spreadsheets write a row of commas for each line that was once used.
        if problem == nil, row.allSatisfy({ $0.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }) { return }
        guard let header else {
            switch CSVHeader.read(problem == nil ? row : [], beginning) {
            case .success(let header): self.header = header
            case .failure(let damage): try end(at: start, damage.reason, body)
            }
            beginning = []
            return
        }
        if let problem { return try body(.broken(RowError(line: start, field: "", reason: problem))) }
        if row.count < header.names.count, line > start {
            return try end(
                at: start,
                "has a cell over several lines and \(row.count) fields, the header \(header.names.count): a quote is not closed where it should be",
                body)
        }
        let record = header.record(row, line: start)
        if case .damaged = record { state = .over }
        try body(record)
    }
}

/// The names of the columns of a CSV file.
struct CSVHeader {
    /// In lower case; empty for ignored columns.
    let names: [String]

    /// Why the first line is not a header.
    struct Damage: Error, Equatable {
        let reason: String
    }

    /// Reads the cells of the first line.
    /// - Parameters:
    ///   - row: The cells; empty if the line cannot be split.
    ///   - line: The bytes of the line, without its end.
    static func read(_ row: [[UInt8]], _ line: [UInt8]) -> Result<CSVHeader, Damage> {
        var names: [String] = []
        for cell in row {
            guard let name = String(validating: cell, as: UTF8.self) else {
                return .failure(Damage(reason: ImportFormat.notUTF8))
            }
            names.append(folded(name))
        }
        // A column without a name is ignored; a name that occurs twice is an error.
        let named = names.filter { !$0.isEmpty }
        guard named.contains("name"), named.contains("price") else { return .failure(Damage(reason: cause(line))) }
        guard Set(named).count == named.count else {
            return .failure(Damage(reason: "is a header with a name that occurs twice"))
        }
        // A CR inside a cell: the file has the line ends of old Macs, and all its rows are in one line.
        guard !row.contains(where: hasLoneCR) else { return .failure(Damage(reason: ImportFormat.oldLineEnds)) }
        return .success(CSVHeader(names: names))
    }

    private static func folded(_ name: some StringProtocol) -> String {
        String(String.UnicodeScalarView(name.lowercased().unicodeScalars.filter { $0 != " " && $0 != "\"" && $0 != "\u{FEFF}" }))
    }

    /// What the line looks like instead of a header.
    private static func cause(_ bytes: [UInt8]) -> String {
        let missing = "is no header with the columns name and price"
        let text = String(decoding: bytes, as: UTF8.self)
        let first = text.split(whereSeparator: { $0 == "\r" || $0 == "\r\n" || $0 == "\n" }).first.map(String.init) ?? ""
        if folded(first).hasPrefix("sep=") {
            return "names a separator, as Excel does: save the file with commas, without this line"
        }
        for (separator, name) in [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")] as [(Character, String)] {
            let names = first.split(separator: separator).map { folded($0.filter { $0 != "\t" }) }
            if names.contains("name"), names.contains("price") {
                return "looks like columns separated by \(name); save the file with commas"
            }
        }
        // In the whole text: no line end was found.
        if bytes.contains(UInt8(ascii: "\r")), !bytes.dropLast(2).isEmpty, hasLoneCR(bytes) { return ImportFormat.oldLineEnds }
        if first.hasPrefix("{") || first.hasPrefix("[") { return "\(missing), but looks like JSON; say --format ndjson" }
        return missing
    }

    private static func hasLoneCR(_ bytes: [UInt8]) -> Bool {
        bytes.indices.contains {
            bytes[$0] == UInt8(ascii: "\r") && ($0 + 1 == bytes.count || bytes[$0 + 1] != UInt8(ascii: "\n"))
        }
    }

    /// The cells of a row by name.
    func record(_ row: [[UInt8]], line: Int) -> ImportRecord {
        func broken(_ field: String, _ reason: String) -> ImportRecord {
            .broken(RowError(line: line, field: field, reason: reason))
        }
        // Empty cells after the last column are ignored.
        guard row.count >= names.count, row.dropFirst(names.count).allSatisfy(\.isEmpty) else {
            return broken("", "has \(row.count) fields, the header \(names.count)")
        }
        var object = JSONObject()
        for (name, cell) in zip(names, row) where !name.isEmpty && !cell.isEmpty {
            guard let text = String(validating: cell, as: UTF8.self) else {
                return .damaged(RowError(line: line, field: name, reason: ImportFormat.notUTF8))
            }
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
        return .fields(object, line: line)
    }

    private static let lists: Set = ["variants", "tags", "images", "options", "attributes"]
}
