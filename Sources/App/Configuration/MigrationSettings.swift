/// Where migrations are and how patient they are.
package struct MigrationSettings: Sendable {
    /// Nil: `migrations` in the working directory, else beside the program.
    package let directory: String?
    /// How long a statement waits for a lock before it gives up and is tried again.
    package let lockTimeout: Duration
    /// How long to wait for another migrator that is at work.
    package let waitLimit: Duration
    /// How long to wait for a database that is starting.
    package let connectLimit: Duration

    init(_ reader: inout SettingsReader) {
        directory = reader.read(
            optional: "MIGRATIONS_DIR", .text, shownDefault: "`migrations` in the working directory, or beside the program",
            "Directory of the migration files")
        lockTimeout = reader.read(
            "MIGRATION_LOCK_TIMEOUT", .duration(.milliseconds(10) ... .seconds(600)), default: .seconds(5),
            "Lock timeout of a migration, which is retried a few times; it keeps the queue behind the lock short")
        waitLimit = reader.read(
            "MIGRATION_WAIT", .duration(.zero ... .seconds(86_400)), default: .seconds(600),
            "Maximum wait for another migration to finish")
        connectLimit = reader.read(
            "MIGRATION_CONNECT_WAIT", .duration(.zero ... .seconds(3_600)), default: .seconds(30),
            "Maximum wait for the database to start")
    }
}
