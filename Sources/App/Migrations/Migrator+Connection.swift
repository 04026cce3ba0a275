import Glibc
import PostgresClient

extension Migrator {
    /// One number for all migrators of this program: the letters of "commerce".
    private static let lockKey: Int64 = 0x636F_6D6D_6572_6365

    /// Connects, and waits for a database that is just starting.
    func connect() throws(MigrationError) -> BlockingConnection {
        let begun = ContinuousClock.now
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
                guard !Self.isLasting(reason), ContinuousClock.now - begun + pause <= settings.connectLimit else {
                    throw MigrationError(.unavailable, "the database \(configuration.summary) is out of reach: \(reason)")
                }
                note(.waitingForDatabase(reason))
                Self.sleep(pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    /// Takes the migrators' lock for as long as the connection lives.
    ///
    /// Asked for again and again, since one that waits in the server holds a snapshot, and CREATE INDEX CONCURRENTLY of the
    /// other one waits for all snapshots: a deadlock.
    func lock(_ connection: BlockingConnection) throws(MigrationError) {
        let begun = ContinuousClock.now
        var isTold = false
        while true {
            let isLocked: Bool
            do {
                isLocked = try connection.query("SELECT pg_try_advisory_lock(\(Self.lockKey))").first?[0] ?? false
            } catch {
                throw MigrationError(.unavailable, "cannot ask for the lock: \(error.description)")
            }
            if isLocked { return }
            guard ContinuousClock.now - begun < settings.waitLimit else {
                throw MigrationError(.busy, "another migrator is still at work after \(settings.waitLimit.settingText)")
            }
            if !isTold { note(.waitingForOther) }
            isTold = true
            Self.sleep(.milliseconds(Int64.random(in: 100...300)))
        }
    }

    /// What `schema_migration` says; nothing where there is no such table yet.
    func applied(_ connection: BlockingConnection) throws(MigrationError) -> [AppliedMigration] {
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

    static func sleep(_ time: Duration) {
        usleep(UInt32(clamping: max(0, time.components.seconds) * 1_000_000 + time.components.attoseconds / 1_000_000_000_000))
    }

    /// Whether trying again would meet the same answer. By libpq's and the server's words, in English, since libpq tells no
    /// code; in other languages it is only found out later.
    private static func isLasting(_ reason: String) -> Bool {
        ["authentication failed", "does not exist", "pg_hba.conf", "no password supplied", "certificate", "SSL was required"]
            .contains { reason.contains($0) }
    }
}
