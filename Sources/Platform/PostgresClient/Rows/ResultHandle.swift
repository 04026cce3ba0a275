import CLibPQ

/// Owns a PGresult.
// Unchecked: libpq's results are read-only once made and may pass between threads (PostgreSQL manual, 34.20).
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
