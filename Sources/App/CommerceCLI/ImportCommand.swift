import ArgumentParser
import CatalogImport
import Logging
import PostgresClient

/// `commerce import`
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Loads products from NDJSON or CSV.",
        discussion: """
            Rows need a name and a price. A row updates an existing product if its id, its sku or its slug is known, in this \
            order. Stock is applied only if it differs from the last imported stock. Either all rows are imported or none. The \
            stock of existing variants follows a few rows at a time, so orders do not wait.

            Exit codes: 0 done, even if rows were skipped because of --on-error skip; 65 rows were rejected, so nothing was \
            imported, or the file is not a table of products, or orders reserved more than a row's stock during the import; 66 \
            the file cannot be read; 69 the database cannot be reached.
            """)

    @Argument(help: "The file, or - for standard input.")
    var file: String

    @Option(help: "ndjson or csv. By default, the file's name or its first bytes decide.")
    var format: ImportFormat?

    @Option(help: "What to do with an invalid row: fail (nothing is imported) or skip.")
    var onError = ImportOptions.ErrorPolicy.fail

    @Option(help: "The character between the names of a category's path. A backslash before it makes it a part of a name.")
    var categorySeparator = "/"

    @Flag(help: "Check all rows and change nothing.")
    var dryRun = false

    func validate() throws {
        guard CategoryPath(separator: categorySeparator) != nil else {
            throw ValidationError(
                "--category-separator must be one character, such as >; not a letter, digit, space or backslash")
        }
    }

    func run() throws {
        let configuration = try Environment.configuration()
        let sink = configuration.log.start()
        defer { sink.flush() }
        var options = ImportOptions()
        options.format = format ?? ImportFormat(fileName: file)
        options.onError = onError
        options.isDryRun = dryRun
        options.lowStock = configuration.events.lowStock
        let rules = RowRules(
            currency: configuration.shop.currency, imageBase: configuration.shop.imageBaseURL,
            categoryPath: CategoryPath(separator: categorySeparator) ?? .standard)
        do {
            let source = try ImportFile(file)
            var progress = ImportProgress(size: source.size)
            let importer = Importer(
                configuration: configuration.database.primary, rules: rules, options: options,
                note: { progress.note($0) })
            let report = try importer.run { try source.next() }
            progress.finish(report)
            if report.refused > 0, onError == .fail {
                let rows = report.refused == 1 ? "1 row was refused" : "\(report.refused) rows were refused"
                throw CommandError(.data, "\(rows), so nothing was imported (--on-error skip imports the others)")
            }
            // A file whose rows are all refused is not a table of products.
            if report.refused > 0, report.refused == report.rows {
                throw CommandError(.data, "no row could be taken, so nothing was imported")
            }
            if report.unstocked > 0 {
                throw CommandError(
                    .data,
                    "all was imported but the stock of \(report.unstocked) variants, of which orders have reserved more meanwhile"
                )
            }
        } catch let error as ImportError {
            throw CommandError(Self.status(error.code), error.description)
        }
    }

    private static func status(_ code: ImportError.Code) -> ExitCode {
        switch code {
        case .unreadable: .noInput
        case .malformed: .data
        case .unavailable: .unavailable
        case .busy, .failed: .failure
        }
    }
}

extension ImportFormat: ExpressibleByArgument {}
extension ImportOptions.ErrorPolicy: ExpressibleByArgument {}
