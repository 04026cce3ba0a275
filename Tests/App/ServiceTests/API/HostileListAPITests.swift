import Formats
import Foundation
import PostgresClient
import TestSupport
import Testing
import Web

@testable import Catalog

/// What the services sign cursors with.
private enum CursorSecrets {
    static let first = "the-first-secret-of-the-shop-0123456789"
    static let next = "the-second-secret-of-the-shop-012345678"
}

/// Lists asked for by people who mean no good: whatever the query, no answer is the service's fault.
@Suite(
    .shop(
        CatalogGoods.shelf,
        environments: [
            ["CACHE": "off", "ENCRYPTION_KEY": CursorSecrets.first], ["LOOPS": "1", "ENCRYPTION_KEY": CursorSecrets.first],
            ["CACHE": "off", "ENCRYPTION_KEY": CursorSecrets.next, "ENCRYPTION_KEY_PREVIOUS": CursorSecrets.first],
            ["CACHE": "off", "ENCRYPTION_KEY": CursorSecrets.next],
        ]))
struct HostileListAPITests {
    private func client(_ service: Int = 0) throws -> ShopClient { ShopClient(try Shop.current, service: service) }

    private static func encoded(_ text: String) -> String { PercentEncoding.encode(text) }

    @Test("pasted lines, operators and quotes are no error, and find what their words find", arguments: [0, 1])
    func searches(service: Int) async throws {
        let client = try client(service)
        for count in [1, 31, 32, 33, 34, 100, 199] {
            for sign in ["-", "- ", "!", "-!", "\"", "-\"", "(", "\\", "'", "&", "|", "<->", ":*", "or ", "…", "\u{1F96D}"] {
                let line = String(String(repeating: sign, count: count).prefix(180))
                let alone = try await client.get("/v1/products?include=total&q=" + Self.encoded(line))
                #expect(
                    alone.status == 200 && alone["data"] == .array([]) && alone["total"].number == 0,
                    "\(line): \(alone.response.text)")
                for query in [line + " enamel", "enamel " + line] where !sign.contains("\"") && sign != "-" && sign != "or " {
                    let found = try await client.get("/v1/products?limit=100&q=" + Self.encoded(query))
                    #expect(found.status == 200 && !found["data"].elements.isEmpty, "\(query): \(found.response.text)")
                }
            }
        }
    }

    @Test("a search without a word that is looked for finds nothing, and counts nothing", arguments: [0, 1])
    func nothing(service: Int) async throws {
        for query in ["-zzzz", "the -zzzz", "-the", "the or -zzzz", "a an the", "-\"red mug\"", "--", "%"] {
            let answer = try await client(service).get("/v1/products?include=total&q=" + Self.encoded(query))
            #expect(answer.status == 200 && answer["data"] == .array([]), "\(query)")
            #expect(answer["next_cursor"] == .null && answer["total"].number == 0 && answer["total_relation"] == "eq", "\(query)")
        }
    }

    /// A value that a client could send for a parameter.
    private static func value(_ random: inout SeededGenerator) -> String {
        let pieces = [
            "-", "--", "\"", "'", "\\", "!", "&", "|", "(", ")", ":*", "<->", "<99999>", "or", " ", "enamel", "mug", "the", "%",
            "_", "{", "}", "\u{1}",
            "\u{FEFF}", "\u{202E}", "é", "茶", "\u{1F96D}", "e\u{301}", "-1", "0", "1", "9223372036854775807",
            "9223372036854775808", "1e400", "NaN", "null",
            "true", "false", "price", "-price", "newest", "name", "relevance", "USD", "JPY", "usd", "home", "kitchen",
            "home/kitchen", "..", "total", ";", "--;", "$1",
        ]
        let text = (0..<Int.random(in: 0...8, using: &random)).compactMap { _ in pieces.randomElement(using: &random) }.joined()
        return Int.random(in: 0..<20, using: &random) == 0 ? String(repeating: text, count: 30) : text
    }

    @Test("whatever stands in any parameter, the answer is 200 or 400", arguments: [0, 1], [1, 2, 3] as [UInt64])
    func parameters(service: Int, seed: UInt64) async throws {
        let client = try client(service)
        try await onOwnThread {
            var random = SeededGenerator(seed: seed)
            for _ in 0..<250 {
                let names = [
                    "q", "q", "category", "min_price", "max_price", "currency", "in_stock", "sort", "limit", "cursor", "include",
                ]
                // Mostly one or two strange ones beside good ones, so that they come as far as PostgreSQL.
                var query = ["limit=5", "include=total"]
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let name = names.randomElement(using: &random) ?? "q"
                    query.insert("\(name)=\(Self.encoded(Self.value(&random)))", at: 0)
                }
                let path = "/v1/products?" + query.joined(separator: "&")
                let answer: Answer = try client.get(path)
                #expect([200, 400].contains(answer.status), "\(path): \(answer.response.text)")
            }
            for path in ["products", "categories"] {
                for _ in 0..<40 {
                    let name = Self.encoded(Self.value(&random))
                    if name.isEmpty || name.hasPrefix(".") { continue }
                    let answer: Answer = try client.get("/v1/\(path)/\(name)")
                    #expect([200, 400, 404].contains(answer.status), "\(path)/\(name): \(answer.response.text)")
                }
            }
        }
    }

    @Test(
        "a cursor of any content is a page or 400, also with the right signature; without it 400", arguments: [4, 5] as [UInt64])
    func cursors(seed: UInt64) async throws {
        let client = try client()
        try await onOwnThread {
            var random = SeededGenerator(seed: seed)
            let keys = EncryptionKeys(secret: CursorSecrets.first).authentication(for: .cursors)
            func field() -> CursorField {
                let numbers: [Int64] = [
                    .min, .max, -(1 << 62), -1, 0, 1, 1 << 61, 253_402_300_800_000_000, -62_167_219_200_000_001,
                ]
                let number = numbers.randomElement(using: &random) ?? 0
                return switch Int.random(in: 0..<6, using: &random) {
                case 0: .null
                case 1: .integer(number)
                case 2: .text(["", "a\u{0}", "é", String(repeating: "x", count: 900)].randomElement(using: &random) ?? "")
                case 3: .uuid(UUID(high: random.next(), low: random.next()))
                default: .time(Timestamp(microseconds: number))
                }
            }
            for number in 0..<300 {
                let sort = ProductSort.allCases.randomElement(using: &random) ?? .newest
                let query = sort == .relevance ? "q=enamel&sort=relevance" : "sort=\(sort.rawValue)"
                let filter = try ProductFilter(try #require(QueryParameters(query)))
                var fields: [CursorField] = [field(), .uuid(UUID(high: random.next(), low: random.next()))]
                if number % 5 == 0 { fields = (0..<Int.random(in: 0...3, using: &random)).map { _ in field() } }
                let isOurs = number % 3 != 0
                let key = isOurs ? keys : EncryptionKeys(secret: "another").authentication(for: .cursors)
                let cursor = Cursor(fields).text(for: CursorFilter(["products", filter.canonical], key: key))
                let answer: Answer = try client.get("/v1/products?limit=3&\(query)&cursor=\(cursor)")
                #expect(
                    answer.status == 400 && answer.code == "invalid_cursor" || isOurs && answer.status == 200,
                    "\(fields): \(answer.response.text)")
            }
        }
    }

    @Test("a cursor leads on while its key rotates, and no longer once the key before is gone")
    func rotation() async throws {
        let first = try await client().get("/v1/products?sort=name&limit=3")
        let path = "/v1/products?sort=name&limit=3&cursor=" + first["next_cursor"].text
        let second = try await client().get(path)
        #expect(second.status == 200)
        #expect(try await client(2).get(path)["data"] == second["data"])
        let refused = try await client(3).get(path)
        #expect(refused.status == 400 && refused.code == "invalid_cursor")
        // The other way round: what the new key signs, the old one does not know.
        let next = try await client(2).get("/v1/products?sort=name&limit=3")["next_cursor"].text
        #expect(try await client(3).get("/v1/products?sort=name&limit=3&cursor=" + next).status == 200)
        #expect(try await client(0).get("/v1/products?sort=name&limit=3&cursor=" + next).code == "invalid_cursor")
    }

    @Test("unknown categories are empty, or not there, and leave nothing in Redis") func unknownCategories() async throws {
        let client = try client(1)
        #expect(try await client.get("/v1/categories").status == 200)
        for number in 0..<20 {
            #expect(try await client.get("/v1/categories/none-\(number)").status == 404)
            let list = try await client.get("/v1/products?include=total&category=none-\(number)")
            #expect(list.status == 200 && list["data"] == .array([]) && list["total"].number == 0)
        }
        let redis = try Shop.current.redis
        let keys = try await onOwnThread { try redis.execute("KEYS", "*none-*") }
        #expect(keys == "")
        #expect(try await client.get("/v1/categories/knives")["path"].text == "home/kitchen/knives")
    }

    @Test("a list's page lies in Redis once it was asked for twice, not before") func sharedWhenAskedAgain() async throws {
        let client = try client(1)
        let redis = try Shop.current.redis
        let path = "/v1/products?limit=7&min_price=123"
        #expect(try await client.get(path).status == 200)
        // What is read for the first time would be there by now, as another kind of answer is.
        #expect(try await client.get("/v1/products/list-00").status == 200)
        let others = try await onOwnThread {
            Deadline(seconds: 20).poll(every: 20) { (try? redis.execute("KEYS", "*:p:list-00")) != "" }
        }
        #expect(others)
        #expect(try await onOwnThread { try redis.execute("KEYS", "*:l:7:*123*") } == "")
        let shared = try await onOwnThread {
            Deadline(seconds: 60).poll(every: 100) {
                let answer: Answer? = try? client.get(path)
                return answer?.status == 200 && (try? redis.execute("KEYS", "*:l:7:*123*")) != ""
            }
        }
        #expect(shared)
    }

    @Test("prices are compared inside one currency: the store's, or the one asked for", arguments: [0, 1])
    func currencies(service: Int) async throws {
        let shop = try Shop.current
        // The suite's other tests see no more than that there is another currency somewhere.
        try await onOwnThread {
            let there = try shop.database.execute("SELECT count(*) FROM product WHERE currency = 'JPY'")
            guard there == "0" else { return }
            var goods = [Goods("YEN-1", price: 1000), Goods("YEN-2", price: 700)]
            for index in goods.indices {
                goods[index].currency = "JPY"
                goods[index].category = "home"
            }
            var statements = Goods.statements(goods).replacing("BEGIN;\n", with: "")
            while let start = statements.firstRange(of: "INSERT INTO category"),
                let end = statements[start.lowerBound...].firstIndex(of: ";")
            {
                statements.removeSubrange(start.lowerBound...end)
            }
            try shop.database.execute("BEGIN; " + statements)
            try shop.database.execute(
                "UPDATE catalog_version SET version = version + 1; SELECT pg_notify('catalog', version::text) FROM catalog_version"
            )
        }
        let client = try client(service)
        func prices(_ query: String) async throws -> [(Int64, String)] {
            try await client.get("/v1/products?limit=100&" + query)["data"].elements.map {
                ($0["price"]["amount"].number, $0["price"]["currency"].text)
            }
        }
        for query in [
            "sort=price&", "sort=-price&", "min_price=1&", "max_price=100000&", "sort=price&category=home&",
            "category=home&min_price=5&sort=newest&",
        ] {
            let own = try await prices(query)
            #expect(!own.isEmpty && own.allSatisfy { $0.1 == "USD" }, "\(query)")
            let yen = try await prices(query + "currency=JPY")
            #expect(yen.map(\.0).sorted() == [700, 1000] && yen.allSatisfy { $0.1 == "JPY" }, "\(query)")
        }
        #expect(try await prices("sort=price&currency=JPY").map(\.0) == [700, 1000])
        #expect(try await prices("sort=-price&currency=JPY").map(\.0) == [1000, 700])
        #expect(try await prices("sort=name&currency=JPY").count == 2)
        #expect(try await prices("sort=name&currency=EUR").isEmpty)
    }
}

