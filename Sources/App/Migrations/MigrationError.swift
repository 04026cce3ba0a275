/// Why a migration command failed, in a few lines for the operator.
package struct MigrationError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The files cannot be read.
        case unreadable
        /// The files contradict each other or the database.
        case refused
        /// The database cannot be reached.
        case unavailable
        /// Another migrator did not finish in time.
        case busy
        /// PostgreSQL refused a statement.
        case failed
    }

    package let code: Code
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    init(_ error: InvalidMigrationsError) {
        self.init(.refused, error.description)
    }
}

/// The issues because of which migrations cannot run; never empty.
package struct InvalidMigrationsError: Error, Equatable, Sendable, CustomStringConvertible {
    package let issues: [MigrationIssue]

    /// One line for each issue.
    package var description: String { issues.map(\.description).joined(separator: "\n") }
}

/// A contradiction between migration files, or between the files and the database. Each names the file.
package enum MigrationIssue: Equatable, Sendable, CustomStringConvertible {
    /// A `.sql` file is not named like a migration.
    case strangeName(file: String)
    /// Two files have the same version.
    case sameVersion(file: String, other: String)
    /// There is no file for a version, but for a later one.
    case gap(version: Int)
    /// There is a down file without an up file.
    case downWithoutUp(file: String)
    /// The directory holds no migration.
    case noFiles
    /// The file was changed after it was applied.
    case edited(file: String)
    /// The migration was applied under another name.
    case renamed(file: String, applied: String)
    /// The migration was applied, and its file is missing.
    case fileMissing(applied: String)
    /// The migration was not applied, but a later one was.
    case skipped(file: String, highest: Int)
    /// The migration has no down file.
    case noWayBack(migration: String)
    /// The version to migrate to does not exist.
    case unknownVersion(Int, highest: Int)

    package var description: String {
        switch self {
        case .strangeName(let file): "\(file): a migration is named like 0001_catalogue.up.sql"
        case .sameVersion(let file, let other): "\(file): has the same number as \(other)"
        case .gap(let version): "\(Migration.title(version, "*")): no migration has this number, but later ones exist"
        case .downWithoutUp(let file): "\(file): there is no .up.sql beside it"
        case .noFiles: "there are no migration files"
        case .edited(let file): "\(file): was edited after it was applied; restore it and write a new migration"
        case .renamed(let file, let applied): "\(file): was applied as \(applied)"
        case .fileMissing(let applied): "\(applied): was applied, but its file is missing"
        case .skipped(let file, let highest):
            "\(file): was never applied, although version \(highest) was; give it a higher number"
        case .noWayBack(let migration): "\(migration): has no .down.sql, so there is no way back"
        case .unknownVersion(let version, let highest): "there is no version \(version); versions are 0 to \(highest)"
        }
    }
}

/// The progress of a migrator.
package enum MigrationEvent: Sendable {
    /// The database cannot be reached yet; the reason.
    case waitingForDatabase(String)
    /// Another migrator holds the lock.
    case waitingForOther
    /// Other sessions hold locks that a file needs; it was rolled back and is tried again after a pause.
    case locked(file: String, pause: Duration)
    case applied(Migration, Duration)
    case undone(Migration, Duration)
    /// Migrations that a newer release has applied.
    case ahead([AppliedMigration])
}
