import Foundation
import PostgresClient
import ShopTestSupport
import TestSupport
import Testing

@testable import CatalogImport

/// Against a real server, each test in a shop of its own.
@Suite("Importer")
struct ImporterTests {
    @Test(
        "the greatest quantity comes from the row or the variant; without one in the file it stays, and is 999 at first")
    func greatestQuantity() throws {
        let shop = try ShopDatabase()
        try shop.load(
            """
            {"name":"One","sku":"ONE","price":1,"max_quantity":5}
            {"name":"Two","price":1,"max_quantity":"7","variants":[{"sku":"TWO-A","name":"A"},{"sku":"TWO-B","name":"B","max_quantity":2}]}
            {"name":"Three","sku":"THREE","price":1}
            """)
        func maxima() throws -> String { try shop.query("SELECT sku, max_quantity FROM variant ORDER BY sku") }
        #expect(try maxima() == "ONE|5\nTHREE|999\nTWO-A|7\nTWO-B|2")
        try shop.load(
            #"{"name":"One","sku":"ONE","price":2}"# + "\n" + #"{"name":"Three","sku":"THREE","price":1,"max_quantity":3}"#)
        #expect(try maxima() == "ONE|5\nTHREE|3\nTWO-A|7\nTWO-B|2")
        for wrong in ["0", "1000", "-1", "1.5", "\"many\"", "true", "1e30"] {
            let refused = try? shop.load(#"{"name":"One","sku":"ONE","price":2,"max_quantity":\#(wrong)}"#, onError: .skip)
            #expect(refused?.faults.map(\.field) == ["max_quantity"], "\(wrong)")
        }
        #expect(try maxima() == "ONE|5\nTHREE|3\nTWO-A|7\nTWO-B|2")
    }

    @Test("Ten thousand rows of every shape come in, and the same rows in any order change nothing")
    func manyRows() throws {
        let shop = try ShopDatabase()
        var generator = GeneratedRows(seed: 7)
        let rows = generator.rows(10_000)
        let first = try shop.load(rows.joined(separator: "\n"), piece: 10_007)
        #expect(first.faults.isEmpty)
        #expect(first.report.created == 10_000)
        #expect(first.report.isCommitted)
        #expect(try shop.query("SELECT count(*) FROM product") == "10000")
        #expect(try shop.violations() == "")
        let snapshot = try shop.snapshot()
        for order in [rows, generator.shuffled(rows)] {
            let again = try shop.load(order.joined(separator: "\r\n"))
            #expect(again.report.unchanged == 10_000)
            #expect(!again.report.hasChanges)
            #expect(again.report.version == nil)
            #expect(try shop.snapshot() == snapshot)
        }
    }

    @Test("CSV says the same as NDJSON")
    func csv() throws {
        let shop = try ShopDatabase()
        try shop.load(
            """
            {"id": "1", "name": "Big, \\"blue\\" mug", "price": 12.50, "description": "two\\nlines", "tags": ["a", "b"], "stock": 5}
            {"id": "2", "name": "Tee", "price": 20, "category": "Wear/Shirts", "variants": [{"sku": "T-S", "options": {"size": "S"}}]}
            """)
        let snapshot = try shop.snapshot()
        let again = try shop.load(
            "ID,Name,price,description,tags,stock,category,variants,colour\r\n"
                + "1,\"Big, \"\"blue\"\" mug\",12.50,\"two\nlines\",\"a, b\",5,,,blue\r\n"
                + "2,Tee,20.00,,,,Wear / Shirts,\"[{\"\"sku\"\": \"\"T-S\"\", \"\"options\"\": {\"\"size\"\": \"\"S\"\"}}]\",\r\n"
        )
        #expect(again.faults.isEmpty)
        #expect(again.report.unchanged == 2)
        #expect(try shop.snapshot() == snapshot)
    }

    @Test("A product is what its row says, down to the minor unit")
    func oneProduct() throws {
        let shop = try ShopDatabase()
        try shop.load(
            """
            {"id": 7, "sku": "MUG", "name": "Café Mug", "price": 129.99, "description": "Big.", "category": "Home/Kitchen",
            """.replacingOccurrences(of: "\n", with: "")
                + #" "tags": ["x"], "image": "a b.jpg", "current_stock": 15, "style": "s"}"#)
        #expect(
            try shop.query(
                """
                SELECT external_id, slug, name, description, tags, images, currency, price, status FROM product;
                SELECT sku, name, options, price, position, active FROM variant;
                SELECT on_hand, reserved, imported FROM stock;
                SELECT on_hand, reserved, reason, order_id IS NULL FROM stock_movement;
                SELECT c.path, c.name FROM product p JOIN category c ON c.id = p.category_id;
                """) == """
                    7|cafe-mug|Café Mug|Big.|{x}|[{"alt": "Café Mug", "url": "/assets/a%20b.jpg"}]|USD|12999|active
                    MUG|Default|{}|12999|0|t
                    15|0|15
                    15|0|import|t
                    home/kitchen|Kitchen
                    """)
        #expect(try shop.violations() == "")
    }

    @Test("Only what changed is written, and the catalogue's version goes up once")
    func changes() throws {
        let shop = try ShopDatabase()
        _ = try shop.query("UPDATE catalog_version SET version = 1")
        try shop.load(#"{"id": 1, "name": "A", "price": 1}"# + "\n" + #"{"id": 2, "name": "B", "price": 2}"#)
        let before = try shop.query("SELECT updated_at FROM product WHERE external_id = '1'")
        let outcome = try shop.load(#"{"id": 1, "name": "A", "price": 1}"# + "\n" + #"{"id": 2, "name": "B", "price": 2.50}"#)
        #expect(outcome.report.updated == 1)
        #expect(outcome.report.unchanged == 1)
        #expect(outcome.report.version == 3)
        #expect(try shop.query("SELECT version FROM catalog_version") == "3")
        #expect(try shop.query("SELECT updated_at FROM product WHERE external_id = '1'") == before)
        #expect(try shop.query("SELECT price, updated_at > created_at FROM product WHERE external_id = '2'") == "250|t")
        #expect(try shop.violations() == "")
    }

    @Test("What a row leaves out stays as it is")
    func leftOut() throws {
        let shop = try ShopDatabase()
        try shop.load(
            #"{"id": 1, "sku": "S", "name": "A", "price": 1, "description": "d", "category": "c", "tags": ["t"], "image": "i.png", "stock": 4, "status": "draft"}"#
        )
        let snapshot = try shop.snapshot()
        #expect(try shop.load(#"{"id": 1, "name": "A", "price": 1, "description": null}"#).report.unchanged == 1)
        #expect(try shop.snapshot() == snapshot)
    }

    @Test("Rows are refused with line, field and reason; then nothing is imported, or all the others")
    func refused() throws {
        let shop = try ShopDatabase()
        let text = """
            {"name": "A", "price": 1}
            {"name": "B"}

            not json
            {"name": "C", "price": -1, "stock": 1.5}
            {"name": "D", "price": 4}
            """
        let snapshot = try shop.snapshot()
        let failed = try shop.load(text)
        #expect(failed.faults.map { "\($0.line) \($0.field)" } == ["2 price", "4 ", "5 price", "5 stock"])
        #expect(failed.report.refused == 3)
        #expect(!failed.report.isCommitted)
        #expect(try shop.snapshot() == snapshot)
        let skipped = try shop.load(text, onError: .skip)
        #expect(skipped.report.refused == 3)
        #expect(skipped.report.created == 2)
        #expect(skipped.report.isCommitted)
        #expect(try shop.query("SELECT slug FROM product ORDER BY slug") == "a\nd")
    }

    @Test("A dry run reports what would be, and changes nothing")
    func dryRun() throws {
        let shop = try ShopDatabase()
        let snapshot = try shop.snapshot()
        let outcome = try shop.load(#"{"name": "A", "price": 1, "stock": 3}"#, isDryRun: true)
        #expect(outcome.report.created == 1)
        #expect(outcome.report.stocked == 1)
        #expect(!outcome.report.isCommitted)
        #expect(outcome.report.version == nil)
        #expect(try shop.snapshot() == snapshot)
    }

    @Test("An empty file is no change")
    func empty() throws {
        let shop = try ShopDatabase()
        let snapshot = try shop.snapshot()
        for text in ["", "\n\n", "name,price\n"] {
            #expect(try shop.load(text).report.rows == 0)
        }
        #expect(try shop.snapshot() == snapshot)
    }

    @Test("Two imports of one file at once make each product once")
    func twoAtOnce() async throws {
        let shop = try await onOwnThread { try ShopDatabase() }
        var generator = GeneratedRows(seed: 11)
        let text = generator.rows(500).joined(separator: "\n")
        async let first = onOwnThread { try shop.load(text).report }
        async let second = onOwnThread { try shop.load(text).report }
        let reports = try await [first, second]
        #expect(reports.map(\.created).sorted() == [0, 500])
        #expect(reports.map(\.unchanged).sorted() == [0, 500])
        #expect(try await onOwnThread { try shop.violations() } == "")
    }

    @Test("Every task of the service hears of it, once")
    func notification() async throws {
        let shop = try await onOwnThread { try ShopDatabase() }
        _ = try await onOwnThread { try shop.query("UPDATE catalog_version SET version = 1") }
        let naps = String(repeating: "SELECT pg_sleep(0.2);", count: 15)
        async let heard = shop.database.execute("LISTEN catalog;" + naps)
        let url = shop.database.url
        try await onOwnThread {
            let isListening = Deadline(seconds: 20).poll {
                (try? PostgresShell.execute("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'", on: url))
                    == "1"
            }
            #expect(isListening)
            try shop.load(#"{"name": "A", "price": 1}"# + "\n" + #"{"name": "B", "price": 1}"#)
            try shop.load(#"{"name": "A", "price": 1}"#)
        }
        let notices = try await heard.split(separator: "\n").filter { $0.contains("Asynchronous notification") }
        #expect(notices.count == 1)
        #expect(notices.first?.contains("\"catalog\" with payload \"2\"") == true)
    }

    @Test("A database that is lost or away is an error, not a half import")
    func unavailable() throws {
        let importer = try Importer(
            configuration: PostgresConfiguration(connectionString: "postgresql://postgres@127.0.0.1:\(FreePort.find())/x"),
            rules: RowRules(currency: .usd, imageBase: ""), options: ImportOptions()
        ) { _ in }
        let error = #expect(throws: ImportError.self) { try importer.run { [] } }
        #expect(error?.code == .unavailable)

        let shop = try ShopDatabase()
        let snapshot = try shop.snapshot()
        var sent = 0
        let other = try Importer(
            configuration: PostgresConfiguration(connectionString: shop.database.url),
            rules: RowRules(currency: .usd, imageBase: ""), options: ImportOptions()
        ) { _ in }
        let lost = #expect(throws: ImportError.self) {
            try other.run {
                sent += 1
                if sent == 3 {
                    try shop.database.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'commerce import' AND datname = current_database()"
                    )
                }
                return Array((0..<2_000).map { "{\"name\": \"N \(sent) \($0)\", \"price\": 1}\n" }.joined().utf8)
            }
        }
        #expect(lost?.code == .unavailable)
        #expect(try shop.snapshot() == snapshot)
    }
}
