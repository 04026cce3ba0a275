import CLibPQ

/// The result of a statement: its rows, in random access, and how many it affected.
package struct PostgresRows: RandomAccessCollection, Sendable {
    let result: ResultHandle

    package var startIndex: Int { 0 }
    package var endIndex: Int { Int(result.rows) }

    /// The row at `position`. A row outside ``indices`` has no columns.
    package subscript(position: Int) -> PostgresRow {
        PostgresRow(result: result, index: Int32(clamping: position))
    }

    /// The number of columns of a row.
    package var columns: Int { Int(result.columns) }

    /// The number of rows that INSERT, UPDATE, DELETE, MERGE or SELECT affected; 0 for other statements.
    package var affectedRows: Int {
        guard let text = PQcmdTuples(result.pointer) else { return 0 }
        return Int(String(cString: text)) ?? 0
    }

    /// PostgreSQL's name of the command, with its counts: `INSERT 0 1`, `COMMIT`.
    var commandTag: String { PQcmdStatus(result.pointer).map { String(cString: $0) } ?? "" }
}

/// One row of a result. It keeps the whole result in memory.
package struct PostgresRow: Sendable {
    let result: ResultHandle
    let index: Int32

    /// The number of columns.
    package var count: Int { Int(result.columns) }

    /// The column at `column`, counted from 0.
    /// - Throws: ``PostgresError`` `decoding` where there is none or it has another type; the error names the column and
    ///   the expected type, never the value.
    package subscript<Value: PostgresDecodable>(_ column: Int, as type: Value.Type = Value.self) -> Value {
        get throws(PostgresError) { try Value.decode(self, column) }
    }

    /// The first columns, in order: `let (id, name) = try row.decode((UUID, String?).self)`.
    /// - Throws: ``PostgresError`` as the subscript does.
    package func decode<each Value: PostgresDecodable>(
        _ types: (repeat each Value).Type = (repeat each Value).self
    ) throws(PostgresError) -> (repeat each Value) {
        var column = -1
        func next<One: PostgresDecodable>(_: One.Type) throws(PostgresError) -> One {
            column += 1
            return try self[column, as: One.self]
        }
        return (repeat try next((each Value).self))
    }

    /// Passes the column's bytes in PostgreSQL's binary form to `body` without a copy; nil for NULL.
    /// Text that a response only quotes need not become a String.
    /// - Throws: ``PostgresError`` where there is no such column, and what `body` throws.
    package func withBytes<Result>(
        _ column: Int, _ body: (UnsafeRawBufferPointer?) throws -> Result
    ) throws -> Result {
        guard let found = result.value(row: index, column: column) else { throw mismatch(column, "any") }
        return try withExtendedLifetime(result) { try body(found.bytes) }
    }

    func mismatch(_ column: Int, _ expectation: String) -> PostgresError {
        let found =
            switch result.value(row: index, column: column) {
            case nil: "no such column"
            case let value? where value.bytes == nil: "null"
            case let value?: "type \(value.type), \(value.bytes?.count ?? 0) bytes"
            }
        return PostgresError(
            .decoding, "column \(column) is not \(expectation) but \(found)", column: result.columnName(column))
    }
}

/// A column of a row, for a decoder. Valid only while the decoder runs.
package struct PostgresValue {
    /// The object identifier of its type.
    package let type: UInt32
    /// The binary form; nil is NULL.
    package let bytes: UnsafeRawBufferPointer?

    /// The bytes as an integer, most significant first; nil where their number differs from its size.
    func integer<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
        guard let bytes, bytes.count == MemoryLayout<Number>.size else { return nil }
        return Number(bigEndian: bytes.loadUnaligned(as: Number.self))
    }

    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
}

/// Owns a PGresult.
// Unchecked: libpq's results are read-only and may pass between threads (PostgreSQL manual, 34.20).
final class ResultHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    let rows: Int32
    let columns: Int32

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        rows = PQntuples(pointer)
        columns = PQnfields(pointer)
    }

    deinit { PQclear(pointer) }

    /// A value, or nil outside the result.
    func value(row: Int32, column: Int) -> PostgresValue? {
        guard row >= 0, row < rows, let column = Int32(exactly: column), column >= 0, column < columns else { return nil }
        let type = PQftype(pointer, column)
        guard PQgetisnull(pointer, row, column) == 0, let bytes = PQgetvalue(pointer, row, column) else {
            return PostgresValue(type: type, bytes: nil)
        }
        let length = Int(PQgetlength(pointer, row, column))
        return PostgresValue(type: type, bytes: UnsafeRawBufferPointer(start: bytes, count: length))
    }

    func columnName(_ column: Int) -> String {
        guard let column = Int32(exactly: column), let name = PQfname(pointer, column) else { return "none" }
        return String(cString: name)
    }
}
