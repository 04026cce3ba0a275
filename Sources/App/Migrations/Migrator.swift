import Configuration
import Glibc
import PostgresClient

/// Migrates a database's schema: it compares the files with the table `schema_migration` and runs the files that are missing.
///
/// It uses one blocking connection, so it never runs on an event loop. Two migrators at once are safe: the second one waits, and
/// then finds nothing to do.
package struct Migrator {
    /// One number for all migrators of this program: the letters of "commerce".
    private static let lockKey: Int64 = 0x636F_6D6D_6572_6365
    /// How often a file is tried whose tables are locked.
    private static let attempts = 6

    let set: MigrationSet
    private let configuration: PostgresConfiguration
    private let settings: MigrationSettings
    private let note: (MigrationEvent) -> Void
    /// The pause before a file whose tables were locked is tried again; it doubles each time.
    var firstPause = Duration.milliseconds(500)

    /// - Parameter note: Receives the progress, on the caller's thread.
    package init(
        _ set: MigrationSet, configuration: PostgresConfiguration, settings: MigrationSettings,
        note: @escaping (MigrationEvent) -> Void
    ) {
        self.set = set
        self.configuration = configuration
        self.settings = settings
        self.note = note
    }

    /// Applies the migrations that are missing, all or up to a version.
    /// - Returns: The number of files that ran.
    package func up(to target: Int? = nil) throws(MigrationError) -> Int {
        try run(grantsPrivileges: target == nil) { applied throws(InvalidMigrationsError) in
            try MigrationPlan.up(set, applied: applied, to: target)
        }
    }

    /// Undoes the newest migrations.
    /// - Returns: The number of files that ran.
    package func down(steps: Int) throws(MigrationError) -> Int {
        try run { applied throws(InvalidMigrationsError) in try MigrationPlan.down(set, applied: applied, steps: steps) }
    }

    /// Undoes all migrations above a version.
    /// - Returns: The number of files that ran.
    package func down(to target: Int) throws(MigrationError) -> Int {
        try run { applied throws(InvalidMigrationsError) in try MigrationPlan.down(set, applied: applied, to: target) }
    }

    /// Lists the migrations in the files and in the database. It changes nothing and takes no lock.
    package func status() throws(MigrationError) -> MigrationStatus {
        let connection = try connect()
        return MigrationStatus(set, applied: try applied(connection))
    }

    /// Finds all contradictions between files and database. It changes nothing and takes no lock.
    package func verify() throws(MigrationError) -> [MigrationIssue] {
        let connection = try connect()
        return MigrationPlan.verify(set, applied: try applied(connection))
    }

    /// Finds the data that undoing migrations would delete. It changes nothing, and waits at most a second for a lock.
    /// - Parameter target: The version that stays; by default the one below the newest that is applied.
    package func losses(downTo target: Int?) throws(MigrationError) -> MigrationLosses {
        let connection = try connect()
        let applied = try applied(connection)
        do {
            // Where counting takes longer, the planner's estimate is used.
            try connection.execute("SET statement_timeout = '5s'; SET lock_timeout = '1s'")
            let newest = applied.map(\.version).max() ?? 0
            let target = target ?? max(0, newest - 1)
            return MigrationLosses(try MigrationPlan.down(set, applied: applied, to: target), target: target, on: connection)
        } catch let error as InvalidMigrationsError {
            throw MigrationError(error)
        } catch {
            throw MigrationError(.failed, "cannot look at what would be lost: \(error)")
        }
    }

    /// Carries out a plan. The lock comes first, so that the plan's assumptions hold while it is carried out.
    /// - Parameter grantsPrivileges: Whether the service gets its privileges afterwards.
    private func run(
        grantsPrivileges: Bool = false, _ plan: ([AppliedMigration]) throws(InvalidMigrationsError) -> MigrationPlan
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
        } catch let error as InvalidMigrationsError {
            throw MigrationError(error)
        } catch let error as MigrationError {
            throw error
        } catch {
            throw MigrationError(.failed, "\(error)")
        }
        if !steps.isEmpty { try createTable(connection) }
        for step in steps { try perform(step, connection) }
        // After a rollback the privileges of the newer release stay: its tasks need them.
        if grantsPrivileges, !isAhead { try grantPrivileges(connection) }
        return steps.count
    }

    // MARK: Connection and lock

    /// Connects; waits for a database that is starting up.
    func connect() throws(MigrationError) -> BlockingConnection {
        let start = ContinuousClock.now
        var pause = Duration.milliseconds(200)
        while true {
            do {
                let connection = try BlockingConnection(configuration)
                try connection.execute(
                    """
                    SET application_name = 'commerce migrate'; SET statement_timeout = 0; SET lock_timeout = 0;
                    SET idle_in_transaction_session_timeout = 0; SET client_min_messages = warning
                    """)
                return connection
            } catch {
                let reason = error.message ?? error.description
                guard !Self.isPermanent(reason), ContinuousClock.now - start + pause <= settings.connectLimit else {
                    throw MigrationError(.unavailable, "the database \(configuration.summary) is out of reach: \(reason)")
                }
                note(.waitingForDatabase(reason))
                Self.sleep(pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    /// Whether another attempt would fail for the same reason. libpq gives no code, so this looks at its English messages; in
    /// other languages the attempts go on until the time is over.
    private static func isPermanent(_ reason: String) -> Bool {
        ["authentication failed", "does not exist", "pg_hba.conf", "no password supplied", "certificate", "SSL was required"]
            .contains { reason.contains($0) }
    }

    /// Takes the migrators' lock, which is held until the connection closes.
    ///
    /// It polls: a session that waits for the lock inside the server holds a snapshot, and a CREATE INDEX CONCURRENTLY of the
    /// other migrator would wait for that snapshot, which is a deadlock.
    func lock(_ connection: BlockingConnection) throws(MigrationError) {
        let start = ContinuousClock.now
        var isNoted = false
        while true {
            let isLocked: Bool
            do {
                isLocked = try connection.query("SELECT pg_try_advisory_lock(\(Self.lockKey))").first?[0] ?? false
            } catch {
                throw MigrationError(.unavailable, "cannot ask for the lock: \(error.description)")
            }
            if isLocked { return }
            guard ContinuousClock.now - start < settings.waitLimit else {
                throw MigrationError(.busy, "another migrator is still at work after \(settings.waitLimit.settingText)")
            }
            if !isNoted { note(.waitingForOther) }
            isNoted = true
            Self.sleep(.milliseconds(Int64.random(in: 100...300)))
        }
    }

    private static func sleep(_ time: Duration) {
        usleep(UInt32(clamping: max(0, time.components.seconds) * 1_000_000 + time.components.attoseconds / 1_000_000_000_000))
    }

    // MARK: The table of migrations

    private func createTable(_ connection: BlockingConnection) throws(MigrationError) {
        do {
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS schema_migration (
                    version    integer PRIMARY KEY,
                    name       text NOT NULL,
                    checksum   text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now(),
                    duration   interval NOT NULL
                )
                """)
        } catch {
            throw MigrationError(.failed, "cannot make schema_migration: \(error.description)")
        }
    }

    /// The rows of `schema_migration`; none if there is no such table yet.
    private func applied(_ connection: BlockingConnection) throws(MigrationError) -> [AppliedMigration] {
        do {
            let exists: Bool = try connection.query("SELECT to_regclass('schema_migration') IS NOT NULL").first?[0] ?? false
            guard exists else { return [] }
            var applied: [AppliedMigration] = []
            let rows = try connection.query(
                """
                SELECT version, name, checksum, applied_at, (extract(epoch FROM duration) * 1000000)::bigint
                FROM schema_migration ORDER BY version
                """)
            for row in rows {
                applied.append(
                    AppliedMigration(
                        version: Int(try row[0, as: Int32.self]), name: try row[1], checksum: try row[2], appliedAt: try row[3],
                        duration: .microseconds(try row[4, as: Int64.self])))
            }
            return applied
        } catch {
            throw MigrationError(.failed, "cannot read schema_migration: \(error.description)")
        }
    }

    private func record(
        _ step: MigrationPlan.Step, _ connection: BlockingConnection, _ start: ContinuousClock.Instant
    ) throws(PostgresError) {
        switch step {
        case .up(let migration):
            let took = (ContinuousClock.now - start).components
            let microseconds = took.seconds * 1_000_000 + took.attoseconds / 1_000_000_000_000
            try connection.query(
                """
                INSERT INTO schema_migration (version, name, checksum, duration)
                VALUES (\(Int32(clamping: migration.version)), \(migration.name), \(migration.up.checksum),
                        \(microseconds)::bigint * interval '1 microsecond')
                """)
        case .down(let migration, _):
            try connection.query("DELETE FROM schema_migration WHERE version = \(Int32(clamping: migration.version))")
        }
    }

    // MARK: Running a file

    /// Runs a file and records it: in one transaction, unless the file turns that off.
    private func perform(_ step: MigrationPlan.Step, _ connection: BlockingConnection) throws(MigrationError) {
        let start = ContinuousClock.now
        if step.script.isTransactional {
            try performInTransaction(step, connection, start)
        } else {
            try performWithoutTransaction(step, connection, start)
        }
        let took = ContinuousClock.now - start
        switch step {
        case .up(let migration): note(.applied(migration, took))
        case .down(let migration, _): note(.undone(migration, took))
        }
    }

    /// A statement that waits for a table's lock makes all later queries on the table wait too. So it waits only briefly, gives
    /// up, lets the other queries pass, and tries again.
    private func performInTransaction(
        _ step: MigrationPlan.Step, _ connection: BlockingConnection, _ start: ContinuousClock.Instant
    ) throws(MigrationError) {
        var pause = firstPause
        for attempt in 1... {
            do {
                try connection.transaction {
                    try connection.execute("SET LOCAL lock_timeout = \(settings.lockTimeout.settingMilliseconds)")
                    try connection.execute(step.script.sql)
                    try record(step, connection, start)
                }
                return
            } catch {
                let error = error as? PostgresError ?? PostgresError(.server, "\(error)")
                let isBlocked = [SQLState.lockNotAvailable, SQLState.deadlockDetected].contains(error.sqlState)
                guard isBlocked, attempt < Self.attempts else {
                    throw failure(step, error, advice: isBlocked ? "; its tables stayed locked through \(attempt) attempts" : "")
                }
                note(.locked(file: step.script.file, pause: pause))
                Self.sleep(pause)
                pause = min(pause * 2, .seconds(4))
            }
        }
    }

    /// Runs the statements of a script one by one, each by itself. If one fails, those before it stay, so each has to do nothing
    /// when it runs again. They have no time limit: a statement that needs to run this way, such as CREATE INDEX CONCURRENTLY,
    /// blocks no other session.
    private func performWithoutTransaction(
        _ step: MigrationPlan.Step, _ connection: BlockingConnection, _ start: ContinuousClock.Instant
    ) throws(MigrationError) {
        do throws(PostgresError) {
            for statement in step.script.statements { try connection.query(PostgresQuery(unescaped: statement)) }
            // IF NOT EXISTS accepts an invalid index.
            let leftovers = try invalidIndexes(step, connection)
            guard leftovers.isEmpty else { throw PostgresError(.server, "the index is there, but it is invalid") }
            try record(step, connection, start)
        } catch {
            let leftovers = (try? invalidIndexes(step, connection)) ?? []
            let advice = leftovers.map {
                "; an attempt that failed left \($0) invalid: DROP INDEX CONCURRENTLY \($0), then try again"
            }
            throw failure(step, error, advice: advice.joined())
        }
    }

    /// The invalid indexes that the file names.
    private func invalidIndexes(
        _ step: MigrationPlan.Step, _ connection: BlockingConnection
    ) throws(PostgresError) -> [String] {
        let rows = try connection.query(
            "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid ORDER BY 1")
        var names: [String] = []
        for row in rows { names.append(try row[0]) }
        let words = Set(step.script.sql.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
        return names.filter(words.contains)
    }

    private func failure(_ step: MigrationPlan.Step, _ error: PostgresError, advice: String) -> MigrationError {
        var reason = error.message ?? error.constraint.map { "violates \($0)" } ?? error.code.rawValue
        if let state = error.sqlState { reason += " (SQLSTATE \(state))" }
        let code: MigrationError.Code = error.code == .connectionUnavailable ? .unavailable : .failed
        return MigrationError(code, "\(step.script.file): \(reason)\(advice)")
    }

    /// Grants the service its privileges, in one transaction: no task ever finds a table without them.
    private func grantPrivileges(_ connection: BlockingConnection) throws(MigrationError) {
        do {
            try connection.transaction { try ServicePrivileges.grant(connection) }
        } catch {
            throw MigrationError(
                .failed, "cannot grant the service its rights: \((error as? PostgresError)?.description ?? "\(error)")")
        }
    }
}
