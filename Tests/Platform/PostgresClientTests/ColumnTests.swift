import Formats
import FoundationEssentials
import PostgresClient
import Testing

/// Columns that are read by name.
@Suite struct ColumnTests {
    private enum Plain: Int, PostgresColumn {
        case name, count, note
        var sql: PostgresQuery {
            switch self {
            case .name: "'n' || n"
            case .count: "n * 2"
            case .note: "nullif(n, 1)"
            }
        }
    }

    private enum Typed: Int, PostgresTypedColumn {
        case id, name, price, count, at

        var definition: (sql: PostgresQuery, type: any PostgresEncodable.Type) {
            switch self {
            case .id: ("'00000000-0000-0000-0000-00000000000a'::uuid", UUID.self)
            case .name: ("'ß'", String.self)
            case .price: ("7::bigint", Int64.self)
            case .count: ("-3", Int32.self)
            case .at: ("'2000-01-01T00:00:01Z'::timestamptz", Timestamp.self)
            }
        }

        static let types = PostgresColumnTypes<Self>()
    }

    private func text(_ bytes: UnsafeBufferPointer<UInt8>?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test func selectListHasEachColumnInOrder() {
        #expect(Plain.selectList.sql == "'n' || n, n * 2, nullif(n, 1)")
        // A statement around it numbers its own parameters from 1.
        let query: PostgresQuery = "SELECT \(Plain.selectList) FROM generate_series(\(1), \(2)) n"
        #expect(query.sql == "SELECT 'n' || n, n * 2, nullif(n, 1) FROM generate_series($1, $2) n")
    }

    @Test func rowsAreReadByName() async throws {
        try await withPool { pool, _ in
            let rows = try await pool.query("SELECT \(Plain.selectList) FROM generate_series(1, 3) n").named(Plain.self)
            #expect(rows.count == 3)
            #expect(try rows.map { row in try row[.name, as: String.self] } == ["n1", "n2", "n3"])
            #expect(try rows.map { row in try row[.count, as: Int32.self] } == [2, 4, 6])
            #expect(try rows.map { row in try row[.note, as: Int32?.self] } == [nil, 2, 3])
            let error = #expect(throws: PostgresError.self) { _ = try rows.first?[.name, as: UUID.self] }
            #expect(error?.code == .decoding)
        }
    }

    @Test func fieldsAreReadByName() async throws {
        try await withPool { pool, _ in
            let rows = try await pool.query("SELECT \(Typed.selectList) FROM generate_series(1, 2)")
            try rows.withFields(Typed.types) { (fields) throws in
                #expect(fields.rows == 2)
                for row in 0..<2 {
                    #expect(try fields.uuid(row, .id) == UUID(uuidString: "00000000-0000-0000-0000-00000000000a"))
                    #expect(text(try fields.text(row, .name)) == "ß" && text(fields.bytes(row, .name)) == "ß")
                    #expect(try fields.bigint(row, .price) == 7)
                    #expect(try fields.integer(row, .count) == -3)
                    #expect(try fields.timestamp(row, .at) == Timestamp(microseconds: 946_684_801_000_000))
                }
            }
        }
    }

    @Test func columnsOfAnotherTypeAreRefused() async throws {
        try await withPool { pool, _ in
            for sql in ["SELECT 1", "SELECT \(Typed.name.sql.sql), \(Typed.id.sql.sql)"] {
                let rows = try await pool.query(PostgresQuery(unescaped: sql))
                let error = #expect(throws: PostgresError.self) { try rows.withFields(Typed.types) { (_) throws in } }
                #expect(error?.code == .decoding)
            }
        }
    }
}
