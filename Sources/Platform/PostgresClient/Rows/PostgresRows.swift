import CLibPQ

/// What a statement gave: its rows, in random access, and how many it touched.
package struct PostgresRows: RandomAccessCollection, Sendable {
    let result: ResultHandle

    package var startIndex: Int { 0 }
    package var endIndex: Int { Int(result.rows) }

    /// The row at `position`, which must be one of ``indices``. A row outside has no columns to read.
    package subscript(position: Int) -> PostgresRow {
        PostgresRow(result: result, index: Int32(clamping: position))
    }

    /// How many columns a row has.
    package var columns: Int { Int(result.columns) }

    /// How many rows INSERT, UPDATE, DELETE, MERGE or SELECT touched; 0 for statements that touch none.
    package var affectedRows: Int {
        guard let text = PQcmdTuples(result.pointer) else { return 0 }
        return Int(String(cString: text)) ?? 0
    }

    /// The command as PostgreSQL names it with its counts: `INSERT 0 1`, `COMMIT`.
    var commandTag: String { PQcmdStatus(result.pointer).map { String(cString: $0) } ?? "" }
}
