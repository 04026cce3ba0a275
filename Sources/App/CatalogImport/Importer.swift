import Inventory
import PostgresClient

/// Imports rows into the catalogue, all or none: it stages them in temporary tables, then turns them into products with a few
/// statements over all rows. The stock of existing variants follows a few rows at a time, since orders wait for rows that an
/// import has locked (docs/decisions/0022). Memory does not grow with the number of rows.
///
/// It blocks, so it never runs on an event loop.
package struct Importer {
    let configuration: PostgresConfiguration
    let rules: RowRules
    let options: ImportOptions
    let note: (ImportEvent) -> Void

    /// - Parameter note: Receives the progress, on the caller's thread.
    package init(
        configuration: PostgresConfiguration, rules: RowRules, options: ImportOptions, note: @escaping (ImportEvent) -> Void
    ) {
        self.configuration = configuration
        self.rules = rules
        self.options = options
        self.note = note
    }

    /// Imports all rows of a source.
    /// - Parameter next: Returns the next piece of the file, of any size; an empty one at the end.
    package func run(_ next: () throws -> [UInt8]) throws(ImportError) -> ImportReport {
        do {
            let connection = try BlockingConnection(configuration)
            try connection.execute(
                """
                SET application_name = 'commerce import'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
                SET temp_buffers = '64MB'; SET work_mem = '64MB'
                """)
            var run = ImportRun(connection: connection, rules: rules, note: note)
            try connection.execute("BEGIN; SET LOCAL lock_timeout = '60s'")
            do {
                try run.stage(options.format, next)
                try run.apply()
            } catch {
                try? connection.execute("ROLLBACK")
                throw error
            }
            let isRefused = options.onError == .fail && run.report.refused > 0
            guard !isRefused, !options.isDryRun else {
                try run.countStock()
                try connection.execute("ROLLBACK")
                run.report.version = nil
                return run.report
            }
            try connection.execute("COMMIT")
            run.report.isCommitted = true
            do { try run.writeStock(lowStock: options.lowStock) } catch let error as PostgresError {
                let reason = Self.failure(error)
                throw ImportError(
                    reason.code,
                    "the products are imported, but not all of their stock: \(reason.description); import the file once more")
            }
            // New products need statistics for the planner; a role that may not ANALYZE gets a warning only.
            if run.report.created > 0 { try? connection.execute("ANALYZE product, variant, stock, category") }
            return run.report
        } catch let error as ImportError {
            throw error
        } catch let error as PostgresError {
            throw Self.failure(error)
        } catch {
            throw ImportError(.unreadable, "\(error)")
        }
    }

    private static func failure(_ error: PostgresError) -> ImportError {
        switch error.sqlState {
        case SQLState.lockNotAvailable:
            ImportError(.busy, "what it needs is locked by others, perhaps by another import; try again")
        case SQLState.uniqueViolation, SQLState.deadlockDetected, SQLState.serializationFailure:
            ImportError(.busy, "another session changed the catalogue meanwhile (\(error.constraint ?? "a conflict")); try again")
        case "42P01":
            ImportError(.failed, "the database has no catalogue yet; run: commerce migrate up")
        default:
            ImportError(error.code == .connectionUnavailable ? .unavailable : .failed, error.message ?? error.description)
        }
    }
}

/// The options of an import.
package struct ImportOptions: Sendable {
    /// The effect of a row that has errors.
    package enum ErrorPolicy: String, CaseIterable, Sendable {
        /// Nothing is imported.
        case fail
        /// All other rows are imported.
        case skip
    }

    /// Nil: the format follows from the beginning of the file.
    package var format: ImportFormat?
    package var onError = ErrorPolicy.fail
    /// Whether the import only reports what it would do.
    package var isDryRun = false
    /// So few available units of a variant are low stock, unless the variant has a number of its own.
    package var lowStock = LowStock.defaultThreshold

    package init() {}
}
