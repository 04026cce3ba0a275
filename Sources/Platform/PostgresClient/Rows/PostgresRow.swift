/// One row of a result. Keeps the whole result in memory for as long as it lives.
package struct PostgresRow: Sendable {
    let result: ResultHandle
    let index: Int32

    /// How many columns it has.
    package var count: Int { Int(result.columns) }

    /// The column at `column`, counted from 0.
    /// - Throws: ``PostgresError`` `decoding` where there is none or it is something else; it names the column and
    ///   what was expected, never the value.
    package subscript<Value: PostgresDecodable>(_ column: Int, as type: Value.Type = Value.self) -> Value {
        get throws(PostgresError) {
            if let found = result.value(row: index, column: column), let value = Value(postgres: found) { return value }
            throw mismatch(column, Value.postgresExpectation)
        }
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

    /// Hands the column's bytes in PostgreSQL's binary form to `body` without a copy; nil for NULL.
    /// What a reply quotes as it is, such as text, need not become a String on its way.
    /// - Throws: ``PostgresError`` where there is no such column, and what `body` throws.
    package func withBytes<Result>(
        _ column: Int, _ body: (UnsafeRawBufferPointer?) throws -> Result
    ) throws -> Result {
        guard let found = result.value(row: index, column: column) else { throw mismatch(column, "any") }
        return try withExtendedLifetime(result) { try body(found.bytes) }
    }

    private func mismatch(_ column: Int, _ expectation: String) -> PostgresError {
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
