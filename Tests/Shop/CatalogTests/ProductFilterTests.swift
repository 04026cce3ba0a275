import Formats
import TestSupport
import Testing
import Web

@testable import Catalog

@Suite("Product filter")
struct ProductFilterTests {
    private func filter(_ query: String) throws -> ProductFilter {
        try ProductFilter(try #require(QueryParameters(query)))
    }

    /// The parameters that a query is refused for.
    private func faults(_ query: String) throws -> [InputError.Place] {
        do {
            _ = try filter(query)
            return []
        } catch let problem as Problem {
            #expect(problem.kind == .invalidParameter)
            return problem.errors.map(\.place)
        }
    }

    @Test("without parameters it lets all products through, newest first") func empty() throws {
        let filter = try filter("")
        #expect(filter.search == nil && filter.category == nil && filter.minimumPrice == nil && filter.maximumPrice == nil)
        #expect(filter.inStock == nil && filter.sort == .newest)
        #expect(try self.filter("unknown=1&x") == filter)
    }

    @Test("reads every parameter") func reads() throws {
        let filter = try filter(
            "q=%20enamel++mug%20&category=kitchen&min_price=0&max_price=9223372036854775807&in_stock=false&sort=-price")
        #expect(filter.search == "enamel mug")
        #expect(filter.category == "kitchen")
        #expect(filter.minimumPrice == 0 && filter.maximumPrice == .max)
        #expect(filter.inStock == false)
        #expect(filter.sort == .priceDescending)
    }

    @Test("a search is sorted by relevance unless said otherwise; blanks are no search") func defaultSort() throws {
        #expect(try filter("q=mug").sort == .relevance)
        #expect(try filter("q=mug&sort=name").sort == .name)
        #expect(try filter("q=+%20").search == nil)
        #expect(try filter("q=+%20").sort == .newest)
    }

    @Test(
        "a value that cannot be is refused by its name",
        arguments: [
            ("min_price=-1", "min_price"), ("min_price=1.5", "min_price"), ("min_price=1e3", "min_price"),
            ("min_price=", "min_price"),
            ("min_price=%2B5", "min_price"), ("min_price=9223372036854775808", "min_price"), ("min_price=+5", "min_price"),
            ("min_price=0x10", "min_price"), ("min_price=%D9%A3", "min_price"), ("max_price=abc", "max_price"),
            ("max_price=12%20", "max_price"),
            ("min_price=5&max_price=4", "max_price"), ("in_stock=1", "in_stock"), ("in_stock=TRUE", "in_stock"),
            ("in_stock=", "in_stock"),
            ("sort=", "sort"), ("sort=Price", "sort"), ("sort=price,name", "sort"), ("sort=relevance", "sort"),
            ("q=+&sort=relevance", "sort"),
            ("category=", "category"), ("currency=", "currency"), ("currency=usd", "currency"), ("currency=ZZZ", "currency"),
            ("currency=USDX", "currency"), ("currency=%F0%9F%92%B6", "currency"),
        ])
    func refused(query: String, name: String) throws {
        #expect(try faults(query) == [.parameter(name)])
    }

    @Test("too long a search or slug is refused, the longest is not") func lengths() throws {
        #expect(try faults("q=" + String(repeating: "a", count: 200)) == [])
        #expect(try faults("q=" + String(repeating: "a", count: 201)) == [.parameter("q")])
        #expect(try faults("category=" + String(repeating: "a", count: 200)) == [])
        #expect(try faults("category=" + String(repeating: "a", count: 201)) == [.parameter("category")])
    }

    @Test("all errors are reported at once") func allFaults() throws {
        #expect(
            try faults("min_price=a&max_price=b&in_stock=c&sort=d&category=")
                == ["category", "min_price", "max_price", "in_stock", "sort"].map { .parameter($0) })
    }

    @Test("different filters never share a canonical text, and the same always do") func injective() throws {
        var random = SeededGenerator(seed: 1)
        var seen: [String: ProductFilter] = [:]
        var repeats = 0
        let base = try filter("")
        // What the text itself is made of, with lengths and without.
        let pieces = ["a", "&c1=a", "&c=a", "&q1=a", "&q=a", "&min=1", "&max=2", "&stock=true", "&cur=USD"]
        func text() -> String {
            (0..<Int.random(in: 0...2, using: &random)).compactMap { _ in pieces.randomElement(using: &random) }.joined()
        }
        for _ in 0..<20_000 {
            var filter = base
            if Bool.random(using: &random) { filter.search = text() }
            if Bool.random(using: &random) { filter.category = text() }
            if Bool.random(using: &random) { filter.minimumPrice = Int64.random(in: 1...2, using: &random) }
            if Bool.random(using: &random) { filter.maximumPrice = Int64.random(in: 1...2, using: &random) }
            filter.inStock = [nil, true, false].randomElement(using: &random) ?? nil
            filter.currency = [nil, "USD", "JPY"].randomElement(using: &random) ?? nil
            filter.sort = ProductSort.allCases.randomElement(using: &random) ?? .newest
            if let other = seen.updateValue(filter, forKey: filter.canonical) {
                repeats += 1
                #expect(other == filter)
            }
        }
        #expect(repeats > 100)
        #expect(Set(seen.values).count == seen.count)
    }

