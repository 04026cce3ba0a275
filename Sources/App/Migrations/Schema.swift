import PostgresClient

/// The schema that this release is written for.
package enum Schema {
    /// The name of the newest file in `migrations`, without `.up.sql`. Every migration changes this line: a test fails until it
    /// does, and two branches that both add a migration conflict here, before one database has run one file and another the
    /// other.
    ///
    /// The line is written by hand because the release has to know its schema without the directory of migrations, and neither
    /// the compiler nor `#embed` can list a directory at build time.
    package static let newestMigration = "0044_cart_idle"

    /// The version of the newest migration. A database behind it gets no traffic (`/health` answers `schema_behind`). A database
    /// ahead of it does, since every migration keeps the release before working.
    package static let requiredVersion = newestMigration.prefix(4).reduce(0) { $0 * 10 + ($1.wholeNumberValue ?? 0) }

    /// Returns one row with the highest version that is applied, or 0. SQLSTATE 42P01 if no migration has run yet.
    package static let versionQuery: PostgresQuery = "SELECT coalesce(max(version), 0) FROM schema_migration"
}
