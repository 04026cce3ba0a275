import PostgresClient

extension Migrator {
    /// How often a file is tried that finds its tables locked.
    private static let attempts = 6

    /// Makes the table that everything is written down in.
    func prepare(_ connection: BlockingConnection) throws(MigrationError) {
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

    /// Runs one file and writes it down, both or neither, except outside a transaction.
    func perform(_ step: MigrationPlan.Step, _ connection: BlockingConnection) throws(MigrationError) {
        let begun = ContinuousClock.now
        if step.script.isTransactional {
            try performInTransaction(step, connection, begun)
        } else {
            try performOutside(step, connection, begun)
        }
        let took = ContinuousClock.now - begun
        switch step {
        case .up(let migration): note(.applied(migration, took))
        case .down(let migration, _): note(.undone(migration, took))
        }
    }

    /// A statement that waits for a table's lock makes everybody behind it wait too. So it waits briefly, gives up, lets the
    /// others pass, and tries again.
    private func performInTransaction(
        _ step: MigrationPlan.Step, _ connection: BlockingConnection, _ begun: ContinuousClock.Instant
    ) throws(MigrationError) {
        var pause = firstPause
        for attempt in 1... {
            do {
                try connection.transaction {
                    try connection.execute("SET LOCAL lock_timeout = \(settings.lockTimeout.settingMilliseconds)")
                    try connection.execute(step.script.sql)
                    try write(step, connection, begun)
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

    /// One statement, sent in a way in which PostgreSQL takes no more than one. It may wait as long as it has to: what has to
    /// run so, as CREATE INDEX CONCURRENTLY, keeps nobody else waiting.
    private func performOutside(
        _ step: MigrationPlan.Step, _ connection: BlockingConnection, _ begun: ContinuousClock.Instant
    ) throws(MigrationError) {
        do throws(PostgresError) {
            try connection.query(PostgresQuery(unescaped: step.script.sql))
            // IF NOT EXISTS takes an invalid index for a good one.
            let leftovers = try invalidIndexes(step, connection)
            guard leftovers.isEmpty else { throw PostgresError(.server, "the index is there, but it is invalid") }
            try write(step, connection, begun)
        } catch {
            let leftovers = (try? invalidIndexes(step, connection)) ?? []
            let advice = leftovers.map {
                "; an attempt that failed left \($0) invalid: DROP INDEX CONCURRENTLY \($0), then try again"
            }
            throw failure(step, error, advice: advice.joined())
        }
    }

    /// Grants the service its rights. All at once, so that a task never sees a table without any.
    func grantRights(_ connection: BlockingConnection) throws(MigrationError) {
        do {
            try connection.transaction { try ServiceRights.grant(connection) }
        } catch {
            throw MigrationError(
                .failed, "cannot grant the service its rights: \((error as? PostgresError)?.description ?? "\(error)")")
        }
    }

    private func write(
        _ step: MigrationPlan.Step, _ connection: BlockingConnection, _ begun: ContinuousClock.Instant
    ) throws(PostgresError) {
        switch step {
        case .up(let migration):
            let took = (ContinuousClock.now - begun).components
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

    /// Invalid indexes that the file speaks of.
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
}
