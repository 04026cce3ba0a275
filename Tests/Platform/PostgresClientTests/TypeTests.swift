import Formats
import Foundation
import PostgresClient
import Testing

/// Every type goes to the server and comes back, beside the server's text of it.
@Suite struct TypeTests {
    /// Sends `value`, and reads it back both as itself and as text.
    private func roundTrip<Value: PostgresEncodable & PostgresDecodable & Equatable & Sendable>(
        _ values: [Value], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await withPool { pool, _ in
            for value in values {
                let row = try #require(try await pool.query("SELECT \(value)").first)
                let back = try row[0, as: Value.self]
                #expect(back == value, sourceLocation: sourceLocation)
            }
        }
    }

    @Test func integersOfAllSizesAndTheirExtremes() async throws {
        try await roundTrip([0, 1, -1, Int.min, Int.max])
        try await roundTrip([Int32.min, -1, 0, Int32.max])
        try await roundTrip([Int64.min, -1, 0, Int64.max])
        try await roundTrip([nil, 5] as [Int?])
    }

    @Test func booleansAndFloatingPoint() async throws {
        try await roundTrip([true, false])
        try await roundTrip([nil, true] as [Bool?])
        try await roundTrip([0.0, -0.1, .infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude])
    }

    @Test func textOfEveryKind() async throws {
        try await roundTrip(["", " ", "'; DROP TABLE x; --", "$1", "Ünïcödé 🛒 中文 \u{1F468}\u{200D}\u{1F469}", "\\x00", "a\tb\nc"])
        try await roundTrip([nil, "", "x"] as [String?])
        try await roundTrip([String(repeating: "žluťoučký kůň ", count: 100_000)])
    }

    @Test func bytesOfEveryValue() async throws {
        try await roundTrip([[], [0], Array(0...255), [UInt8](repeating: 0xff, count: 300_000)])
        try await roundTrip([nil, []] as [[UInt8]?])
    }

    @Test func uuids() async throws {
        try await roundTrip((0..<10).map { _ in UUID() })
        try await roundTrip([nil, UUID()] as [UUID?])
        try await withPool { pool, _ in
            let id = UUID()
            let row = try #require(try await pool.query("SELECT \(id)::text").first)
            #expect(try row[0, as: String.self] == id.uuidString.lowercased())
        }
    }