/// What a list costs, on servers that a test may change.
@Suite("Costly reads", .serialized)
struct CostlyReadTests {

    @Test("totals are exact up to 10,000, and say so beyond") func totals() async throws {
        let stage = try Stage()
        let service = try await stage.serve(["CACHE": "off"])
        try await service.waitUntilWell()
        func total(_ query: String) async throws -> String {
            let answer = try await onOwnThread {
                Answer(try service.client().request("GET", "/v1/products?limit=1&include=total" + query))
            }
            return "\(answer["total"].number) \(answer["total_relation"].text)"
        }
        try await stage.execute("DELETE FROM stock_movement; DELETE FROM stock; DELETE FROM variant; DELETE FROM product")
        #expect(try await total("") == "0 eq")
        for (products, expected) in [(9_999, "9999 eq"), (10_000, "10000 eq"), (10_001, "10000 gte"), (10_200, "10000 gte")] {
            try await stage.execute(
                "INSERT INTO product (id, slug, name, currency, price) SELECT gen_random_uuid(), 'many-' || n, 'Many', 'USD', n "
                    + "FROM generate_series((SELECT count(*) FROM product) + 1, \(products)) n")
            #expect(try await total("") == expected)
            #expect(try await total("&q=many&sort=price") == expected)
            #expect(try await total("&min_price=2") == (products <= 10_001 ? "\(products - 1) eq" : "10000 gte"))
        }
    }

