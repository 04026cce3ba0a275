/// The files to run: a pure function of the files and of the migrations that the database has.
package struct MigrationPlan: Equatable, Sendable {
    /// One file to run.
    package enum Step: Equatable, Sendable {
        case up(Migration)
        case down(Migration, MigrationScript)

        /// The file that runs.
        package var script: MigrationScript {
            switch self {
            case .up(let migration): migration.up
            case .down(_, let script): script
            }
        }

        package var migration: Migration {
            switch self {
            case .up(let migration), .down(let migration, _): migration
            }
        }
    }

    package let steps: [Step]
    /// Migrations that a newer release has applied and this release does not know.
    package let ahead: [AppliedMigration]

    /// The plan that migrates up to a version, or to the newest file. A database that is ahead needs nothing: after a rollback, the
    /// older release finds such a database and must start.
    package static func up(
        _ set: MigrationSet, applied: [AppliedMigration], to target: Int? = nil
    ) throws(InvalidMigrationsError) -> MigrationPlan {
        try check(target, set)
        try refuse(issues(set, applied: applied))
        let done = Set(applied.map(\.version))
        let steps = set.migrations.filter { !done.contains($0.version) && $0.version <= target ?? .max }.map(Step.up)
        return MigrationPlan(steps: steps, ahead: ahead(set, applied))
    }

    /// The plan that undoes the newest migrations.
    package static func down(
        _ set: MigrationSet, applied: [AppliedMigration], steps count: Int
    ) throws(InvalidMigrationsError) -> MigrationPlan {
        let newest = applied.sorted { $0.version > $1.version }
        return try down(set, applied, Array(newest.prefix(max(0, count))))
    }

    /// The plan that goes back to a version, which stays applied; 0 is an empty schema.
    package static func down(
        _ set: MigrationSet, applied: [AppliedMigration], to target: Int
    ) throws(InvalidMigrationsError) -> MigrationPlan {
        try check(target, set)
        return try down(set, applied, applied.filter { $0.version > target }.sorted { $0.version > $1.version })
    }

    /// All contradictions between files and database; a database that is ahead counts too.
    package static func verify(_ set: MigrationSet, applied: [AppliedMigration]) -> [MigrationIssue] {
        issues(set, applied: applied) + ahead(set, applied).map { .fileMissing(applied: $0.title) }
    }

    private static func down(
        _ set: MigrationSet, _ applied: [AppliedMigration], _ undone: [AppliedMigration]
    ) throws(InvalidMigrationsError) -> MigrationPlan {
        try refuse(issues(set, applied: applied))
        var steps: [Step] = []
        var issues: [MigrationIssue] = []
        for row in undone {
            guard let migration = set.migrations.first(where: { $0.version == row.version }) else {
                issues.append(.fileMissing(applied: row.title))
                continue
            }
            if let script = migration.down {
                steps.append(.down(migration, script))
            } else {
                issues.append(.noWayBack(migration: migration.title))
            }
        }
        try refuse(issues)
        return MigrationPlan(steps: steps, ahead: ahead(set, applied))
    }

    /// The contradictions about the versions that have files.
    private static func issues(_ set: MigrationSet, applied: [AppliedMigration]) -> [MigrationIssue] {
        let rows = Dictionary(applied.map { ($0.version, $0) }) { first, _ in first }
        let highest = applied.map(\.version).max() ?? 0
        return set.migrations.compactMap { migration in
            guard let row = rows[migration.version] else {
                return migration.version < highest ? .skipped(file: migration.up.file, highest: highest) : nil
            }
            if row.name != migration.name { return .renamed(file: migration.up.file, applied: row.title) }
            return row.checksum == migration.up.checksum ? nil : .edited(file: migration.up.file)
        }
    }

    private static func ahead(_ set: MigrationSet, _ applied: [AppliedMigration]) -> [AppliedMigration] {
        applied.filter { $0.version > set.highest }.sorted { $0.version < $1.version }
    }

    private static func check(_ target: Int?, _ set: MigrationSet) throws(InvalidMigrationsError) {
        guard let target, !(0...set.highest).contains(target) else { return }
        throw InvalidMigrationsError(issues: [.unknownVersion(target, highest: set.highest)])
    }

    private static func refuse(_ issues: [MigrationIssue]) throws(InvalidMigrationsError) {
        guard issues.isEmpty else { throw InvalidMigrationsError(issues: issues) }
    }
}
