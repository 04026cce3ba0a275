import ArgumentParser
import DataGenerator
import Formats
import Logging
import PostgresClient

/// `commerce generate`
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Fills an empty database with generated data of any size, for benchmarks.",
        discussion: """
            The same numbers, seed and day generate the same rows. The products and orders are spread over the two years before \
            that day. Everything happens in one transaction, so all rows are created or none: if it fails or is killed, \
            PostgreSQL rolls back, and it can be started again. The tables are locked until it ends. It needs the role that owns \
            the tables. An order has 3.5 lines on average.

            Exit codes: 0 done; 1 the database has products already, or the command failed; 69 the database cannot be reached.
            """)

    @Option(help: "The number of products.")
    var products: Int

    @Option(help: "The number of orders.")
    var orders = 0

    @Option(help: "A different seed generates different data.")
    var seed: UInt64 = 1

    @Option(help: "The day at whose beginning (UTC) the generated time ends, as 2026-01-31.")
    var until: GeneratedPeriod = .untilToday

    @Flag(help: "Add the data even if the database has products or orders.")
    var force = false

    func validate() throws {
        guard (1...100_000_000).contains(products) else { throw ValidationError("--products must be 1 to 100000000") }
        guard (0...1_000_000_000).contains(orders) else { throw ValidationError("--orders must be 0 to 1000000000") }
    }

    func run() throws {
        let configuration = try Environment.configuration()
        let sink = configuration.log.start()
        defer { sink.flush() }
        do {
            var progress = GenerateProgress()
            let options = GeneratorOptions(products: products, orders: orders, seed: seed, period: until, force: force)
            try Generator(configuration: configuration.database.primary, options: options) { progress.note($0) }.run()
            progress.finish(options)
        } catch let error as GeneratorError {
            throw CommandError(.failure, error.description)
        } catch let error as PostgresError {
            throw CommandError(error)
        }
    }
}

extension GeneratedPeriod: ExpressibleByArgument {
    /// - Parameter argument: A day, as 2026-01-31.
    package init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), (1972...9999).contains(year),
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        self.init(until: date)
    }

    package var defaultValueDescription: String { "today" }
}
