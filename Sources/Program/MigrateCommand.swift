import ArgumentParser
import Commerce

/// `commerce migrate`
struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings the database's schema up to date, or says how it stands.",
        discussion: """
            The files are in MIGRATIONS_DIR: by default `migrations` in the working directory, else beside the program.
            """,
        subcommands: [Up.self, Down.self, Status.self, Verify.self])

    struct Up: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Applies what is missing. Safe to run from several tasks at once, and when there is nothing to do.")

        @Option(help: "The version to stop at; by default the highest there is.")
        var to: Int?

        func run() throws {
            try Migrations.run { migrator throws(MigrationError) in try migrator.up(to: to) }
        }
    }

    struct Down: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Takes back the newest migration, or several. Data is lost.")

        @Option(help: "How many to take back; 1 where neither this nor --to is given.")
        var steps: Int?

        @Option(help: "The version to go back to, which stays; 0 is an empty schema.")
        var to: Int?

        func validate() throws {
            if steps != nil, to != nil { throw ValidationError("--steps and --to exclude each other") }
            if let steps, steps < 1 { throw ValidationError("--steps must be at least 1") }
        }

        func run() throws {
            try Migrations.run { migrator throws(MigrationError) in
                if let to { try migrator.down(to: to) } else { try migrator.down(steps: steps ?? 1) }
            }
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the migrations and which of them are applied.")

        @Flag(help: "As a JSON array.")
        var json = false

        func run() throws {
            let status = try Migrations.ask { migrator throws(MigrationError) in try migrator.status() }
            Terminal.say(json ? status.json : status.table)
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks that the files are those that were applied; exit code 1 and a line for each that is not.")

        func run() throws {
            let faults = try Migrations.ask { migrator throws(MigrationError) in try migrator.verify() }
            guard faults.isEmpty else { throw Failure(.failure, faults.map(\.description).joined(separator: "\n")) }
        }
    }
}
