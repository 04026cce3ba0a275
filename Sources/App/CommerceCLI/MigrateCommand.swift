import ArgumentParser
import Migrations

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
        static let configuration = CommandConfiguration(
            abstract: "Goes back to an older version. Data is lost: without --yes it only says which.",
            discussion: """
                Tables and columns that came with the newer migrations are dropped with all that is in them. Without --to and \
                --yes nothing is changed, the exit code is 64, and what would be lost is listed with the number of rows.
                """)

        @Option(help: "The version to go back to, which stays; 0 is an empty schema.")
        var to: Int?

        @Flag(help: "Do it, and lose what is listed.")
        var yes = false

        func run() throws {
            let losses = try Migrations.ask { migrator throws(MigrationError) in try migrator.losses(downTo: to) }
            guard let to, yes else {
                guard !losses.steps.isEmpty else {
                    return Terminal.say("There is nothing to take back above version \(losses.target).")
                }
                Terminal.say(
                    "Going back to version \(losses.target) would lose:\n"
                        + losses.lines.map { "  " + $0 }.joined(separator: "\n"))
                throw Failure(
                    .usage, "nothing was changed; to lose all of this, say: commerce migrate down --to \(losses.target) --yes")
            }
            if !losses.steps.isEmpty {
                Terminal.say("Going back to version \(to) loses:\n" + losses.lines.map { "  " + $0 }.joined(separator: "\n"))
            }
            try Migrations.run { migrator throws(MigrationError) in try migrator.down(to: to) }
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
