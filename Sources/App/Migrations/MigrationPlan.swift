/// What is to be done, as a pure function of the files and of what the database says was applied.
package struct MigrationPlan: Equatable, Sendable {
    /// One file to run.
    package enum Step: Equatable, Sendable {
        case up(Migration)
        case down(Migration, MigrationScript)

        /// What is run.
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
    /// Applied by a newer release, and unknown to this one.
    package let ahead: [AppliedMigration]

    /// The way up, to a version or as far as there are files. Nothing to do where the database is there already, or further:
    /// a release that is rolled back to finds a database that is ahead of it, and that must not stop it.
    package static func up(
        _ set: MigrationSet, applied: [AppliedMigration], to target: Int? = nil
    ) throws(MigrationFaults) -> MigrationPlan {
        try check(target, set)
        try refuse(faults(set, applied: applied))
        let done = Set(applied.map(\.version))
        let steps = set.migrations.filter { !done.contains($0.version) && $0.version <= target ?? .max }.map(Step.up)
        return MigrationPlan(steps: steps, ahead: ahead(set, applied))
    }

    /// The way back from the newest ones, so many of them.
    package static func down(
        _ set: MigrationSet, applied: [AppliedMigration], steps count: Int
    ) throws(MigrationFaults) -> MigrationPlan {
        let newest = applied.sorted { $0.version > $1.version }
        return try down(set, applied, Array(newest.prefix(max(0, count))))
    }

    /// The way back to a version, which stays applied; 0 is an empty schema.
    package static func down(
        _ set: MigrationSet, applied: [AppliedMigration], to target: Int
    ) throws(MigrationFaults) -> MigrationPlan {
        try check(target, set)
        return try down(set, applied, applied.filter { $0.version > target }.sorted { $0.version > $1.version })
    }

    /// Everything on which files and database don't agree, as strictly as can be.
    package static func verify(_ set: MigrationSet, applied: [AppliedMigration]) -> [MigrationFault] {
        faults(set, applied: applied) + ahead(set, applied).map { .fileMissing(applied: $0.title) }
    }

    private static func down(
        _ set: MigrationSet, _ applied: [AppliedMigration], _ undone: [AppliedMigration]
    ) throws(MigrationFaults) -> MigrationPlan {
        try refuse(faults(set, applied: applied))
        var steps: [Step] = []
        var faults: [MigrationFault] = []
        for row in undone {
            guard let migration = set.migrations.first(where: { $0.version == row.version }) else {
                faults.append(.fileMissing(applied: row.title))
                continue
            }
            if let script = migration.down {
                steps.append(.down(migration, script))
            } else {
                faults.append(.noWayBack(migration: migration.title))
            }
        }
        try refuse(faults)
        return MigrationPlan(steps: steps, ahead: ahead(set, applied))
    }

    /// Where the files' own versions don't agree with the database.
    private static func faults(_ set: MigrationSet, applied: [AppliedMigration]) -> [MigrationFault] {
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

    private static func check(_ target: Int?, _ set: MigrationSet) throws(MigrationFaults) {
        guard let target, !(0...set.highest).contains(target) else { return }
        throw MigrationFaults(faults: [.unknownVersion(target, highest: set.highest)])
    }

    private static func refuse(_ faults: [MigrationFault]) throws(MigrationFaults) {
        guard faults.isEmpty else { throw MigrationFaults(faults: faults) }
    }
}
