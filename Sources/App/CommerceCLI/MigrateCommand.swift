import ArgumentParser
import Migrations

/// `commerce migrate`
struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Migrates the database's schema, or shows its state.",
        discussion: """
            The files are in MIGRATIONS_DIR: by default `migrations` in the working directory, or beside the program.
            """,
        subcommands: [Up.self, Down.self, Status.self, Verify.self])

    struct Up: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Applies missing migrations. It is safe to run several times, also at the same time.")

        @Option(help: "The version to migrate to; the default is the latest.")
        var to: Int?

        func run() throws {
            try Migrations.run { migrator throws(MigrationError) in try migrator.up(to: to) }
        }
    }

    struct Down: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Returns to an older version. This deletes data: without --yes, it only lists which.",
            discussion: """
                Tables and columns of the newer migrations are dropped with all their data. Without --to and --yes, nothing \
                changes: the command lists what would be lost, with the number of rows, and the exit code is 64.
                """)

        @Option(help: "The version to return to; 0 is an empty schema.")
        var to: Int?

        @Flag(help: "Do it, and delete the listed data.")
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
        static let configuration = CommandConfiguration(abstract: "Lists the migrations and shows which are applied.")

        @Flag(help: "Print a JSON array.")
        var json = false

        func run() throws {
            let status = try Migrations.ask { migrator throws(MigrationError) in try migrator.status() }
            Terminal.say(json ? status.json : status.table)
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks that the files are the same as when they were applied. If one is not, it is printed and the exit "
                + "code is 1.")

        func run() throws {
            let faults = try Migrations.ask { migrator throws(MigrationError) in try migrator.verify() }
            guard faults.isEmpty else { throw Failure(.failure, faults.map(\.description).joined(separator: "\n")) }
        }
    }
}
