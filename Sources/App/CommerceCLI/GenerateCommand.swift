import ArgumentParser
import DataGenerator
import Logging
import PostgresClient

/// `commerce generate`
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Fills an empty database with generated data of any size, for benchmarks.",
        discussion: """
            The same numbers and seed generate the same rows. Everything happens in one transaction, so all rows are created \
            or none. The tables are locked until it ends. It needs the role that owns the tables. An order has 3.5 lines on \
            average.

            Exit codes: 0 done; 1 the database has products already, or the command failed; 69 the database cannot be reached.
            """)

    @Option(help: "The number of products.")
    var products: Int

    @Option(help: "The number of orders.")
    var orders = 0

    @Option(help: "A different seed generates different data.")
    var seed: UInt64 = 1

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
            let options = GeneratorOptions(products: products, orders: orders, seed: seed, force: force)
            try Generator(configuration: configuration.database.primary, options: options) { progress.note($0) }.run()
            progress.finish(options)
        } catch let error as GeneratorError {
            throw CommandError(.failure, error.description)
        } catch let error as PostgresError {
            throw CommandError(error)
        }
    }
}
