import PostgresClient

/// The schema that this build of the program is written for.
package enum Schema {
    /// The highest migration it needs. A database behind it gets no traffic (`/health` says `schema_behind`); one ahead of it
    /// does, since migrations are made so that the release before still works.
    package static let requiredVersion = 12

    /// One row with the highest version applied, 0 where there is none. SQLSTATE 42P01 where nothing was ever migrated.
    package static let versionQuery: PostgresQuery = "SELECT coalesce(max(version), 0) FROM schema_migration"
}
