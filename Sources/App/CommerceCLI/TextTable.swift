import Formats
import FoundationEssentials

/// A table for people: columns of equal width, two spaces between them.
struct TextTable {
    private let header: [String]
    private var rows: [[String]] = []

    init(_ header: [String]) { self.header = header }
    init(_ header: String...) { self.header = header }

    mutating func add(_ cells: [String]) { rows.append(cells) }
    mutating func add(_ cells: String...) { rows.append(cells) }

    /// The lines, the header first; only the header without rows.
    var text: String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0 }
        return all.map { cells in
            var line = ""
            for (column, cell) in cells.enumerated() {
                let isLast = column == cells.count - 1
                line += isLast ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}

extension Timestamp {
    /// To the second, for tables.
    var shortText: String { String(description.prefix(19)) + "Z" }
}

extension UUID {
    /// The lower-case text.
    var lowercaseText: String { uuidString.lowercased() }
}

extension JSONWriter {
    /// The JSON of an object that `write` fills, on one line.
    static func line(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        write(&writer)
        writer.endObject()
        return String(decoding: writer.finish(), as: UTF8.self)
    }
}
