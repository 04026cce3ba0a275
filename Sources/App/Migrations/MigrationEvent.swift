/// What a migrator does while it does it, for whoever watches.
package enum MigrationEvent: Sendable {
    /// The database can't be reached yet; why.
    case waitingForDatabase(String)
    /// Another migrator holds the lock.
    case waitingForOther
    /// Others hold locks that a file needs; it was undone and comes again after a pause.
    case locked(file: String, pause: Duration)
    case applied(Migration, Duration)
    case undone(Migration, Duration)
    /// Migrations that a newer release has applied.
    case ahead([AppliedMigration])
}
