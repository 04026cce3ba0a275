package import Formats
package import FoundationEssentials

/// The columns that a statement selects, in order.
///
/// One enumeration writes the select list and reads the rows, so that the two cannot differ, and a column may be added in
/// any place:
///
///     enum StockColumn: Int, PostgresColumn {
///         case sku, available
///         var sql: PostgresQuery {
///             switch self {
///             case .sku: "v.sku"
///             case .available: "s.on_hand - s.reserved"
///             }
///         }
///     }
///     let rows = try await pool.query("SELECT \(StockColumn.selectList) FROM …")
///     for row in rows.named(StockColumn.self) { stock[try row[.sku]] = try row[.available, as: Int32.self] }
///
/// The cases have no raw values of their own: they count from 0.
package protocol PostgresColumn: CaseIterable, RawRepresentable, Sendable, SendableMetatype where RawValue == Int {
    /// The expression in the select list.
    var sql: PostgresQuery { get }
}

extension PostgresColumn {
    /// The expressions of all columns, with commas between them. It is put together with each call: keep a statement
    /// that is sent often in a `static let`.
    package static var selectList: PostgresQuery {
        var list: PostgresQuery = ""
        for (index, column) in allCases.enumerated() {
            if index > 0 { list.append(", ") }
            list.append(column.sql)
        }
        return list
    }
}

/// Columns with their types, which ``PostgresRows/withFields(_:_:)-(PostgresColumnTypes<Column>,_)`` checks once for all rows.
package protocol PostgresTypedColumn: PostgresColumn {
    /// The expression in the select list, and the type that it has.
    var definition: (sql: PostgresQuery, type: any PostgresEncodable.Type) { get }
}

extension PostgresTypedColumn {
    package var sql: PostgresQuery { definition.sql }
}

/// The types of a statement's columns, in order. Keep it in a `static let`: `static let types = PostgresColumnTypes<Self>()`.
package struct PostgresColumnTypes<Column: PostgresTypedColumn>: Sendable {
    /// One for each column.
    package let list: [any PostgresEncodable.Type]

    package init() { list = Column.allCases.map(\.definition.type) }
}

// MARK: Rows

/// Rows whose columns are read by name.
package struct PostgresNamedRows<Column: PostgresColumn>: RandomAccessCollection, Sendable {
    /// The rows, with their columns by position.
    package let rows: PostgresRows

    @inlinable
    package init(_ rows: PostgresRows) { self.rows = rows }

    @inlinable
    package var startIndex: Int { rows.startIndex }
    @inlinable
    package var endIndex: Int { rows.endIndex }
    @inlinable
    package subscript(position: Int) -> PostgresNamedRow<Column> { PostgresNamedRow(rows[position]) }
}

/// A row whose columns are read by name: `try row[.sku]`.
package struct PostgresNamedRow<Column: PostgresColumn>: Sendable {
    /// The row, with its columns by position.
    package let row: PostgresRow

    @inlinable
    package init(_ row: PostgresRow) { self.row = row }

    /// The value of a column.
    /// - Throws: ``PostgresError`` `decoding` where the column holds something else.
    @inlinable
    package subscript<Value: PostgresDecodable>(_ column: Column, as type: Value.Type = Value.self) -> Value {
        get throws(PostgresError) { try row[column.rawValue, as: type] }
    }
}

extension PostgresRows {
    /// The same rows, for a statement that selected the `selectList` of these columns.
    @inlinable
    package func named<Column: PostgresColumn>(_ columns: Column.Type) -> PostgresNamedRows<Column> { PostgresNamedRows(self) }

    /// Reads fields in place, by the names of their columns.
    /// - Throws: ``PostgresError`` `decoding` where a column has another type, and what `body` throws.
    @inlinable
    package func withFields<Column: PostgresTypedColumn, Result>(
        _ types: PostgresColumnTypes<Column>, _ body: (PostgresNamedFields<Column>) throws -> Result
    ) throws -> Result {
        try withFields(types.list) { fields in try body(PostgresNamedFields(fields)) }
    }
}

// MARK: Fields in place

/// ``PostgresFields`` whose columns are read by name: `try fields.text(row, .sku)`.
package struct PostgresNamedFields<Column: PostgresColumn> {
    /// The fields, by position.
    package let fields: PostgresFields

    @inlinable
    package init(_ fields: PostgresFields) { self.fields = fields }

    /// How many rows there are.
    @inlinable
    package var rows: Int { fields.rows }

    /// The binary form of a field; nil for NULL.
    @inlinable
    package func bytes(_ row: Int, _ column: Column) -> UnsafeBufferPointer<UInt8>? { fields.bytes(row, column.rawValue) }

    /// A text that is not NULL, as UTF-8.
    @inlinable
    package func text(_ row: Int, _ column: Column) throws(PostgresError) -> UnsafeBufferPointer<UInt8> {
        try fields.text(row, column.rawValue)
    }

    /// An identifier that is not NULL.
    @inlinable
    package func uuid(_ row: Int, _ column: Column) throws(PostgresError) -> UUID { try fields.uuid(row, column.rawValue) }

    /// A bigint that is not NULL.
    @inlinable
    package func bigint(_ row: Int, _ column: Column) throws(PostgresError) -> Int64 { try fields.bigint(row, column.rawValue) }

    /// An integer that is not NULL.
    @inlinable
    package func integer(_ row: Int, _ column: Column) throws(PostgresError) -> Int { try fields.integer(row, column.rawValue) }

    /// A moment that is not NULL.
    @inlinable
    package func timestamp(_ row: Int, _ column: Column) throws(PostgresError) -> Timestamp {
        try fields.timestamp(row, column.rawValue)
    }
}
