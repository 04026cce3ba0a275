import ArgumentParser
import Configuration
import Logging
import Migrations
import PostgresClient

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
            try MigrationTool.run { migrator throws(MigrationError) in try migrator.up(to: to) }
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
            let losses = try MigrationTool.read { migrator throws(MigrationError) in try migrator.losses(downTo: to) }
            guard let to, yes else {
                guard !losses.steps.isEmpty else {
                    return Terminal.say("There is nothing to take back above version \(losses.target).")
                }
                Terminal.say(
                    "Going back to version \(losses.target) would lose:\n"
                        + losses.lines.map { "  " + $0 }.joined(separator: "\n"))
                throw CommandError(
                    .usage, "nothing was changed; to lose all of this, say: commerce migrate down --to \(losses.target) --yes")
            }
            if !losses.steps.isEmpty {
                Terminal.say("Going back to version \(to) loses:\n" + losses.lines.map { "  " + $0 }.joined(separator: "\n"))
            }
            try MigrationTool.run { migrator throws(MigrationError) in try migrator.down(to: to) }
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the migrations and shows which are applied.")

        @Flag(help: "Print a JSON array.")
        var json = false

        func run() throws {
            let status = try MigrationTool.read { migrator throws(MigrationError) in try migrator.status() }
            Terminal.say(json ? status.json : status.table)
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks that the files are the same as when they were applied. If one is not, it is printed and the exit "
                + "code is 1.")

        func run() throws {
            let issues = try MigrationTool.read { migrator throws(MigrationError) in try migrator.verify() }
            guard issues.isEmpty else { throw CommandError(.failure, issues.map(\.description).joined(separator: "\n")) }
        }
    }
}

/// The parts that the subcommands of `migrate` share: settings, errors, and a log line for each event.
private enum MigrationTool {
    /// Runs a command that changes the schema, and logs its progress.
    static func run(_ body: (Migrator) throws(MigrationError) -> Int) throws {
        let configuration = try Environment.configuration()
        let sink = configuration.log.start()
        defer { sink.flush() }
        let logger = Logger(label: "commerce.migrate")
        let count = try reporting {
            try body(migrator(configuration) { log($0, logger) })
        }
        logger.info("the schema is where it should be", metadata: ["files_run": .stringConvertible(count)])
    }

    /// Runs a command that only reads.
    static func read<Answer>(_ body: (Migrator) throws(MigrationError) -> Answer) throws -> Answer {
        let configuration = try Environment.configuration()
        return try reporting { try body(migrator(configuration) { _ in }) }
    }

    private static func migrator(_ configuration: Configuration, note: @escaping (MigrationEvent) -> Void) throws -> Migrator {
        guard let directory = MigrationDirectory.locate(configuration.migration.directory) else {
            throw CommandError(
                .configuration, "there is no directory `migrations` here or beside the program; set MIGRATIONS_DIR")
        }
        let set: MigrationSet
        do {
            set = try MigrationSet(files: try MigrationDirectory.files(directory))
        } catch let error as InvalidMigrationsError {
            throw CommandError(.failure, error.issues.map { "\(directory): \($0)" }.joined(separator: "\n"))
        }
        return Migrator(
            set, configuration: configuration.database.primary, settings: configuration.migration, note: note)
    }

    private static func reporting<Answer>(_ body: () throws -> Answer) throws -> Answer {
        do {
            return try body()
        } catch let error as MigrationError {
            throw CommandError(error.code == .unavailable ? .unavailable : .failure, error.description)
        }
    }

    private static func milliseconds(_ time: Duration) -> Int64 {
        time.components.seconds * 1_000 + time.components.attoseconds / 1_000_000_000_000_000
    }

    private static func log(_ event: MigrationEvent, _ logger: Logger) {
        switch event {
        case .waitingForDatabase(let reason):
            logger.notice("waiting for the database", metadata: ["reason": "\(reason)"])
        case .waitingForOther:
            logger.notice("waiting for another migrator")
        case .locked(let file, let pause):
            logger.notice(
                "tables are locked, trying again",
                metadata: ["file": "\(file)", "pause_ms": .stringConvertible(milliseconds(pause))])
        case .applied(let migration, let took):
            logger.info(
                "migration applied",
                metadata: ["migration": "\(migration.title)", "took_ms": .stringConvertible(milliseconds(took))])
        case .undone(let migration, let took):
            logger.info(
                "migration taken back",
                metadata: ["migration": "\(migration.title)", "took_ms": .stringConvertible(milliseconds(took))])
        case .ahead(let applied):
            let titles = applied.map(\.title).joined(separator: ", ")
            logger.notice("the database is ahead of this release", metadata: ["applied": "\(titles)"])
        }
    }
}