    @Test("the query for links means the same filter") func linkQuery() throws {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<2_000 {
            var filter = try filter("")
            let search = random.text(upTo: 9, from: "aé&=#+%/?\"").split(separator: " ").joined(separator: " ")
            if !search.isEmpty { filter.search = search }
            if Bool.random(using: &random) { filter.category = "a" + random.text(upTo: 6, from: "b&=%+é") }
            if Bool.random(using: &random) { filter.minimumPrice = Int64.random(in: 0...12, using: &random) }
            if Bool.random(using: &random) { filter.maximumPrice = Int64.random(in: 12 ... .max, using: &random) }
            filter.inStock = [nil, true, false].randomElement(using: &random) ?? nil
            filter.sort = filter.search == nil ? .name : ProductSort.allCases.randomElement(using: &random) ?? .name
            let comparesPrices =
                filter.minimumPrice != nil || filter.maximumPrice != nil
                || [.priceAscending, .priceDescending].contains(filter.sort)
            if comparesPrices || Bool.random(using: &random) { filter.currency = ["USD", "JPY"].randomElement(using: &random) }
            #expect(try self.filter(filter.query) == filter)
        }
    }

    @Test("where prices are compared, it is in one currency") func currencies() throws {
        #expect(try filter("").currency == nil)
        #expect(try filter("sort=name").currency == nil)
        for query in ["min_price=1", "max_price=1", "sort=price", "sort=-price", "q=mug&sort=price"] {
            #expect(try filter(query).currency == "USD")
            #expect(try ProductFilter(try #require(QueryParameters(query)), storeCurrency: .eur).currency == "EUR")
            #expect(try filter(query + "&currency=JPY").currency == "JPY")
        }
        #expect(try filter("currency=JPY").currency == "JPY")
    }

    @Test(
        "what a search means, without what means nothing",
        arguments: [
            ("enamel mug", "enamel mug"), ("\"enamel mug\" -red", "\"enamel mug\" -red"), ("mug or cup", "mug or cup"),
            ("t-shirt", "t-shirt"),
            ("-\"red mug\" cup", "-\"red mug\" cup"), ("C++", "C"), ("--verbose", "verbose"), ("mug ----- cup", "mug cup"),
            ("a - b", "a b"),
            ("mug or -red", "mug -red"), ("or mug or", "mug"), ("mug OR cup", "mug or cup"), ("mug or or cup", "mug cup"),
            ("(mug|cup)&!x", "mug cup x"),
            ("\"mug", "\"mug\""), ("mug\"", "mug"), ("\"\" mug", "mug"), ("\"-mug -- cup\"", "\"mug cup\""), ("men's", "men's"),
            ("茶", "茶"), ("5\" pipe", "5 \"pipe\""),
        ])
    func terms(search: String, text: String) { #expect(SearchTerms(search).text == text) }

    @Test(
        "marks and joiners at a word's end are the word's, as they are in the index",
        arguments: [
            "தமிழ்", "ఫోన్", "คอมพิวเตอร์", "കടൽ", "ന്\u{200D}", "ගස්", "cafe\u{301}", "שָׁלוֹם", "كِتَابٌ",
        ])
    func marks(word: String) {
        for text in ["\(word)", "(\(word))!", "\"\(word),\""] {
            #expect(SearchTerms(text).text?.replacing("\"", with: "").hasSameBytes(as: word) == true, "\(text)")
        }
        #expect(SearchTerms("a -\(word)").text?.hasSameBytes(as: "a -\(word)") == true)
        // Alone they are no word.
        #expect(SearchTerms("\u{301} -\u{200D} \u{E4C}").text == nil)
    }

    @Test(
        "a search that looks for no word finds nothing",
        arguments: [
            "-", "--", "-mug", "-\"red mug\"", "-a -b", "\"\"", "!", "()", "%", "🥭", "- - -", "or", "or or", "-or", "…",
            "-mug -----", "\"---\"", "\"",
        ])
    func noWord(search: String) throws {
        #expect(SearchTerms(search).text == nil)
        var filter = try filter("q=a")
        filter.search = search
        #expect(filter.isEmpty)
    }

    @Test("no search gives two operators in a row") func anySearch() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            let text = SearchTerms(random.text(upTo: 40, from: "aB1é茶-\"!&|() or'\\:*<>\t.")).text ?? "a"
            #expect(!text.contains("--") || text.split(separator: " ").allSatisfy { !$0.hasPrefix("--") && !$0.hasPrefix("\"-") })
            #expect(text.filter { $0 == "\"" }.count.isMultiple(of: 2))
            #expect(!text.hasPrefix("or ") && !text.hasSuffix(" or") && !text.contains(" or or ") && !text.contains(" or -"))
        }
    }

    @Test("the cost of a request under the rate limit") func cost() {
        func cost(_ query: String?) -> Int { ProductListRequest.cost(query.map { Array($0.utf8)[...] }) }
        for plain in [
            nil, "", "limit=5", "category=q&sort=price", "in_stock=true&limit=5", "min_price=1&qq=a&xinclude=total", "&&=",
        ] { #expect(cost(plain) == 1) }
        for search in ["q=a", "limit=5&q=", "q", "%71=a", "a+b=c"] { #expect(cost(search) >= 5) }
        #expect(cost("q=a") == 5 && cost("include=total") == 10 && cost("include=total&q=a") == 14)
        #expect(cost("%69nclude=total") >= 10)
        for soldOut in ["in_stock=false", "limit=5&in_stock=%66alse", "in_stock=true&in_stock=false", "in_stock"] {
            #expect(cost(soldOut) == 10)
        }
        #expect(cost("in%5Fstock=false") >= 10 && cost("in_stock=false&include=total&q=a") == 23)
    }
}
