import Configuration
import PostgresClient

/// Brings a database's schema to a version: files on one side, `schema_migration` on the other.
///
/// Everything happens on one connection, which blocks, so never on a loop. Two migrators at once are safe: the second waits,
/// and then finds nothing to do.
package struct Migrator {
    let set: MigrationSet
    let configuration: PostgresConfiguration
    let settings: MigrationSettings
    let note: (MigrationEvent) -> Void
    /// Before a file that found its tables locked is tried again; twice as long each time.
    var firstPause = Duration.milliseconds(500)

    /// - Parameter note: called on the way, on the caller's thread.
    package init(
        _ set: MigrationSet, configuration: PostgresConfiguration, settings: MigrationSettings,
        note: @escaping (MigrationEvent) -> Void
    ) {
        self.set = set
        self.configuration = configuration
        self.settings = settings
        self.note = note
    }

    /// Applies what is missing, up to a version or all. The number of files run.
    package func up(to target: Int? = nil) throws(MigrationError) -> Int {
        try run(grants: target == nil) { applied throws(MigrationFaults) in
            try MigrationPlan.up(set, applied: applied, to: target)
        }
    }

    /// Takes back the newest, so many of them. The number of files run.
    package func down(steps: Int) throws(MigrationError) -> Int {
        try run { applied throws(MigrationFaults) in try MigrationPlan.down(set, applied: applied, steps: steps) }
    }

    /// Takes back all above a version. The number of files run.
    package func down(to target: Int) throws(MigrationError) -> Int {
        try run { applied throws(MigrationFaults) in try MigrationPlan.down(set, applied: applied, to: target) }
    }

    /// How files and database stand to each other. Changes nothing and waits for nobody.
    package func status() throws(MigrationError) -> MigrationStatus {
        let connection = try connect()
        return MigrationStatus(set, applied: try applied(connection))
    }

    /// Everything on which files and database don't agree. Changes nothing and waits for nobody.
    package func verify() throws(MigrationError) -> [MigrationFault] {
        let connection = try connect()
        return MigrationPlan.verify(set, applied: try applied(connection))
    }

    /// Takes the lock first, so that what the plan is made from still holds when it is carried out.
    /// - Parameter grants: whether the service's rights are granted afterwards.
    private func run(
        grants: Bool = false, _ plan: ([AppliedMigration]) throws(MigrationFaults) -> MigrationPlan
    ) throws(MigrationError) -> Int {
        let connection = try connect()
        try lock(connection)
        let steps: [MigrationPlan.Step]
        var isAhead = false
        do {
            let plan = try plan(try applied(connection))
            if !plan.ahead.isEmpty { note(.ahead(plan.ahead)) }
            isAhead = !plan.ahead.isEmpty
            steps = plan.steps
        } catch let faults as MigrationFaults {
            throw MigrationError(faults)
        } catch let error as MigrationError {
            throw error
        } catch {
            throw MigrationError(.failed, "\(error)")
        }
        if !steps.isEmpty { try prepare(connection) }
        for step in steps { try perform(step, connection) }
        // A later release knows better what its tasks need.
        if grants, !isAhead { try grantRights(connection) }
        return steps.count
    }
}
