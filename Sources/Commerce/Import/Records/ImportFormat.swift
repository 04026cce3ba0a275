/// How rows are written down.
package enum ImportFormat: String, CaseIterable, Sendable {
    /// A JSON object on each line.
    case ndjson
    /// RFC 4180, with a header.
    case csv

    /// By the end of a file's name; nil where that says nothing.
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

    /// By how the text begins: JSON objects begin with a brace.
    package init(beginning: some Sequence<UInt8>) {
        let first = beginning.first { $0 > 0x20 && ![0xEF, 0xBB, 0xBF].contains($0) }
        self = first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? .ndjson : .csv
    }
}
