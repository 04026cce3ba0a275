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
            WHERE connamespace = 'public'::regnamespace ORDER BY 1
            """
        ).map { try $0[0, as: String.self] }
    }
}