    @Test func timestampsToTheMicrosecond() async throws {
        try await roundTrip([
            Timestamp(microseconds: 0), Timestamp(microseconds: -1), Timestamp(microseconds: 1_234_567_890_123_456),
            Timestamp(microseconds: 253_402_300_799_999_999), Timestamp(microseconds: -62_135_596_800_000_000),
        ])
        try await withPool { pool, _ in
            let moment = Timestamp(microseconds: 1_700_000_000_123_456)
            let row = try #require(
                try await pool.query(
                    "SELECT (\(moment) AT TIME ZONE 'UTC')::text, 'infinity'::timestamptz, '-infinity'::timestamptz"
                ).first)
            #expect(try row[0, as: String.self] == "2023-11-14 22:13:20.123456")
            #expect(try row[1, as: Timestamp.self].microseconds == .max)
            #expect(try row[2, as: Timestamp.self].microseconds == .min)
        }
    }

    @Test func json() async throws {
        try await withPool { pool, _ in
            let sent = PostgresJSON(Array(#"{"a": [1, 2.50, "ü"], "b": null}"#.utf8))
            let row = try #require(try await pool.query("SELECT \(sent), \(sent)->'a'->>2, '[1]'::json, \(sent)").first)
            #expect(try row[0, as: PostgresJSON.self] == sent)
            #expect(try row[1, as: String.self] == "ü")
            #expect(try row[2, as: PostgresJSON.self] == PostgresJSON(Array("[1]".utf8)))
            #expect(try row[3, as: String.self] == String(decoding: sent.bytes, as: UTF8.self))
        }
    }

    @Test func arraysEmptyAndWithNulls() async throws {
        try await roundTrip([[], [1], [Int.min, 0, Int.max]])
        try await roundTrip([[Int32(7), -7]])
        try await roundTrip([["", "a,b", "{\"}", "NULL"], []])
        try await roundTrip([[UUID(), UUID()], []])
        try await roundTrip([[true, false]])
        try await roundTrip([[nil, 1, nil]] as [[Int?]])
        try await roundTrip([["x", nil]] as [[String?]])
        try await roundTrip([Array(0..<20_000)])
        try await roundTrip([nil, []] as [[Int]?])
    }

    @Test func anyAndUnnestTakeArrays() async throws {
        try await withPool { pool, _ in
            let ids = (0..<5).map { _ in UUID() }
            let found = try await pool.query(
                """
                SELECT id, quantity, note FROM unnest(\(ids), \([1, 2, 3, 4, 5]), \(["a", nil, "c", "d", "e"] as [String?]))
                AS t(id, quantity, note) WHERE id = ANY(\([ids[1], ids[3]])) ORDER BY quantity
                """)
            let rows = try found.map { try $0.decode((UUID, Int, String?).self) }
            #expect(rows.map(\.0) == [ids[1], ids[3]])
            #expect(rows.map(\.1) == [2, 4])
            #expect(rows.map(\.2) == [nil, "d"])
        }
    }

    @Test func ownTypesAndNarrowOnesAreRead() async throws {
        try await withPool { pool, _ in
            try await pool.transaction { transaction in
                try await transaction.batch(["CREATE TYPE mood AS ENUM ('calm', 'glad')", "CREATE DOMAIN short AS varchar(3)"])
                let row = try #require(
                    try await transaction.query("SELECT \("glad")::mood, 'ab'::short, 7::int2, 'x'::char(3), 1.5::float4").first)
                #expect(try row[0, as: String.self] == "glad")
                #expect(try row[1, as: String.self] == "ab")
                #expect(try row[2, as: Int.self] == 7)
                #expect(try row[2, as: Int32.self] == 7)
                #expect(try row[3, as: String.self] == "x  ")
                #expect(try row[4, as: Double.self] == 1.5)
                transaction.rollback()
            }
        }
    }

    @Test func aMismatchNamesColumnAndTypeAndNeverTheValue() async throws {
        try await withPool { pool, _ in
            let row = try #require(
                try await pool.query("SELECT \("secret") AS password, NULL::int8 AS amount, 2147483648 AS big").first)
            for (error, name) in [
                (await postgresError { _ = try row[0, as: Int.self] }, "password"),
                (await postgresError { _ = try row[0, as: UUID.self] }, "password"),
                (await postgresError { _ = try row[0, as: [String].self] }, "password"),
                (await postgresError { _ = try row[1, as: Int.self] }, "amount"),
                (await postgresError { _ = try row[2, as: Int32.self] }, "big"),
                (await postgresError { _ = try row.decode((String, Int).self) }, "amount"),
            ] {
                #expect(error?.code == .decoding)
                #expect(error?.column == name)
                #expect(error.map { "\($0)".contains("secret") } == false)
            }
            for column in [3, -1, .max, .min] {
                let error = await postgresError { _ = try row[column, as: Int.self] }
                #expect(error?.code == .decoding)
            }
            let bytes = try row.withBytes(0) { $0.map { Array($0) } }
            #expect(bytes == Array("secret".utf8))
            let null = try row.withBytes(1) { $0 == nil }
            #expect(null)
        }
    }

    @Test func textWithANULCharacterIsRefusedBeforeItIsSent() async throws {
        try await withPool { pool, _ in
            for query in ["SELECT \("a\0b")", "SELECT \(["x", "a\0b"])"] as [PostgresQuery] {
                let read = await postgresError { _ = try await pool.query(query) }
                let written = await postgresError { try await pool.batch([query]) }
                #expect(read?.code == .invalidParameter && written?.code == .invalidParameter)
            }
            let alive = try await pool.query("SELECT 1")
            #expect(alive.count == 1)
        }
    }

    @Test func affectedRowsAreCounted() async throws {
        try await withPool { pool, _ in
            try await pool.transaction { transaction in
                let results = try await transaction.batch([
                    "CREATE TEMPORARY TABLE counted (n int8) ON COMMIT DROP",
                    "INSERT INTO counted SELECT generate_series(1, 10)", "UPDATE counted SET n = 0 WHERE n > \(7)",
                    "DELETE FROM counted WHERE n = \(99)",
                ])
                #expect(results.map(\.affectedRows) == [0, 10, 3, 0])
            }
        }
    }
}
