import CatalogImport
import Money
import Formats

/// Files of products to import.
struct RowsFuzz: FuzzTarget {
    let format: ImportFormat
    var name: String { format.rawValue }

    init(_ format: ImportFormat) { self.format = format }

    var pieces: [[UInt8]] { Self.pieces }

    private static let pieces =
        [
            "\n", "\r\n", "\r", ",", ",,", "\"", "\"\"", "\",\"", "\"\n", "\u{FEFF}", "name,price\n",
            "name,price,sku,stock,variants,tags\n", "{", "}", "[", "]", ":", "null",
            "{\"name\":\"a\",\"price\":1}\n", "\"price\":", "\"name\":", "\"variants\":[{\"options\":{\"size\":\"S\"}}]",
            "\"tags\":[\"a\"]", "\"images\":[{\"url\":\"b\"}]",
            "\"stock\":", "-1", "0.10", "1e3", "9999999999999999999", "1.005", "USD", "JPY", "a/b", "//", "\u{E9}", "\\u0000",
            "\\ud83d", "\0", "\t", "draft",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3]]

    func check(_ input: [UInt8]) throws(FuzzFault) -> Int {
        var choice = Splitter(input)
        let whole = Self.records([input[...]], format)
        let split = Self.records(choice.pieces(input), format)
        try hold(whole == split, "split, the rows are others")
        try hold(whole.count <= input.count { $0 == 0x0A } + 1 + (format == .csv ? 2 : 0), "more rows than lines")
        guard let currency = CurrencyCode("USD") else { throw FuzzFault("no dollars") }
        let rules = RowRules(currency: currency, imageBase: "/images")
        var hasher = Hasher()
        for record in whole {
            switch record {
            case .broken(let fault), .damaged(let fault): hasher.combine(fault.reason.prefix(16))
            case .fields(let object, let line):
                if format == .ndjson { try Self.check(object, line) }
                switch RowReader.read(object, line: line, rules: rules) {
                case .errors(let faults): hasher.combine(faults.prefix(2).map { "\($0.field) \($0.reason)" })
                case .row(let row):
                    hasher.combine(row.variants.count)
                    try hold(!row.name.isEmpty && row.price >= 0 && !row.variants.isEmpty, "a row without name, price or variant")
                }
            }
        }
        if format == .csv { try Self.check(cells: input) }
        return hasher.finalize()
    }

    private static func records(_ pieces: [ArraySlice<UInt8>], _ format: ImportFormat) -> [ImportRecord] {
        var reader = RecordReader(format)
        var records: [ImportRecord] = []
        for piece in pieces { reader.read(piece) { records.append($0) } }
        reader.finish { records.append($0) }
        return records
    }

    /// Written on a line of its own, a row's fields are the same.
    private static func check(_ object: JSONObject, _ line: Int) throws(FuzzFault) {
        var writer = JSONWriter()
        writer.value(.object(object))
        let again = records([writer.finish()[...]], .ndjson)
        try hold(again == [.fields(object, line: 1)], "a row is another one when written and read again")
    }

    /// Any texts, quoted as RFC 4180 says, are read as they were.
    private static func check(cells input: [UInt8]) throws(FuzzFault) {
        let parts = input.split(separator: 0x2C, maxSplits: 2, omittingEmptySubsequences: false)
        let cells = (parts.map { String(decoding: $0, as: UTF8.self) } + ["", ""]).prefix(3)
        var text = Array("name,price,sku\n".utf8)
        for (index, cell) in cells.enumerated() {
            text += index == 0 ? "\"".utf8 : ",\"".utf8
            for byte in cell.utf8 { text += byte == 0x22 ? [0x22, 0x22] : [byte] }
            text.append(0x22)
        }
        text += "\r\n".utf8
        // A row of empty cells is none.
        if cells.allSatisfy({ $0.utf8.allSatisfy { [0x20, 0x09, 0x0D].contains($0) } }) {
            return try hold(records([text[...]], .csv).isEmpty, "empty cells are a row")
        }
        guard case .fields(let object, line: 2)? = records([text[...]], .csv).first else {
            throw FuzzFault("quoted cells are no row")
        }
        for (name, cell) in zip(["name", "price", "sku"], cells) {
            let text = object[name]?.stringValue ?? ""
            try hold(text.utf8.elementsEqual(cell.utf8), "a quoted cell is not read as written")
        }
    }
}
