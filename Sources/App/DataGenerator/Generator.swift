import CatalogImport
import FoundationEssentials
import PostgresClient

/// Fills a database with a shop of any size: a catalogue with variants and stock, and orders with lines, history, reservations and
/// stock movements, as the service would have written them. For measurements and tests.
///
/// The same options make the same rows. Everything happens in one transaction on one connection: if it fails or is killed,
/// PostgreSQL rolls back, and nothing is left behind but the tables, indexes and triggers as they were. A second connection would
/// not be faster on a small machine, since COPY keeps PostgreSQL busy while the next rows are made. In an empty database, indexes
/// and keys are dropped first and built at the end. It blocks, so it never runs on an event loop.
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
        // PostgreSQL looks whether this process still lives, so that a killed one does not keep the tables locked until the end of
        // a long statement.
        try connection.execute(
            """
            SET application_name = 'commerce generate'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
            SET client_connection_check_interval = '5s'; SET maintenance_work_mem = '512MB'; SET work_mem = '128MB';
            SET synchronous_commit = off
            """)
        let isEmpty =
            try connection.query("SELECT NOT EXISTS (SELECT FROM product) AND NOT EXISTS (SELECT FROM orders)").first?[0] ?? false
        guard isEmpty || options.force else {
            throw GeneratorError(description: "the database has products or orders already; --force adds to them")
        }
        try connection.execute("BEGIN; SET LOCAL lock_timeout = '60s'")
        do {
            try write(connection, isEmpty: isEmpty)
            try connection.query(PostgresQuery(unescaped: ImportStatements.bumpVersion))
            // The orders may be older than those that were counted last. No order is counted twice.
            try connection.execute("UPDATE purchase_cursor SET added_at = '-infinity'")
            note(.counting)
            try connection.execute("SELECT search_words_count()")
            try connection.execute("COMMIT")
        } catch {
            try? connection.execute("ROLLBACK")
            throw error
        }
        note(.analyzing)
        // VACUUM also marks pages as visible to all, for index-only scans. It needs a transaction for each table.
        for table in Self.tables + Self.kept { try connection.execute("VACUUM (ANALYZE) \(table)") }
    }

    /// The tables that get their rows by COPY.
    private static let tables = [
        "category", "product", "variant", "stock", "stock_movement", "orders", "order_line", "order_history", "reservation",
    ]

    /// The tables that functions of the database fill.
    private static let kept = ["product_document", "search_product", "search_word", "search_term"]

    /// The triggers that would write again what the rows have already, or what ``derive(_:)`` writes.
    ///
    /// Each would do it for all rows of a table at once. A trigger that is not listed here stays enabled.
    private static let triggers = [
        (table: "product", name: "product_depth_insert"), (table: "variant", name: "variant_depth_insert"),
        (table: "product", name: "search_product_inserted"), (table: "variant", name: "search_variant_inserted"),
        (table: "variant", name: "variant_document_insert"),
    ]

    private func write(_ connection: BlockingConnection, isEmpty: Bool) throws {
        // Not those of the few categories: the trigger that writes summaries reads one for each product.
        let dropped = isEmpty ? try DroppedIndexes(of: Array(Self.tables.dropFirst()), on: connection) : nil
        // Its key stays: the function that writes its rows looks for rows that are there.
        let searched = isEmpty ? try DroppedIndexes(of: ["search_product"], withKeys: false, on: connection) : nil
        for trigger in Self.triggers { try connection.execute("ALTER TABLE \(trigger.table) DISABLE TRIGGER \(trigger.name)") }
        try connection.execute(
            "INSERT INTO attribute (code, name, type) VALUES ('colour', 'Colour', 'colour') ON CONFLICT (code) DO NOTHING")
        try copy(connection)
        try dropped?.restore(on: connection) { note(.indexing($0)) }
        try derive(connection)
        for trigger in Self.triggers { try connection.execute("ALTER TABLE \(trigger.table) ENABLE TRIGGER \(trigger.name)") }
        try searched?.restore(on: connection) { note(.indexing($0)) }
        try dropped?.restoreReferences(on: connection) { note(.indexing($0)) }
    }

    private func copy(_ connection: BlockingConnection) throws {
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

    /// Writes what searches and products' pages read, by the functions that the triggers call, so that it is the same. It needs the keys
    /// of products and the index of their variants.
    private func derive(_ connection: BlockingConnection) throws {
        try connection.execute("ANALYZE category; ANALYZE product; ANALYZE variant")
        for start in stride(from: 0, to: options.products, by: Self.searchBatch) {
            let ids = (start..<min(start + Self.searchBatch, options.products)).map { GeneratedProduct.Core($0, options).id }
            try connection.query("SELECT search_product_refresh(\(ids))::text, product_document_refresh(\(ids))::text")
            note(.searchable(products: start + ids.count, of: options.products))
        }
    }

    /// The products whose rows are written by one call.
    private static let searchBatch = 2_000
}

/// The progress of a generator.
package enum GeneratorEvent: Sendable {
    /// The number of rows that were sent, out of all.
    case wrote(rows: Int, of: Int)
    /// All rows are sent; this index or key is built next.
    case indexing(String)
    /// The number of products that searches find, out of all.
    case searchable(products: Int, of: Int)
    /// The words of all products are counted next.
    case counting
    /// Everything is committed; VACUUM and ANALYZE run for the planner.
    case analyzing
}

/// Why nothing was generated.
package struct GeneratorError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
}
