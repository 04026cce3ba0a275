import Configuration
import Migrations
import Logging
import PostgresClient

/// What the commands below `migrate` share: settings in, failures out, a log line for each thing that happens.
enum Migrations {
    /// Changes the schema and logs what it does.
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

    /// Only looks.
    static func ask<Answer>(_ body: (Migrator) throws(MigrationError) -> Answer) throws -> Answer {
        let configuration = try Environment.configuration()
        return try reporting { try body(migrator(configuration) { _ in }) }
    }

    private static func migrator(_ configuration: Configuration, note: @escaping (MigrationEvent) -> Void) throws -> Migrator {
        guard let directory = MigrationDirectory.locate(configuration.migration.directory) else {
            throw Failure(.configuration, "there is no directory `migrations` here or beside the program; set MIGRATIONS_DIR")
        }
        let set: MigrationSet
        do {
            set = try MigrationSet(files: try MigrationDirectory.files(directory))
        } catch let faults as MigrationFaults {
            throw Failure(.failure, faults.faults.map { "\(directory): \($0)" }.joined(separator: "\n"))
        }
        return Migrator(
            set, configuration: try PostgresConfiguration(configuration), settings: configuration.migration, note: note)
    }

    private static func reporting<Answer>(_ body: () throws -> Answer) throws -> Answer {
        do {
            return try body()
        } catch let error as MigrationError {
            throw Failure(error.code == .unavailable ? .unavailable : .failure, error.description)
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