    @Test("a total is counted once for all pages and orders of a list") func countedOnce() async throws {
        let stage = try Stage()
        let service = try await stage.serve(["LOOPS": "1"])
        try await service.waitUntilWell()
        func list(_ query: String) async throws -> Answer {
            try await onOwnThread { Answer(try service.client().request("GET", "/v1/products?include=total&" + query)) }
        }
        /// Whether a total outlives a product that was added without an announcement, in lists that are read again and show it.
        func isKept(_ attempt: Int) async throws -> Bool {
            let before = try await list("limit=1&min_price=\(attempt)")["total"].number
            try await stage.execute(
                "INSERT INTO product (id, slug, name, currency, price, created_at) VALUES (gen_random_uuid(), 'new-\(attempt)', 'New', 'USD', 9000, now())"
            )
            let fresh = try await list("limit=2&min_price=\(attempt)")
            #expect(fresh["data"].elements.first?["slug"].text == "new-\(attempt)")
            let others = [
                fresh, try await list("limit=2&min_price=\(attempt)&sort=name"),
                try await list("limit=3&min_price=\(attempt)&cursor=\(fresh["next_cursor"].text)"),
            ]
            #expect(try await list("limit=2&min_price=\(attempt)&max_price=9000")["total"].number > 0)
            return before > 0 && others.allSatisfy { $0["total"].number == before }
        }
        // On a machine that is slow enough the service loses sight of the catalogue's version, and counts again.
        var attempts = 0
        repeat { attempts += 1 } while try await !isKept(attempts) && attempts < 30
        #expect(attempts < 30)
    }

