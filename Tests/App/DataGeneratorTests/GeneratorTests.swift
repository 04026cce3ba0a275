import Formats
import PostgresClient
import ShopTestSupport
import TestSupport
import Testing

@testable import Audit
@testable import DataGenerator

@Suite("commerce generate") struct GeneratorTests {
    @Test("a generated shop holds what it was asked for and the audit finds nothing; a second one is refused") func generate()
        throws
    {
        let shop = try ShopDatabase()
        let configuration = try PostgresConfiguration(connectionString: shop.database.url)
        let connection = try BlockingConnection(configuration)
        let before = try schema(connection)
        var heard = 0
        func run(_ options: GeneratorOptions) throws {
            try Generator(configuration: configuration, options: options) { _ in heard += 1 }.run()
        }
        try run(GeneratorOptions(products: 2_000, orders: 3_000, seed: 5))
        func count(_ table: String) throws -> Int64 {
            try connection.query(PostgresQuery(unescaped: "SELECT count(*) FROM \(table)"))[0][0]
        }
        #expect(try count("product") == 2_000)
        #expect(try count("orders") == 3_000)
        #expect(try count("order_line") > 9_000)
        #expect(try count("reservation WHERE state = 'held'") > 0)
        #expect(try count("product WHERE search = ''") == 0)
        #expect(heard > 10)
        // Every index and key is back.
        #expect(try schema(connection) == before)
        try audit(configuration)
        #expect(throws: GeneratorError.self) { try run(GeneratorOptions(products: 1, orders: 0, seed: 6)) }
        try run(GeneratorOptions(products: 50, orders: 40, seed: 6, force: true))
        #expect(try count("product") == 2_050)
        try audit(configuration)
    }

    @Test("a generated catalogue is what the triggers would have written") func triggers() throws {
        let shop = try ShopDatabase()
        let configuration = try PostgresConfiguration(connectionString: shop.database.url)
        let connection = try BlockingConnection(configuration)
        for options in [
            GeneratorOptions(products: 400, orders: 300, seed: 3),
            GeneratorOptions(products: 60, orders: 0, seed: 4, force: true),
        ] {
            try Generator(configuration: configuration, options: options) { _ in }.run()
            // A word's number is written again only if it has changed by a sixteenth.
            let word = options.force ? "word, is_spelled" : "*"
            try connection.execute(
                """
                CREATE TEMPORARY TABLE written_product AS SELECT id, facets, price_min, price_max, compare_at_price, search FROM product;
                CREATE TEMPORARY TABLE written_search AS TABLE search_product;
                CREATE TEMPORARY TABLE written_word AS SELECT \(word) FROM search_word;
                CREATE TEMPORARY TABLE written_term AS TABLE search_term;
                DELETE FROM search_product; DELETE FROM search_word; DELETE FROM search_term;
                UPDATE product SET facets = '{}', price_min = NULL, price_max = NULL, search = '', name = name || ' ';
                UPDATE product SET name = rtrim(name);
                SELECT product_depth_refresh((SELECT array_agg(id) FROM product));
                SELECT search_product_refresh((SELECT array_agg(id) FROM product));
                SELECT search_words_count();
                CREATE TEMPORARY VIEW kept_product AS
                SELECT id, facets, price_min, price_max, compare_at_price, search FROM product;
                CREATE TEMPORARY VIEW kept_word AS SELECT \(word) FROM search_word;
                """)
            for (written, kept) in [
                ("written_product", "kept_product"), ("written_search", "search_product"), ("written_word", "kept_word"),
                ("written_term", "search_term"),
            ] {
                let rows = try connection.query(
                    PostgresQuery(
                        unescaped: """
                            SELECT (SELECT count(*) FROM \(kept)), (SELECT count(*) FROM (TABLE \(written) EXCEPT TABLE \(kept)) x) \
                            + (SELECT count(*) FROM (TABLE \(kept) EXCEPT TABLE \(written)) x)
                            """))
                let (count, differences): (Int64, Int64) = (try rows[0][0], try rows[0][1])
                #expect(count > 0 && differences == 0, "\(kept): \(differences) of \(count)")
            }
            try connection.execute("DISCARD TEMP")
        }
    }

    @Test(
        "a generator that is stopped leaves the database as it was", arguments: [Step.copying, .indexing, .searching, .referring])
    func stopped(at step: Step) throws {
        let shop = try ShopDatabase()
        let configuration = try PostgresConfiguration(connectionString: shop.database.url)
        let connection = try BlockingConnection(configuration)
        let before = try schema(connection)
        var isStopped = false
        let generator = Generator(configuration: configuration, options: GeneratorOptions(products: 3_000, orders: 500)) {
            event in
            guard !isStopped, step.isReached(by: event) else { return }
            isStopped = true
            #expect(throws: Never.self) {
                try connection.execute(
                    """
                    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
                    WHERE application_name = 'commerce generate' AND datname = current_database()
                    """)
            }
        }
        #expect(throws: PostgresError.self) { try generator.run() }
        #expect(isStopped)
        #expect(try schema(connection) == before)
        for table in ["product", "variant", "search_product", "search_word", "orders", "attribute"] {
            #expect(
                try connection.query(PostgresQuery(unescaped: "SELECT count(*) FROM \(table)"))[0][0] == 0 as Int64, "\(table)")
        }
        // And it can be started again.
        try Generator(configuration: configuration, options: GeneratorOptions(products: 100, orders: 20)) { _ in }.run()
        try audit(configuration)
    }

    enum Step: Sendable {
        case copying, indexing, searching, referring

        func isReached(by event: GeneratorEvent) -> Bool {
            switch (self, event) {
            case (.copying, .wrote(let rows, _)): rows > 2_000
            case (.indexing, .indexing): true
            case (.searching, .searchable): true
            case (.referring, .indexing("search_product_product_fk")): true
            default: false
            }
        }
    }

    @Test("a shop that ends on a day has nothing later; another day moves everything") func period() throws {
        let date = try #require(CivilDate(year: 2026, month: 3, day: 1))
        let (early, late) = (
            GeneratorRows(GeneratorOptions(products: 50, orders: 90, period: GeneratedPeriod(until: date))),
            GeneratorRows(GeneratorOptions(products: 50, orders: 90))
        )
        for index in 0..<90 {
            let order = early.order(index)
            #expect(order.placedAt < early.options.period.end && order.placedAt > early.options.period.opening)
            #expect(order.moment(of: order.statuses.count - 1) < early.options.period.end)
            #expect(late.order(index).lines == order.lines)
            #expect(late.order(index).placedAt - order.placedAt == late.options.period.end - early.options.period.end)
        }
        #expect(early.options.period.end.description.hasPrefix("2026-03-01T00:00:00"))
        #expect(late.options.period.end <= .now && Timestamp.now - late.options.period.end <= .seconds(86_400))
    }

    private func audit(_ configuration: PostgresConfiguration) throws {
        try Audit(configuration).run { finding in
            #expect(finding.violations.isEmpty, "\(finding.rule): \(finding.violations.first ?? "")")
        }
    }

    private func schema(_ connection: BlockingConnection) throws -> [String] {
        try connection.query(
            """
            SELECT pg_get_indexdef(indexrelid) AS text FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE c.relnamespace = 'public'::regnamespace \
            UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
            WHERE connamespace = 'public'::regnamespace \
            UNION ALL SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1
            """
        ).map { try $0[0, as: String.self] }
    }
}
