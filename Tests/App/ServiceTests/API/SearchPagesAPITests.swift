import Formats
import TestSupport
import Testing

/// Totals and pages of searches, and searches by people who mean no good.
@Suite(.shop(PagedGoods.shelf, environments: [["CACHE": "off"], [:]]))
struct SearchPagesAPITests {
    private func get(_ query: String, service: Int = 0) async throws -> Answer {
        try await ShopClient(try Shop.current, service: service).get("/v1/products?" + query)
    }

    /// All pages of a search, by their cursors.
    private func walk(_ query: String, limit: Int) async throws -> [String] {
        var (ids, cursor) = ([String](), "")
        for _ in 0..<200 {
            let page = try await get("\(query)&limit=\(limit)&cursor=\(cursor)")
            try #require(page.status == 200, "\(query): \(page.response.text)")
            ids += page["data"].elements.map { $0["id"].text }
            guard page["next_cursor"] != .null else { return ids }
            cursor = page["next_cursor"].text
        }
        Issue.record("\(query) has no end")
        return ids
    }

    @Test(
        "the pages of a search have as many products as its total, and none twice, in every order",
        arguments: ["relevance", "newest", "price", "-price", "name"])
    func pages(sort: String) async throws {
        for search in [
            "thing", "thing -blue", "thing or other", "\"blue thing\"", "th", "sku-1", "花瓶", "kitchen", "blue thing", "thingg",
            "the", "t",
            "\"blue th\"", "blue t",
        ] {
            for more in ["", "&in_stock=true", "&category=kitchen&min_price=300&max_price=3000"] {
                let query = "q=\(PercentEncoding.encode(search))&sort=\(sort)\(more)"
                let total = try await get(query + "&include=total")
                let ids = try await walk(query, limit: 100)
                #expect(total["total_relation"] == "eq", "\(query)")
                #expect(Int64(ids.count) == total["total"].number && Set(ids).count == ids.count, "\(query): \(ids.count)")
            }
        }
    }

    @Test("hostile searches are answered, and find nothing that they do not name", arguments: [0, 1])
    func hostile(service: Int) async throws {
        for search in HostileSearches.all {
            for more in ["", "&sort=price", "&in_stock=true&include=total"] {
                let answer = try await get("q=\(PercentEncoding.encode(search))" + more, service: service)
                let isRefused = search.unicodeScalars.contains("\u{0}")
                #expect(answer.status == (isRefused ? 400 : 200), "\(search): \(answer.response.text.prefix(300))")
            }
            let suggested = try await ShopClient(try Shop.current, service: service)
                .get("/v1/products/suggestions?q=\(PercentEncoding.encode(search))")
            #expect([200, 400].contains(suggested.status), "\(search): \(suggested.response.text.prefix(300))")
        }
        for raw in [
            "%00", "%ED%A0%80", "%ED%BF%BF", "%C0%AF", "%FF", "%F4%90%80%80", "thing%00", "thing%ED%A0%80", "%", "%zz",
            String(repeating: "a", count: 201), String(repeating: "thing+", count: 1_700),
            String(repeating: "%F0%9F%A5%AD", count: 800),
        ] {
            for path in ["/v1/products?q=", "/v1/products?sort=price&q=", "/v1/products/suggestions?q="] {
                let answer = try await ShopClient(try Shop.current, service: service).get(path + raw)
                #expect([200, 400, 414, 431].contains(answer.status), "\(raw.prefix(40)): \(answer.response.text.prefix(300))")
            }
        }
        for mark in HostileSearches.marks {
            let answer = try await get(
                "limit=1&include=total&q=\(PercentEncoding.encode("\(mark)thing\(mark)"))", service: service)
            #expect(answer["total"].number > 1_000, "U+\(String(mark.unicodeScalars.first?.value ?? 0, radix: 16))")
        }
        for search in ["<gniht", "'<gniht':*", "<thing>"] {
            let answer = try await get("limit=1&include=total&q=\(PercentEncoding.encode(search))", service: service)
            #expect(answer["total"].number == (search == "<thing>" ? 1_180 : 0), "\(search)")
        }
    }
}

/// What people paste, and what attackers send.
private enum HostileSearches {
    /// They show nothing, or change the direction of text.
    static let marks: [String] = ["\u{202E}", "\u{200F}", "\u{2066}", "\u{FEFF}", "\u{200D}"]

    private static let letters: [String] = (0..<100).map { number in
        String(UnicodeScalar(UInt8(ascii: "a") + UInt8(number % 26)))
    }
    private static let spaced = letters.joined(separator: " ")
    private static let excluded = letters.prefix(60).map { "-" + $0 }.joined(separator: " ")

    /// Very many words, signs or letters.
    private static let long: [String] = [
        spaced, spaced.replacing(" ", with: "-"), spaced.replacing(" ", with: "|"), excluded, "thing " + excluded,
        String(repeating: "thing or ", count: 22), String(repeating: "\"the thing\" ", count: 16),
        String(repeating: "\u{301}", count: 200), "e" + String(repeating: "\u{301}", count: 199),
        String(repeating: "花", count: 200), String(repeating: "ー", count: 200), String(repeating: "ال", count: 100),
        String(repeating: "a", count: 200), String(repeating: "äöü", count: 66), String(repeating: "1a", count: 100),
        String(repeating: "0", count: 200),
    ]
    private static let short: [String] = [
        "the a an of and is", "-the -a", "\"the of\"", "'", "''", "\\", "\\\\'", "thing\\", "'thing' OR 1=1 --", "thing:*",
        "thing<->blue", "!thing", "(thing", "thing & | !", ":", "a:b:c", "<thing", "<gniht", "'<gniht':*", "%", "_", "%thing%",
        "$1", "$$",
        "{thing}", "[a]", "\u{1F96D}", "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}", "thing\u{1F96D}", "ال", "و", "1e400", "-1",
        "٣",
        "ﷺ", "ﬃ", "ß", "İ", "\u{0}1", "\u{FFFF}", "\u{10FFFF}", "\u{D7FF}", "\u{E000}", "x\u{10FFFF}y", "\u{1}thing\u{2}",
        "thing\u{85}blue", "thing\u{2028}blue",
    ]
    private static let marked: [String] = marks.flatMap { mark -> [String] in
        [mark, "\(mark)thing\(mark)", "th\(mark)ing"]
    }
    static let all: [String] = long + short + marked
}

/// More goods with a word than a search ranks, some of them without stock, without a variant or in another currency.
private enum PagedGoods {
    static let shelf: [Goods] = {
        var all: [Goods] = []
        for number in 0..<1_180 {
            var goods = Goods(
                "SKU-\(number)", name: number % 3 == 0 ? "Blue thing" : "Thing \(number % 50)", price: Int64(number % 40) * 100)
            goods.variants[0].stock = number % 4 == 0 ? 0 : 3
            goods.age = number / 2
            if number % 5 == 0 { goods.category = "kitchen" }
            if number % 7 == 0 { goods.currency = "EUR" }
            if number % 11 == 0 { goods.variants[0].isActive = false }
            if number % 13 == 0 { goods.variants = [] }
            all.append(goods)
        }
        for number in 0..<60 {
            var goods = Goods("OTHER-\(number)", name: "Other 花瓶 gadget \(number)", price: 500)
            goods.description = "The other one"
            all.append(goods)
        }
        return all
    }()
}
