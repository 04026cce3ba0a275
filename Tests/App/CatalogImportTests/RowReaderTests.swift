import Formats
import Testing

@testable import CatalogImport
import TestSupport

@Suite("Rows of an import")
struct RowReaderTests {
    private static let rules = RowRules(currency: .usd, imageBase: "https://cdn.example/p")

    /// In dollars where nothing else is said.
    private func read(_ json: String, rules: RowRules = RowReaderTests.rules) throws -> RowReader.Outcome {
        guard case .object(var object) = try JSONValue.parse(Array(json.utf8)) else { return .errors([]) }
        if object["currency"] == nil { object.append("currency", .string("USD")) }
        return RowReader.read(object, line: 7, rules: rules)
    }

    private func row(_ json: String, rules: RowRules = RowReaderTests.rules) throws -> ImportRow {
        switch try read(json, rules: rules) {
        case .row(let row): return row
        case .errors(let faults):
            Issue.record("\(faults)")
            throw TestFailure("the row is refused")
        }
    }

    private func faults(_ json: String) throws -> [String] {
        guard case .errors(let faults) = try read(json) else { return [] }
        return faults.map { "\($0.field) \($0.reason)" }
    }

    @Test("A name and a price are enough: one default variant")
    func least() throws {
        let row = try row(#"{"name": " Blue  Mug ", "price": 12.5, "colour": "ignored", "stock": null}"#)
        #expect(row.name == "Blue  Mug")
        #expect(row.slugBase == "blue-mug")
        #expect(row.price == 1250)
        #expect(row.currency?.code == "USD")
        #expect(row.variants == [ImportVariant(sku: nil, name: "Default", options: [], price: 1250, stock: nil)])
        #expect(!row.listsVariants)
        #expect(row.isKnownByNameOnly)
        #expect(row.images == nil && row.tags == nil && row.category == nil && row.status == nil)
    }

    @Test("A row with everything")
    func most() throws {
        let row = try row(
            #"""
            {"id": 12, "sku": "T", "slug": "tee", "name": "Tee", "price": "20", "description": "Two\nlines", "category": " Wear / Shirts ",
             "tags": ["a", "b", "a"], "images": ["x y.jpg", {"url": "https://e.example/z.png", "alt": "Z"}], "currency": "eur",
             "status": "Draft", "stock": 5, "variants": [
              {"name": "Small", "options": {"size": "S", "colour": "red"}},
              {"sku": "T-M", "options": {"size": "M"}, "price": 21.00, "stock": "7"}]}
            """#)
        #expect(row.externalID == "12")
        #expect(row.slug == "tee")
        #expect(row.description == "Two\nlines")
        #expect(row.category == ["Wear", "Shirts"])
        #expect(row.tags == ["a", "b"])
        #expect(
            row.images == [
                ImportImage(url: "https://cdn.example/p/x%20y.jpg", alt: "Tee"),
                ImportImage(url: "https://e.example/z.png", alt: "Z"),
            ])
        #expect(row.currency?.code == "EUR")
        #expect(row.status == "draft")
        #expect(row.listsVariants)
        #expect(row.variants.map(\.sku) == ["T", "T-M"])
        #expect(row.variants.map(\.name) == ["Small", "M"])
        #expect(row.variants.map(\.price) == [2000, 2100])
        #expect(row.variants.map(\.stock) == [5, 7])
        #expect(row.variants[0].options.map(\.name) == ["size", "colour"])
        #expect(String(decoding: row.variants[0].optionsJSON, as: UTF8.self) == #"{"size":"S","colour":"red"}"#)
        #expect(row.price == 2000)
    }

    @Test(
        "Prices are exact, whatever their digits",
        arguments: [
            ("129.99", 12999), ("\"129.99\"", 12999), ("0", 0), ("0.1", 10), ("1.10", 110), ("1.1000", 110),
            ("9999999999.99", 999_999_999_999),
            ("\" 5 \"", 500),
        ])
    func prices(text: String, amount: Int64) throws {
        #expect(try row(#"{"name": "a", "price": \#(text)}"#).price == amount)
    }

    @Test("The minor unit is the currency's")
    func minorUnits() throws {
        #expect(try row(#"{"name": "a", "price": 1200, "currency": "JPY"}"#).price == 1200)
        #expect(try row(#"{"name": "a", "price": 1.234, "currency": "KWD"}"#).price == 1234)
        #expect(
            try faults(#"{"name": "a", "price": 12.5, "currency": "JPY"}"#)
                == ["price must be a decimal number with at most 0 digits behind the point"])
    }

    @Test("Without a currency a price keeps what any currency may have, until the product's is known")
    func openPrices() throws {
        guard
            case .object(let object) = try JSONValue.parse(
                Array(#"{"name": "a", "price": "1.2345", "variants": [{}, {"price": 1000}]}"#.utf8)),
            case .row(let row) = RowReader.read(object, line: 7, rules: Self.rules)
        else { throw TestFailure("the row is refused") }
        #expect(row.currency == nil && row.price == 12_345)
        #expect(row.variants.map(\.price) == [12_345, 10_000_000])
        guard case .object(let fine) = try JSONValue.parse(Array(#"{"name": "a", "price": 1.23456}"#.utf8)) else { return }
        #expect(
            RowReader.read(fine, line: 7, rules: Self.rules)
                == .errors([
                    RowError(
                        line: 7, field: "price", reason: "must be a decimal number with at most 2 digits behind the point")
                ]))
    }

    @Test(
        "Prices that are none are refused",
        arguments: [
            "-1", "1e3", "1.999", "\"1,00\"", "\"$1\"", "true", "[]", "\"\"", "null", "99999999999999999999", "1000000000000000",
            "0.001",
        ])
    func badPrices(text: String) throws {
        let faults = try faults(#"{"name": "a", "price": \#(text)}"#)
        #expect(faults.count == 1)
        #expect(faults.first?.hasPrefix("price ") == true)
    }

    @Test("Stock that is none is refused", arguments: ["-1", "1.5", "\"many\"", "true", "1e2", "2000000000"])
    func badStock(text: String) throws {
        #expect(try faults(#"{"name": "a", "price": 1, "stock": \#(text)}"#).first?.hasPrefix("stock ") == true)
    }

    @Test("current_stock counts where stock is not written")
    func currentStock() throws {
        #expect(try row(#"{"name": "a", "price": 1, "current_stock": 15}"#).variants[0].stock == 15)
        #expect(try row(#"{"name": "a", "price": 1, "stock": 3.0, "current_stock": 15}"#).variants[0].stock == 3)
    }

    @Test("Every error of a row is reported, with the path of its field")
    func allFaults() throws {
        let faults = try faults(
            #"""
            {"name": "", "price": "x", "sku": true, "slug": "No Slug", "currency": "ZZZ", "status": "sold", "tags": 5,
             "images": ["ftp://x/y", "//host/y", "javascript:alert(1)"], "category": "a/b/c/d/e/f/g/h/i", "description": 3,
             "variants": [1, {"price": -1, "stock": -1, "sku": "A", "options": []}, {"sku": "A", "options": {"": "x"}}]}
            """#)
        let fields = faults.map { String($0.prefix { $0 != " " }) }
        #expect(
            Set(fields) == [
                "name", "price", "sku", "slug", "currency", "status", "tags", "images/0", "images/1", "images/2", "category",
                "description",
                "variants/0", "variants/1/price", "variants/1/stock", "variants/1/options", "variants/2/sku",
                "variants/2/options",
            ])
    }

    @Test("Text that PostgreSQL can't hold, or that breaks lines, is refused")
    func controls() throws {
        #expect(try faults(#"{"name": "a\u0000b", "price": 1}"#) == ["name must not contain control characters"])
        #expect(try faults(#"{"name": "a\nb", "price": 1}"#) == ["name must not contain control characters"])
        #expect(try faults(#"{"name": "a", "price": 1, "description": "\u0000"}"#) == ["description must not contain U+0000"])
        #expect(try faults(#"{"name": "\#(String(repeating: "n", count: 201))", "price": 1}"#).count == 1)
    }

    @Test(
        "Pictures without scheme stand under the base",
        arguments: [
            ("a.jpg", "https://cdn.example/p", "https://cdn.example/p/a.jpg"), ("a.jpg", "/assets", "/assets/a.jpg"),
            ("/assets/a.svg", "/assets", "/assets/a.svg"), ("/a.svg", "https://cdn.example/p", "https://cdn.example/p/a.svg"),
            ("http://e.example/ü.png", "/assets", "http://e.example/%c3%bc.png"), ("a%20b.jpg", "/assets", "/assets/a%20b.jpg"),
            ("d/4x:3.jpg", "/assets", "/assets/d/4x:3.jpg"),
        ])
    func images(text: String, base: String, url: String) {
        #expect(ImportImage.address(text, under: base) == url)
    }

    @Test("Tags and pictures may be one text")
    func textLists() throws {
        let row = try row(#"{"name": "a", "price": 1, "tags": "x, y|z,,x", "images": "a.jpg|b.jpg"}"#)
        #expect(row.tags == ["x", "y", "z"])
        #expect(row.images?.map(\.url) == ["https://cdn.example/p/a.jpg", "https://cdn.example/p/b.jpg"])
        #expect(try self.row(#"{"name": "a", "price": 1, "image": "a.jpg"}"#).images?.count == 1)
        #expect(try self.row(#"{"name": "a", "price": 1, "tags": []}"#).tags == [])
    }

    @Test("A slug leaves room for a number")
    func slugBase() throws {
        let base = RowReader.slugBase(String(repeating: "abcdefg ", count: 20))
        #expect(base.count <= RowRules.slugBaseLength)
        #expect(Slug.isValid(base + "-999999"))
        #expect(RowReader.slugBase("日本") == "日本" && RowReader.formerSlugBase("日本") == "item")
        #expect(RowReader.slugBase(String(repeating: "日", count: 100)).utf8.count <= RowRules.slugBaseLength)
    }

    @Test("Whatever the values are, reading ends in a row or in faults")
    func garbage() throws {
        var random = SystemRandomNumberGenerator()
        let names = [
            "id", "sku", "slug", "name", "price", "description", "category", "tags", "currency", "stock", "image", "images",
            "status", "variants", "options",
        ]
        func value(_ depth: Int) -> JSONValue {
            switch Int.random(in: 0...(depth > 2 ? 5 : 7), using: &random) {
            case 0: return .null
            case 1: return .bool(true)
            case 2: return .number(JSONNumber(Int.random(in: -5...5, using: &random)))
            case 3:
                return .string(
                    ["", " ", "a", "/", "//", "1.5", "é", "a|b", "USD", "active", "\u{0}"].randomElement(using: &random) ?? "")
            case 4, 5: return .number(JSONNumber(Int64.max))
            case 6: return .array((0..<3).map { _ in value(depth + 1) })
            default: return .object(object(depth + 1))
            }
        }
        func object(_ depth: Int) -> JSONObject {
            var object = JSONObject()
            for name in names where Bool.random(using: &random) { object.append(name, value(depth)) }
            return object
        }
        for _ in 0..<5_000 {
            if case .errors(let faults) = RowReader.read(object(0), line: 1, rules: Self.rules) { #expect(!faults.isEmpty) }
        }
    }
}
