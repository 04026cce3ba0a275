import CLibPQ
package import Formats
package import FoundationEssentials

/// The fields of a result where libpq keeps them, for whoever reads many: their types are checked once for all rows, and
/// text goes on as the bytes it is, where ``PostgresRow`` looks up a decoder and makes a String for each.
/// Measured on a list of 20 products with 13 columns: 9 µs, against 47.
///
/// Valid only within ``PostgresRows/withFields(_:_:)``, as are the bytes it hands out.
package struct PostgresFields {
    fileprivate let pointer: OpaquePointer
    /// How many rows there are.
    package let rows: Int

    /// The binary form of a field; nil for NULL, and outside the result.
    package func bytes(_ row: Int, _ column: Int) -> UnsafeBufferPointer<UInt8>? {
        let (row, column) = (Int32(truncatingIfNeeded: row), Int32(truncatingIfNeeded: column))
        // libpq checks both, and answers as for NULL.
        guard PQgetisnull(pointer, row, column) == 0, let start = PQgetvalue(pointer, row, column) else { return nil }
        return UnsafeBufferPointer(
            start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: Int(PQgetlength(pointer, row, column)))
    }

    /// A text that is not NULL, as UTF-8.
    package func text(_ row: Int, _ column: Int) throws(PostgresError) -> UnsafeBufferPointer<UInt8> {
        guard let bytes = bytes(row, column) else { throw mismatch(column, "text") }
        return bytes
    }

    /// The text of a jsonb that may be NULL, as PostgreSQL writes it.
    package func json(_ row: Int, _ column: Int) throws(PostgresError) -> UnsafeBufferPointer<UInt8>? {
        guard let bytes = bytes(row, column) else { return nil }
        // A version stands in front (jsonb_send in jsonb.c).
        guard bytes.first == 1 else { throw mismatch(column, "jsonb") }
        return UnsafeBufferPointer(rebasing: bytes.dropFirst())
    }

    /// An array of texts that is not NULL.
    package func texts(_ row: Int, _ column: Int) throws(PostgresError) -> PostgresTexts {
        guard let bytes = bytes(row, column), let texts = PostgresTexts(bytes) else { throw mismatch(column, "text[]") }
        return texts
    }

    /// An identifier that is not NULL.
    package func uuid(_ row: Int, _ column: Int) throws(PostgresError) -> UUID {
        guard let bytes = bytes(row, column), bytes.count == 16 else { throw mismatch(column, "uuid") }
        return UUID(uuid: UnsafeRawBufferPointer(bytes).loadUnaligned(as: uuid_t.self))
    }

    /// A bigint that is not NULL.
    package func bigint(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        guard let bytes = bytes(row, column), bytes.count == 8 else { throw mismatch(column, "bigint") }
        return Int64(bigEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(as: Int64.self))
    }

    /// An integer that is not NULL.
    package func integer(_ row: Int, _ column: Int) throws(PostgresError) -> Int {
        guard let bytes = bytes(row, column), bytes.count == 4 else { throw mismatch(column, "integer") }
        return Int(Int32(bigEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(as: Int32.self)))
    }

    /// A moment that is not NULL.
    package func timestamp(_ row: Int, _ column: Int) throws(PostgresError) -> Timestamp {
        Timestamp(postgres: try bigint(row, column))
    }

    fileprivate func mismatch(_ column: Int, _ expectation: String) -> PostgresError {
        let name = Int32(exactly: column).flatMap { PQfname(pointer, $0) }.map { String(cString: $0) }
        return PostgresError(.decoding, "column \(column) is not \(expectation)", column: name ?? "none")
    }
}

extension PostgresRows {
    /// Reads fields in place.
    /// - Parameter types: what the columns must be, in order, those that are read at least.
    /// - Throws: ``PostgresError`` `decoding` where a column is something else, and what `body` throws.
    package func withFields<Result>(
        _ types: [any PostgresEncodable.Type], _ body: (PostgresFields) throws -> Result
    ) throws -> Result {
        try withExtendedLifetime(result) {
            let fields = PostgresFields(pointer: result.pointer, rows: count)
            for (column, type) in types.enumerated() {
                guard let number = Int32(exactly: column), PQftype(result.pointer, number) == type.postgresType else {
                    throw fields.mismatch(column, "\(type)")
                }
            }
            return try body(fields)
        }
    }
}
