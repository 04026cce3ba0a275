import Formats

/// A row of `schema_migration`: what the database says was done to it.
package struct AppliedMigration: Equatable, Sendable {
    package let version: Int
    package let name: String
    /// Of the file as it was then.
    package let checksum: String
    package let appliedAt: Timestamp
    /// How long it took.
    package let duration: Duration

    package init(version: Int, name: String, checksum: String, appliedAt: Timestamp, duration: Duration) {
        self.version = version
        self.name = name
        self.checksum = checksum
        self.appliedAt = appliedAt
        self.duration = duration
    }

    /// How people call it.
    package var title: String { Migration.title(version, name) }
}