    @Test("unknown categories are told without PostgreSQL") func categoriesAtHand() async throws {
        let stage = try Stage()
        let service = try await stage.serve(["LOOPS": "1"])
        try await service.waitUntilWell()
        func get(_ path: String) async throws -> Int {
            try await onOwnThread { try service.client(seconds: 10).request("GET", path).status }
        }
        #expect(try await get("/v1/categories") == 200)
        stage.postgres.freeze()
        defer { stage.postgres.resume() }
        for number in 0..<10 {
            #expect(try await get("/v1/categories/none-\(number)") == 404)
            #expect(try await get("/v1/products?include=total&category=none-\(number)") == 200)
        }
    }

    @Test("what PostgreSQL refuses about a value is the request's fault, and about its tables is not") func refusedValues()
        async throws
    {
        for (state, isRequests) in [
            ("22008", true), ("22P02", true), ("42883", true), ("54000", true), ("54001", true), ("XX000", true),
            ("42P01", false), ("42703", false),
            ("XX001", false), ("XX002", false), ("57014", false), ("53200", false), ("40001", false), ("25006", false),
        ] {
            #expect(RefusedValuesError.caused(PostgresError(.server, sqlState: state)) == isRequests, "\(state)")
        }
        let stage = try Stage()
        let service = try await stage.serve(["CACHE": "off"])
        try await service.waitUntilWell()
        // A division by zero (22012) wherever a price is read.
        try await stage.execute(
            """
            ALTER TABLE product RENAME TO product_rows;
            CREATE VIEW product AS SELECT id, external_id, slug, name, description, category_id, tags, images, currency,
                price / (price - price) AS price, price_min / (price - price) AS price_min, price_max, compare_at_price, brand,
                attributes, facets, variants, substr(summary, (price / (price - price))::integer) AS summary, status, created_at, updated_at,
                search FROM product_rows
            """)
        for path in ["/v1/products", "/v1/products?sort=price", "/v1/products?min_price=1&include=total", "/v1/products/x-1"] {
            let answer = try await onOwnThread { Answer(try service.client().request("GET", path)) }
            #expect(
                answer.status == 400 && answer.code == "invalid_parameter" || answer.status == 404,
                "\(path): \(answer.response.text)")
        }
        #expect(!service.standardOutput.contains("internal_error"))
    }
}
