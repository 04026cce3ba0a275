import CatalogImport
import PostgresClient

/// Fills a database with a shop of any size: a catalogue with variants and stock, orders with lines, histories, reservations
/// and the ledger that goes with them, as the service itself would have left them. For measuring and for tests.
///
/// The same options make the same rows. All of it is one transaction on one connection: PostgreSQL is kept busy by COPY
/// while the next rows are made, so that a second connection would find no core of its own on a small machine, and a
/// generation that fails leaves nothing behind. Where the database is empty, indexes and keys are taken off and built at the
/// end. Blocks: never on a loop.
package struct Generator {
    private let configuration: PostgresConfiguration
    private let options: GeneratorOptions
    private let note: (GeneratorEvent) -> Void

    /// - Parameters:
    ///   - configuration: of a role that owns the tables
    ///   - note: called on the way, on the caller's thread
    package init(configuration: PostgresConfiguration, options: GeneratorOptions, note: @escaping (GeneratorEvent) -> Void) {
        self.configuration = configuration
        self.options = options
        self.note = note
    }

    /// Makes everything.
    /// - Throws: ``GeneratorError`` where there are products already; ``PostgresError``.
    package func run() throws {
        let connection = try BlockingConnection(configuration)
        try connection.execute(
            """
            SET application_name = 'commerce generate'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
            SET maintenance_work_mem = '256MB'; SET synchronous_commit = off
            """)
        let isEmpty =
            try connection.query("SELECT NOT EXISTS (SELECT FROM product) AND NOT EXISTS (SELECT FROM orders)").first?[0] ?? false
        guard isEmpty || options.force else {
            throw GeneratorError(description: "the database has products or orders already; --force adds to them")
        }
        try connection.execute("BEGIN; SET LOCAL lock_timeout = '60s'")
        do {
            let shelf = isEmpty ? try DroppedIndexes(of: Self.tables, on: connection) : nil
            try write(connection)
            try shelf?.restore(on: connection) { note(.indexing($0)) }
            try connection.query(PostgresQuery(unescaped: ImportStatements.bumpVersion))
            try connection.execute("COMMIT")
        } catch {
            try? connection.execute("ROLLBACK")
            throw error
        }
        note(.analyzing)
        // Marks pages as seen by all, too, so that index-only scans need not look; each table in a transaction of its own.
        for table in Self.tables { try connection.execute("VACUUM (ANALYZE) \(table)") }
    }

    private static let tables = [
        "category", "product", "variant", "stock", "stock_movement", "orders", "order_line", "order_history", "reservation",
    ]

    private func write(_ connection: BlockingConnection) throws {
        let rows = GeneratorRows(options)
        var stock = GeneratedStock(products: options.products, seed: options.seed)
        for index in 0..<options.orders { stock.note(rows.order(index)) }
        let noted = stock
        let (products, orders) = (options.products, options.orders)
        let passes: [(table: String, count: Int, row: (Int, inout CopyText) -> Void)] = [
            (GeneratorRows.category, rows.categories.count, { rows.category($0, to: &$1) }),
            (GeneratorRows.product, products, { rows.product($0, to: &$1) }),
            (GeneratorRows.variant, products, { rows.variants($0, to: &$1) }),
            (GeneratorRows.stock, products, { rows.stock($0, noted, to: &$1) }),
            (GeneratorRows.movement, products, { rows.imports($0, noted, to: &$1) }),
            (GeneratorRows.orders, orders, { rows.order($0, to: &$1) }),
            (GeneratorRows.line, orders, { rows.lines($0, to: &$1) }),
            (GeneratorRows.history, orders, { rows.history($0, to: &$1) }),
            (GeneratorRows.reservation, orders, { rows.reservation($0, to: &$1) }),
            (GeneratorRows.movement, orders, { rows.movements($0, to: &$1) }),
        ]
        let total = passes.reduce(0) { $0 + $1.count }
        var done = 0
        for pass in passes {
            try connection.copyIn(pass.table) { writer in
                var text = CopyText()
                for index in 0..<pass.count {
                    pass.row(index, &text)
                    guard text.bytes.count >= Self.batch else { continue }
                    try writer.write(text)
                    text.removeAll()
                    note(.wrote(rows: done + index, of: total))
                }
                try writer.write(text)
            }
            done += pass.count
            note(.wrote(rows: done, of: total))
        }
    }

    /// Bytes that are handed over at a time.
    private static let batch = 1 << 18
}
