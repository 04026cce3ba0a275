import CatalogImport
import PostgresClient

/// Fills a database with a shop of any size: a catalogue with variants and stock, and orders with lines, history, reservations and
/// stock movements, as the service would have written them. For measurements and tests.
///
/// The same options make the same rows. Everything happens in one transaction on one connection: if it fails, nothing is left
/// behind, and a second connection would not be faster on a small machine, since COPY keeps PostgreSQL busy while the next rows
/// are made. In an empty database, indexes and keys are dropped first and built at the end. It blocks, so it never runs on an
/// event loop.
package struct Generator {
    private let configuration: PostgresConfiguration
    private let options: GeneratorOptions
    private let note: (GeneratorEvent) -> Void

    /// - Parameters:
    ///   - configuration: The connection, as a role that owns the tables.
    ///   - note: Receives the progress, on the caller's thread.
    package init(configuration: PostgresConfiguration, options: GeneratorOptions, note: @escaping (GeneratorEvent) -> Void) {
        self.configuration = configuration
        self.options = options
        self.note = note
    }

    /// Writes all rows.
    /// - Throws: ``GeneratorError`` if there are products already; ``PostgresError``.
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
            // Not those of the few categories: the trigger that writes summaries reads one for each product.
            let dropped = isEmpty ? try DroppedIndexes(of: Array(Self.tables.dropFirst()), on: connection) : nil
            // The rows have their facets and ranges of prices. The triggers would compute them again, for all rows at once.
            try connection.execute(Self.triggers("DISABLE"))
            try connection.execute(
                "INSERT INTO attribute (code, name, type) VALUES ('colour', 'Colour', 'colour') ON CONFLICT (code) DO NOTHING")
            try write(connection)
            try connection.execute(Self.triggers("ENABLE"))
            try dropped?.restore(on: connection) { note(.indexing($0)) }
            try connection.query(PostgresQuery(unescaped: ImportStatements.bumpVersion))
            // The orders may be older than those that were counted last. No order is counted twice.
            try connection.execute("UPDATE purchase_cursor SET added_at = '-infinity'")
            try connection.execute("COMMIT")
        } catch {
            try? connection.execute("ROLLBACK")
            throw error
        }
        note(.analyzing)
        // VACUUM also marks pages as visible to all, for index-only scans. It needs a transaction for each table.
        for table in Self.tables { try connection.execute("VACUUM (ANALYZE) \(table)") }
    }

    private static let tables = [
        "category", "product", "variant", "stock", "stock_movement", "orders", "order_line", "order_history", "reservation",
    ]

    private static func triggers(_ action: String) -> String {
        """
        ALTER TABLE product \(action) TRIGGER product_depth_insert; ALTER TABLE variant \(action) TRIGGER variant_depth_insert
        """
    }

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

    /// The bytes that are sent at a time.
    private static let batch = 1 << 18
}

/// The size of the shop to generate.
package struct GeneratorOptions: Sendable {
    package let products: Int
    package let orders: Int
    /// The same seed makes the same shop to the last byte; another seed makes another shop.
    package let seed: UInt64
    /// Whether to add to a database that has products already.
    package let force: Bool

    /// - Parameters:
    ///   - products: At least one.
    ///   - orders: 0 or more.
    package init(products: Int, orders: Int, seed: UInt64 = 1, force: Bool = false) {
        self.products = max(1, products)
        self.orders = max(0, orders)
        self.seed = seed
        self.force = force
    }
}

/// The progress of a generator.
package enum GeneratorEvent: Sendable {
    /// The number of rows that were sent, out of all.
    case wrote(rows: Int, of: Int)
    /// All rows are written; this index is built next.
    case indexing(String)
    /// Everything is committed; VACUUM and ANALYZE run for the planner.
    case analyzing
}

/// Why nothing was generated.
package struct GeneratorError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
}
