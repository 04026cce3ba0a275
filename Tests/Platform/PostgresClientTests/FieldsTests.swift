import Formats
import FoundationEssentials
import PostgresClient
import Testing

/// Fields that are read in libpq's memory.
@Suite struct FieldsTests {
    private func text(_ bytes: UnsafeBufferPointer<UInt8>?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test func everyTypeIsReadInPlace() async throws {
        let id = UUID(), at = Timestamp(microseconds: 1_700_000_000_123_456)
        try await withPool { pool, _ in
            let rows = try await pool.query(
                """
                SELECT n, \(id), 'Ünïcödé' || n, \(at), ARRAY[\(id), \(UUID())], 7::bigint, -3,
                ARRAY['a', NULL, '', 'ß'], ARRAY[1, NULL, -2], '{}'::integer[] FROM generate_series(1, 2) n
                """)
            try rows.withFields(
                [
                    Int32.self, UUID.self, String.self, Timestamp.self, [UUID].self, Int64.self, Int32.self, [String].self,
                    [Int32].self, [Int32].self,
                ]
            ) { (fields) throws in
                #expect(fields.rows == 2)
                for row in 0..<2 {
                    #expect(try fields.integer(row, 0) == row + 1)
                    #expect(try fields.uuid(row, 1) == id)
                    #expect(text(try fields.text(row, 2)) == "Ünïcödé\(row + 1)")
                    #expect(try fields.timestamp(row, 3) == at)
                    #expect(try fields.uuids(row, 4).first == id && fields.uuids(row, 4).count == 2)
                    #expect(try fields.bigint(row, 5) == 7)
                    #expect(try fields.integer(row, 6) == -3)
                    #expect(try fields.elements(row, 7).map { text($0) } == ["a", nil, "", "ß"])
                    #expect(try fields.integers(row, 8) == [1, nil, -2] && fields.integers(row, 9) == [])
                }
            }
        }
    }

    @Test func nullsAndFieldsOutsideTheResultAreNil() async throws {
        try await withPool { pool, _ in
            let rows = try await pool.query("SELECT NULL::text, NULL::uuid[], NULL::uuid, NULL::bigint, ARRAY[NULL, 'a'], ''")
            try rows.withFields([]) { (fields) throws in
                #expect(fields.bytes(0, 0) == nil)
                #expect(throws: PostgresError.self) { try fields.uuids(0, 1) }
                #expect(throws: PostgresError.self) { try fields.text(0, 0) }
                #expect(throws: PostgresError.self) { try fields.uuid(0, 2) }
                #expect(throws: PostgresError.self) { try fields.bigint(0, 3) }
                #expect(throws: PostgresError.self) { try fields.uuids(0, 4) }
                #expect(throws: PostgresError.self) { try fields.integers(0, 4) }
                #expect(try fields.text(0, 5).isEmpty)
                for (row, column) in [(1, 0), (-1, 0), (0, 6), (0, -1), (Int.max, Int.max)] {
                    #expect(fields.bytes(row, column) == nil)
                }
            }
        }
    }

    @Test func columnsOfAnotherTypeAreRefused() async throws {
        try await withPool { pool, _ in
            let rows = try await pool.query("SELECT 1 AS n, 'x' AS t")
            let error = #expect(throws: PostgresError.self) { try rows.withFields([Int32.self, UUID.self]) { (_) throws in } }
            #expect(error?.code == .decoding)
            #expect(error?.column == "t")
            #expect(throws: PostgresError.self) { try rows.withFields([Int32.self, String.self, String.self]) { (_) throws in } }
            // A number of another size, in a column whose type is not checked.
            _ = try rows.withFields([]) { (fields) throws in #expect(throws: PostgresError.self) { try fields.bigint(0, 0) } }
        }
    }

    @Test func randomBytesNeverMakeAnArrayReadBeyondThem() throws {
        func elements(_ bytes: [UInt8]) -> Int? {
            bytes.withUnsafeBufferPointer { bytes in
                PostgresElements(bytes).map { elements in elements.reduce(0) { count, _ in count + 1 } }
            }
        }
        let header: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 1, 0, 0, 0, 1]
        #expect(elements(header + [0, 0, 0, 1, 65]) == 1)
        #expect(elements(header + [0, 0, 0, 2, 65]) == 0)
        #expect(elements(header + [127, 255, 255, 255]) == 0)
        #expect(elements([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25]) == 0)
        for count in 0..<12 { #expect(elements(Array(header.prefix(count))) == nil) }
        #expect(elements([127] + header.dropFirst()) == nil)
        #expect(PostgresElements().reduce(0) { count, _ in count + 1 } == 0)
        for _ in 0..<2_000 { _ = elements((0..<Int.random(in: 0..<40)).map { _ in UInt8.random(in: 0...3) }) }
    }
}
