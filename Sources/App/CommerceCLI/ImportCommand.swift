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
            Rows need a name and a price. A row is the same product again when its id, else its sku, else its slug is known; \
            stock is only applied where it differs from what was imported last. All rows become products, or none do; the \
            stock of variants that were there before follows a few rows at a time, so that orders do not wait.

            Exit codes: 0 also where some rows were skipped because of --on-error skip; 65 where rows were refused and so \
            nothing was imported, where the file is no table of products at all, and where orders reserved more than a row's \
            stock during the import; 66 where the file can't be read; 69 where the database is out of reach.
            """)

    @Argument(help: "The file; - is standard input.")
    var file: String

    @Option(help: "ndjson or csv; by default told by the file's name, or by how it begins.")
    var format: ImportFormat?

    @Option(help: "What a row that can't be taken means: fail (nothing is imported) or skip.")
    var onError = ImportOptions.FaultPolicy.fail

    @Flag(help: "Check everything and change nothing.")
    var dryRun = false

    func run() throws {
        let configuration = try Environment.configuration()
        let sink = configuration.log.start()
        defer { sink.flush() }
        var options = ImportOptions()
        options.format = format ?? ImportFormat(fileName: file)
        options.onFault = onError
        options.isDryRun = dryRun
        let rules = RowRules(currency: configuration.shop.currency, imageBase: configuration.shop.imageBaseURL)
        do {
            let source = try ImportFile(file)
            var progress = ImportProgress(size: source.size)
            let importer = Importer(
                configuration: try PostgresConfiguration(configuration), rules: rules, options: options,
                note: { progress.note($0) })
            let report = try importer.run { try source.next() }
            progress.finish(report)
            if report.refused > 0, onError == .fail {
                let rows = report.refused == 1 ? "1 row was refused" : "\(report.refused) rows were refused"
                throw Failure(.data, "\(rows), so nothing was imported (--on-error skip imports the others)")
            }
            // What is skipped to the last row is not a table of products.
            if report.refused > 0, report.refused == report.rows {
                throw Failure(.data, "no row could be taken, so nothing was imported")
            }
            if report.unstocked > 0 {
                throw Failure(
                    .data,
                    "all was imported but the stock of \(report.unstocked) variants, of which orders have reserved more meanwhile"
                )
            }
        } catch let error as ImportError {
            throw Failure(Self.status(error.code), error.description)
        }
    }

    private static func status(_ code: ImportError.Code) -> ExitStatus {
        switch code {
        case .unreadable: .noInput
        case .malformed: .data
        case .unavailable: .unavailable
        case .busy, .failed: .failure
        }
    }
}

extension ImportFormat: ExpressibleByArgument {}
extension ImportOptions.FaultPolicy: ExpressibleByArgument {}
