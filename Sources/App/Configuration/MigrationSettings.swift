/// The migration files, and the timeouts of migrations.
package struct MigrationSettings: Sendable {
    /// Nil: `migrations` in the working directory, otherwise beside the program.
    package let directory: String?
    /// How long a statement waits for a lock; then the migration is tried again.
    package let lockTimeout: Duration
    /// How long to wait for another migrator to finish.
    package let waitLimit: Duration
    /// How long to wait for a database that is starting up.
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

/// The two roles that `commerce bootstrap` creates; nothing else reads these settings.
package struct BootstrapSettings: Sendable {
    /// The role that owns the database and changes its schema.
    package let owner: DatabaseRole
    /// The role that the service logs in as: it reads and writes rows, and cannot change the schema.
    package let service: DatabaseRole

    init(_ reader: inout SettingsReader) {
        let owner = reader.read(
            "MIGRATION_USER", .text, default: "commerce_owner",
            "`commerce bootstrap`: the role that owns the database and runs migrations")
        let ownerPassword = reader.read(
            optional: "MIGRATION_PASSWORD", .text, as: .secret, "`commerce bootstrap`: the password of this role")
        let service = reader.read(
            "SERVICE_USER", .text, default: "commerce",
            "`commerce bootstrap`: the role of the service, which cannot change the schema")
        let servicePassword = reader.read(
            optional: "SERVICE_PASSWORD", .text, as: .secret, "`commerce bootstrap`: the password of this role")
        self.owner = DatabaseRole(name: owner, password: ownerPassword ?? "")
        self.service = DatabaseRole(name: service, password: servicePassword ?? "")
    }
}

/// A role of PostgreSQL that may log in.
package struct DatabaseRole: Sendable {
    package let name: String
    /// Empty if none is set.
    package let password: String

    package init(name: String, password: String) {
        self.name = name
        self.password = password
    }
}

extension DatabaseRole: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name, without the password.
    package var description: String { name }

    package var debugDescription: String { name }

    /// Keeps the password out of `dump`, also of a value that contains this one.
    package var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
