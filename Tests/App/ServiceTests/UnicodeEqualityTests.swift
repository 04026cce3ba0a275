import Formats
import TestSupport
import Testing
import Web

@testable import Catalog
@testable import CatalogImport
@testable import Money
@testable import Orders

/// What comes from outside is compared as bytes, as PostgreSQL does, where Swift takes canonically equivalent texts for one.
@Suite("Unicode equality")
struct UnicodeEqualityTests {
    /// Texts that Swift takes for equal, and whose bytes differ.
    private static let pairs: [(String, String)] = [
        ("K", "\u{212A}"), (";", "\u{37E}"), ("`", "\u{1FEF}"), ("\u{E9}", "e\u{301}"), ("\u{3A9}", "\u{2126}"),
        ("\u{C5}", "\u{212B}"),
        ("\u{8C48}", "\u{F900}"), ("a\u{323}\u{301}", "a\u{301}\u{323}"), ("\u{AC01}", "\u{1100}\u{1161}\u{11A8}"),
        ("\u{1EE5}", "u\u{323}"),
    ]

    /// Pairs amid other text.
    private static func generated(_ count: Int, seed: UInt64) -> [(String, String)] {
        var random = SeededGenerator(seed: seed)
        let around = ["", "a", "shop", "7", "-", "%E8%B1%88", "~", "茶", " x"]
        return (0..<count).map { _ in
            var (left, right) = ("", "")
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let pair = pairs[Int.random(in: 0..<pairs.count, using: &random)],
                    more = around[Int.random(in: 0..<around.count, using: &random)]
                left += more + pair.0
                right += more + pair.1
            }
            return (left, right)
        }
    }

    @Test("the pairs are what they are for") func premise() {
        for (left, right) in Self.pairs { #expect(left == right && !left.utf8.elementsEqual(right.utf8)) }
    }

    @Test("texts, keys and filters are apart where their bytes are, and only there") func exact() throws {
        var keys: [String: String] = [:]
        for (left, right) in Self.generated(3_000, seed: 17) {
            #expect(!left.hasSameBytes(as: right) && left.hasSameBytes(as: left))
            #expect(Set([ExactText(left), ExactText(right), ExactText(left)]).count == 2)
            for text in [left, right] {
                let key = text.asExactKey
                #expect(key.utf8.allSatisfy { $0 < 0x80 } && key == text.asExactKey)
                if let known = keys.updateValue(text, forKey: key) { #expect(known.utf8.elementsEqual(text.utf8)) }
                // What is a key already makes another one.
                #expect(key == text || key.asExactKey != key)
            }
            let searches = try [left, right].map { text in
                try ProductFilter(try #require(QueryParameters(Array("q=\(PercentEncoding.encode(text))".utf8)[...]))).canonical
            }
            #expect(searches[0] != searches[1])
            let categories = try [left, right].map { text in
                try ProductFilter(try #require(QueryParameters(Array("category=\(PercentEncoding.encode(text))".utf8)[...])))
                    .canonical
            }
            #expect(categories[0] != categories[1])
        }
    }

    @Test("codes and origins have no second spelling") func codes() {
        for country in ["KE", "KR", "DK", "MK", "UK", "GB"] {
            let other = country.replacing("K", with: "\u{212A}")
            #expect(CountryCode.isKnown(country) == (country != "UK"))
            if other.utf8.count > 2 { #expect(!CountryCode.isKnown(other)) }
        }
        for currency in ["SEK", "DKK", "KRW", "HKD"] {
            #expect(CurrencyCode(currency) != nil)
            #expect(CurrencyCode(currency.replacing("K", with: "\u{212A}")) == nil)
        }
        #expect("uſd".asciiUppercased == "UſD" && "eur".asciiUppercased == "EUR" && "ß".asciiUppercased == "ß")
        for (left, right) in Self.generated(500, seed: 18) {
            let origins = AllowedOrigins(["https://shop.example", "https://" + left])
            #expect(origins.allow("https://" + left) && !origins.allow("https://" + right))
        }
        #expect(AllowedOrigins(["*"]).allow("https://anybody.example"))
    }

    @Test("an import keeps apart what PostgreSQL does") func rows() throws {
        let rules = RowRules(currency: .usd, imageBase: "https://cdn.example")
        func read(_ json: String) throws -> RowReader.Outcome {
            guard case .object(let object) = try JSONValue.parse(Array(json.utf8)) else { return .errors([]) }
            return RowReader.read(object, line: 1, rules: rules)
        }
        for (left, right) in Self.generated(200, seed: 19) where !left.contains("`") && !left.contains(";") {
            let json =
                #"{"name":"x","price":1,"currency":"USD","tags":["\#(left)","\#(right)","\#(left)"],"variants":[{"sku":"A\#(left)"},{"sku":"A\#(right)"}]}"#
            guard case .row(let row) = try read(json) else {
                Issue.record("refused: \(json)")
                continue
            }
            #expect(row.tags?.count == 2)
            #expect(row.variants.count == 2)
        }
        for currency in ["uſd", "SE\u{212A}", "ſek"] {
            guard case .errors(let faults) = try read(#"{"name":"x","price":1,"currency":"\#(currency)"}"#) else {
                Issue.record("taken: \(currency)")
                continue
            }
            #expect(faults.map(\.field) == ["currency"])
        }
        guard case .row(let row) = try read(#"{"name":"x","price":1,"currency":"sek"}"#) else {
            throw TestFailure("sek is refused")
        }
        #expect(row.currency?.code == "SEK")
    }
}
