import PostgresClient

/// Brings rows into the catalogue, all or none: they are staged in temporary tables, then become products in a few statements
/// over all of them at once. The stock of what was on sale before follows a few rows at a time, since orders wait for what an
/// import has locked (docs/decisions/0022). Memory doesn't grow with the number of rows.
///
/// Blocks: never on a loop.
package struct Importer {
    let configuration: PostgresConfiguration
    let rules: RowRules
    let options: ImportOptions
    let note: (ImportEvent) -> Void

    /// - Parameter note: called on the way, on the caller's thread.
    package init(
        configuration: PostgresConfiguration, rules: RowRules, options: ImportOptions, note: @escaping (ImportEvent) -> Void
    ) {
        self.configuration = configuration
        self.rules = rules
        self.options = options
        self.note = note
    }

    /// Imports all rows of a source, which gives pieces of any size, and an empty one at its end.
    package func run(_ next: () throws -> [UInt8]) throws(ImportError) -> ImportReport {
        do {
            let connection = try BlockingConnection(configuration)
            try connection.execute(
                """
                SET application_name = 'commerce import'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
                SET temp_buffers = '64MB'; SET work_mem = '64MB'
                """)
            var work = ImportWork(connection: connection, rules: rules, note: note)
            try connection.execute("BEGIN; SET LOCAL lock_timeout = '60s'")
            do {
                try work.stage(options.format, next)
                try work.apply()
            } catch {
                try? connection.execute("ROLLBACK")
                throw error
            }
            let isRefused = options.onFault == .fail && work.report.refused > 0
            guard !isRefused, !options.isDryRun else {
                try work.countStock()
                try connection.execute("ROLLBACK")
                work.report.version = nil
                return work.report
            }
            try connection.execute("COMMIT")
            work.report.isCommitted = true
            do { try work.writeStock() } catch let error as PostgresError {
                let reason = Self.failure(error)
                throw ImportError(
                    reason.code,
                    "the products are imported, but not all of their stock: \(reason.description); import the file once more")
            }
            // What a new catalogue's queries are planned with; a role that may not is only told so.
            if work.report.created > 0 { try? connection.execute("ANALYZE product, variant, stock, category") }
            return work.report
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
            ImportError(.busy, "somebody else changed the catalogue meanwhile (\(error.constraint ?? "a conflict")); try again")
        case "42P01":
            ImportError(.failed, "the database has no catalogue yet; run: commerce migrate up")
        default:
            ImportError(error.code == .connectionUnavailable ? .unavailable : .failed, error.message ?? error.description)
        }
    }
}
