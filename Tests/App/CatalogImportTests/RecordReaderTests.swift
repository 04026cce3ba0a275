import Formats
import PostgresClient
import Testing

@testable import CatalogImport

@Suite("Records of an import")
struct RecordReaderTests {
    /// Rows as text: the line, then the fields in their order, or the fault.
    private func read(_ text: String, _ format: ImportFormat, pieces: Int = .max) -> [String] {
        read(Array(text.utf8), format, pieces: pieces)
    }

    private func read(_ bytes: [UInt8], _ format: ImportFormat, pieces: Int = .max) -> [String] {
        var rows: [String] = []
        func note(_ record: ImportRecord) {
            switch record {
            case .broken(let fault): rows.append(fault.description)
            case .damaged(let fault): rows.append("damaged: \(fault)")
            case .fields(let object, let line):
                var writer = JSONWriter()
                writer.value(.object(object))
                rows.append("\(line) \(String(decoding: writer.finish(), as: UTF8.self))")
            }
        }
        var reader = RecordReader(format)
        var rest = bytes[...]
        while !rest.isEmpty {
            reader.read(rest.prefix(pieces), note)
            rest = rest.dropFirst(pieces)
        }
        reader.finish(note)
        return rows
    }

    @Test("NDJSON: an object a line; empty lines count as lines only")
    func lines() {
        let text = "\u{FEFF}{\"name\":\"a\"}\r\n\n  \n{\"name\":\"b\"}\n[1]\nnot\n{\"name\":\"c\"}"
        #expect(
            read(text, .ndjson) == [
                #"1 {"name":"a"}"#, #"4 {"name":"b"}"#, "line 5: the row is no JSON object",
                "line 6: the row is not JSON: unexpected character at byte 1", #"7 {"name":"c"}"#,
            ])
    }

    @Test("NDJSON: a line that is too long is reported, and the next one is read")
    func longLine() {
        let rows = read(
            "{\"name\":\"" + String(repeating: "x", count: RecordReader.maximumLength) + "\"}\n{\"name\":\"b\"}\n", .ndjson)
        #expect(rows.count == 2)
        #expect(rows.first?.contains("longer than") == true)
        #expect(rows.last == #"2 {"name":"b"}"#)
    }

    @Test("CSV: quotes hold commas, quotes and line ends; lines are counted where rows begin")
    func csv() {
        let text = "name,price,description\r\n\"A, \"\"b\"\"\",1.50,\"two\r\nlines\"\r\nC,2,\r\n\n\"\",3,x\n"
        #expect(
            read(text, .csv) == [
                #"2 {"name":"A, \"b\"","price":"1.50","description":"two\r\nlines"}"#, #"4 {"name":"C","price":"2"}"#,
                #"6 {"price":"3","description":"x"}"#,
            ])
    }

    @Test("CSV: names in the header may be of either case, quoted, behind a byte order mark; nameless columns don't count")
    func csvHeader() {
        #expect(read("\u{FEFF}\"Name\", PRICE ,,sku\na,1,ignored,s\n", .csv) == [#"2 {"name":"a","price":"1","sku":"s"}"#])
        #expect(read("name,price,name\na,1,b\n", .csv) == ["damaged: line 1: the row is a header with a name that occurs twice"])
        #expect(read("a,b\n1,2\n", .csv) == ["damaged: line 1: the row is no header with the columns name and price"])
    }

    @Test("CSV: a CR inside quotes is the cell's, also in a row's last; one behind them belongs to the line's end")
    func csvCarriageReturn() {
        for end in ["\n", "\r\n", ""] {
            #expect(read("name,price,sku\na,1,\"b\r\"\(end)", .csv) == [#"2 {"name":"a","price":"1","sku":"b\r"}"#])
            #expect(read("name,price,sku\na,1,b\(end)", .csv) == [#"2 {"name":"a","price":"1","sku":"b"}"#])
        }
        for broken in ["\"b\"\r\"c\"", "\"b\"\r,c", "\"b\"\rc"] {
            #expect(read("name,price,sku\na,1,\(broken)\n", .csv) == ["line 2: the row has text behind a closing quote"])
        }
    }

    @Test("CSV: a header's name may be on two lines")
    func csvHeaderOverLines() {
        #expect(read("name,price,\"on\r\nhand\"\r\na,1,5\r\n", .csv).count { !$0.hasPrefix("damaged") } == 1)
    }

    @Test("CSV: lists may be JSON in their cell")
    func csvJSON() {
        #expect(
            read("name,price,variants\na,1,\"[{\"\"sku\"\":\"\"s\"\"}]\"\n", .csv)
                == [#"2 {"name":"a","price":"1","variants":[{"sku":"s"}]}"#])
        #expect(read("name,price,variants\na,1,[oops\n", .csv).first?.contains("variants is not JSON") == true)
        #expect(read("name,price\n[a],1\n", .csv) == [#"2 {"name":"[a]","price":"1"}"#])
    }

    @Test("CSV: a record that is no row is reported with its line, and the next one is read")
    func csvBroken() {
        #expect(
            read("name,price\na\nb,1,2\n\"c\"x,1\nd,4\n", .csv) == [
                "line 2: the row has 1 fields, the header 2", "line 3: the row has 3 fields, the header 2",
                "line 4: the row has text behind a closing quote", #"5 {"name":"d","price":"4"}"#,
            ])
    }

    @Test("CSV: rows of empty cells are no rows, empty cells beyond the last column no fields")
    func csvEmpty() {
        #expect(
            read("name,price,sku\n,,\na,1,\n,,\r\n\"\",,\n , ,\n,\n,,,,\nb,2,,,\n,,", .csv) == [
                #"3 {"name":"a","price":"1"}"#, #"9 {"name":"b","price":"2"}"#,
            ])
    }

    @Test(
        "CSV: a quote that is never closed ends the file, with the line where it was opened",
        arguments: [
            ("name,price\n\"a,1\nb,2\n", 2), ("name,price\nx,1\ny,\"2\nb,2\n\"c\",3\n", 3), ("name,price\n\"a,1\nb,\"x\",2\n", 2),
            ("name,price\n\"two\nlines\",1\n\"a", 4), ("name,price\n\"a\nb,\"\"2\n\"c\",3\n", 2),
        ])
    func csvUnclosed(text: String, line: Int) {
        let unclosed =
            "damaged: line \(line): the row opens a quote that is never closed; close it, or double the quotes inside a cell"
        #expect(read(text, .csv).last == unclosed)
        #expect(read(text, .csv).count { $0.hasPrefix("damaged") } == 1)
        let endless = "name,price\nx,1\n\"" + String(repeating: "a,1\n", count: RecordReader.maximumLength)
        #expect(read(endless, .csv) == [#"2 {"name":"x","price":"1"}"#, unclosed.replacing("line \(line)", with: "line 3")])
    }

    @Test("CSV: a row that lost its end to a quote ends the file, too")
    func csvSwallowed() {
        #expect(
            read("name,price,sku\na,1,x\nb,\"2,y\nc,3,\"\nd,4,z\n", .csv).last
                == "damaged: line 3: the row has a cell over several lines and 2 fields, the header 3: a quote is not closed where it should be"
        )
    }

    @Test(
        "CSV: another separator is named",
        arguments: [
            ("name;price\nA;1,50\n", "looks like columns separated by semicolons; save the file with commas"),
            ("\"name\";\"price\"\n\"A\";\"1\"\n", "looks like columns separated by semicolons; save the file with commas"),
            ("\u{FEFF}Name;SKU;Price\r\nA;x;1\r\n", "looks like columns separated by semicolons; save the file with commas"),
            ("name\tprice\nA\t1\n", "looks like columns separated by tabs; save the file with commas"),
            ("sku|name|price\nA|1\n", "looks like columns separated by bars; save the file with commas"),
            ("sep=;\nname;price\n", "names a separator, as Excel does: save the file with commas, without this line"),
            ("name,price\ra,1\rb,2", "ends in CR alone, as on old Macs; save the file with the line ends LF or CRLF"),
            ("name,price,sku\ra,1,x\rb,2,y\r", "ends in CR alone, as on old Macs; save the file with the line ends LF or CRLF"),
            ("price,name,sku\r,1,x\rb,2,y\n", "ends in CR alone, as on old Macs; save the file with the line ends LF or CRLF"),
            ("name,price\ra,1\r", "ends in CR alone, as on old Macs; save the file with the line ends LF or CRLF"),
            ("Mug,1.50\nCup,2\n", "is no header with the columns name and price"),
            (
                "{\"name\":\"a\",\"price\":1}\n",
                "is no header with the columns name and price, but looks like JSON; say --format ndjson"
            ),
        ])
    func csvSeparators(text: String, reason: String) {
        for size in [1, 7, 1_000] { #expect(read(text, .csv, pieces: size) == ["damaged: line 1: the row \(reason)"]) }
    }

    @Test("Another encoding than UTF-8 ends the file")
    func encodings() {
        let reason = "is not in UTF-8, but perhaps in Latin-1 or Windows-1252; save the file in UTF-8"
        #expect(
            read(Array("name,price\nok,1\nCaf".utf8) + [0xE9] + Array(",1\nd,4\n".utf8), .csv)
                == [#"2 {"name":"ok","price":"1"}"#, "damaged: line 3: name \(reason)"])
        #expect(read(Array("name,price,gr".utf8) + [0xF6] + Array("\n".utf8), .csv) == ["damaged: line 1: the row \(reason)"])
        #expect(
            read(Array("{\"name\":\"Caf".utf8) + [0xE9] + Array("\"}\n".utf8), .ndjson) == ["damaged: line 1: the row \(reason)"])
    }

    @Test("NDJSON: an array over the file, and line ends of old Macs, are named")
    func notLines() {
        #expect(
            read("[\n {\"name\":\"a\"}\n]\n", .ndjson).first
                == "damaged: line 1: the row begins a JSON array; write each product as an object on a line of its own")
        #expect(
            read("{\"name\":\"a\"}\r{\"name\":\"b\"}\r", .ndjson)
                == ["damaged: line 1: the row ends in CR alone, as on old Macs; save the file with the line ends LF or CRLF"])
    }

    @Test("What is no text at all is known by its first bytes")
    func damage() {
        func damage(_ bytes: [UInt8]) -> String { ImportFormat.damage(beginning: bytes) ?? "" }
        #expect(damage([0x50, 0x4B, 3, 4, 20]).contains("Excel"))
        #expect(damage([0xD0, 0xCF, 0x11, 0xE0]).contains("Excel"))
        #expect(damage([0x1F, 0x8B, 8]).contains("gzip"))
        for text in [[0xFF, 0xFE, 0x6E, 0], [0xFE, 0xFF, 0, 0x6E], [0x6E, 0, 0x61, 0], [0, 0x6E]] as [[UInt8]] {
            #expect(damage(text).contains("UTF-16"))
        }
        for text in ["", "name,price", "\u{FEFF}name,price", "{}", "PK,price"] {
            #expect(ImportFormat.damage(beginning: Array(text.utf8)) == nil)
        }
    }

    @Test("CSV: a quote inside a plain field is a quote")
    func csvInnerQuote() {
        #expect(read("name,price\n5\" pipe,1\n", .csv) == [#"2 {"name":"5\" pipe","price":"1"}"#])
    }

    @Test("The same bytes in any pieces give the same rows")
    func pieces() {
        let csv = "name,price,description\r\n\"A, \"\"b\"\"\",1.50,\"two\r\nlines\"\r\nC,2,\r\n\"x\"y,1,2\nd,4,é"
        let lines = "{\"name\":\"é\"}\r\n\n{\"name\":\"b\"}\n[1]\n{\"name\":\"c\"}"
        for size in 1...20 {
            #expect(read(csv, .csv, pieces: size) == read(csv, .csv))
            #expect(read(lines, .ndjson, pieces: size) == read(lines, .ndjson))
        }
    }

    @Test("What a writer of CSV quotes comes back")
    func roundTrip() {
        var random = SystemRandomNumberGenerator()
        let pieces = ["a", ",", "\"", "\n", "\r\n", "é", " ", "[", "{"]
        for _ in 0..<2_000 {
            let cells = (0..<3).map { _ in "x" + (0..<5).map { _ in pieces.randomElement(using: &random)! }.joined() + "x" }
            let row = cells.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ",")
            var reader = RecordReader(.csv)
            var found: [[String?]] = []
            reader.read(Array("name,price,sku\n\(row)\r\n".utf8)) { record in
                if case .fields(let object, 2) = record {
                    found.append(["name", "price", "sku"].map { object[$0]?.stringValue })
                }
            }
            #expect(found == [cells])
        }
    }

    @Test("Whatever the bytes are, reading ends, and lines never go backwards")
    func garbage() {
        var random = SystemRandomNumberGenerator()
        let alphabet: [UInt8] = Array("\",\n\r{}[]:ax1".utf8) + [0xFF, 0]
        for _ in 0..<3_000 {
            let bytes = (0..<60).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            for format in ImportFormat.allCases {
                var last = 0
                var reader = RecordReader(format)
                let note: (ImportRecord) -> Void = { record in
                    let line =
                        switch record {
                        case .broken(let fault), .damaged(let fault): fault.line;
                        case .fields(_, let line): line
                        }
                    #expect(line >= last)
                    last = line
                }
                reader.read(bytes, note)
                reader.finish(note)
            }
        }
    }

    @Test("A format is known by the file's name, else by how it begins")
    func formats() {
        #expect(ImportFormat(fileName: "a/b.CSV") == .csv)
        #expect(ImportFormat(fileName: "b.ndjson") == .ndjson)
        #expect(ImportFormat(fileName: "b.jsonl") == .ndjson)
        #expect(ImportFormat(fileName: "b.txt") == nil)
        #expect(ImportFormat(beginning: Array("\u{FEFF} \n{\"a\"".utf8)) == .ndjson)
        #expect(ImportFormat(beginning: Array("name,price".utf8)) == .csv)
        #expect(ImportFormat(beginning: [UInt8]()) == .csv)
    }

    @Test("COPY's text form escapes what would end a column or row")
    func copyText() {
        var text = CopyText()
        text.column("a\tb\\c\nd\re")
        text.column(nil as String?)
        text.column(-5)
        text.column(nil as Int?)
        text.column(true)
        text.column(["x", "q\"\\", ""])
        text.column(nil as [String]?)
        text.endRow()
        text.column("z")
        text.endRow()
        #expect(
            String(decoding: text.bytes, as: UTF8.self)
                == "a\\tb\\\\c\\nd\\re\t\\N\t-5\t\\N\tt\t{\"x\",\"q\\\\\"\\\\\\\\\",\"\"}\t\\N\nz\n")
    }
}
