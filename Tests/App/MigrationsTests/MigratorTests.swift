import Foundation
import Formats
import PostgresClient
import Synchronization
import TestSupport
import Testing

@testable import Configuration
@testable import Migrations

/// Against a real server, each test in a database of its own.
@Suite("Migrator")
struct MigratorTests {
    private static func migrator(
        _ files: [String: String], _ url: String, environment: [String: String] = [:],
        note: @escaping (MigrationEvent) -> Void = { _ in }
    ) throws -> Migrator {
        let configuration = try Configuration.load(from: ["DATABASE_URL": url].merging(environment) { $1 })
        var migrator = try Migrator(
            MigrationSet(files: files.mapValues { Array($0.utf8) }), configuration: configuration.database.primary,
            settings: configuration.migration, note: note)
        migrator.firstPause = .milliseconds(20)
        return migrator
    }

    private static func real(_ url: String) throws -> Migrator {
        let configuration = try Configuration.load(from: ["DATABASE_URL": url])
        let files = try MigrationDirectory.files(TestEnvironment.read().root + "/migrations")
        return try Migrator(
            MigrationSet(files: files), configuration: configuration.database.primary, settings: configuration.migration
        ) { _ in }
    }

    private static let two = [
        "0001_a.up.sql": "CREATE TABLE a (id int); INSERT INTO a VALUES (1)", "0001_a.down.sql": "DROP TABLE a",
        "0002_b.up.sql": "CREATE TABLE b (id int)", "0002_b.down.sql": "DROP TABLE b",
    ]

    private func error(_ body: () throws(MigrationError) -> Int) -> MigrationError? {
        do {
            _ = try body()
            return nil
        } catch {
            return error
        }
    }

    @Test("Up applies what is missing, once, and writes it down")
    func up() throws {
        let database = try TestDatabase()
        let migrator = try Self.migrator(Self.two, database.url)
        #expect(try migrator.up(to: 1) == 1)
        #expect(try migrator.up() == 1)
        #expect(try migrator.up() == 0)
        #expect(try database.execute("SELECT count(*) FROM a") == "1")
        let checksums = migrator.set.migrations.map(\.up.checksum)
        #expect(
            try database.execute("SELECT version, name, checksum FROM schema_migration ORDER BY version")
                == "1|a|\(checksums[0])\n2|b|\(checksums[1])")
        #expect(try migrator.status().rows.map(\.state) == [.applied, .applied])
        #expect(try migrator.verify().isEmpty)
        let connection = try BlockingConnection(connectionString: database.url)
        #expect(try connection.query(Schema.versionQuery).first?[0] == Int32(2))
    }

    @Test("Looking changes nothing, not even in a database that was never migrated")
    func looking() throws {
        let database = try TestDatabase()
        let migrator = try Self.migrator(Self.two, database.url)
        #expect(try migrator.status().rows.map(\.state) == [.pending, .pending])
        #expect(try migrator.verify().isEmpty)
        #expect(try database.execute("SELECT count(*) FROM pg_class WHERE relname = 'schema_migration'") == "0")
    }

    @Test("A migration that fails leaves nothing, and those before it stay")
    func failing() throws {
        let database = try TestDatabase()
        var files = Self.two
        files["0003_c.up.sql"] = "CREATE TABLE c (id int); INSERT INTO c VALUES (1); SELECT nonsense"
        let migrator = try Self.migrator(files, database.url)
        let failure = error { () throws(MigrationError) in try migrator.up() }
        #expect(failure?.code == .failed)
        #expect(failure?.description.contains("0003_c.up.sql") == true)
        #expect(failure?.description.contains("42703") == true)
        #expect(try database.execute("SELECT max(version) FROM schema_migration") == "2")
        #expect(try database.execute("SELECT count(*) FROM pg_class WHERE relname = 'c'") == "0")

        files["0003_c.up.sql"] = "CREATE TABLE c (id int)"
        #expect(try Self.migrator(files, database.url).up() == 1)
    }

    @Test("An edited file is refused by name, and nothing is run")
    func edited() throws {
        let database = try TestDatabase()
        #expect(try Self.migrator(Self.two, database.url).up(to: 1) == 1)
        var files = Self.two
        files["0001_a.up.sql"] = "CREATE TABLE a (id bigint)"
        let migrator = try Self.migrator(files, database.url)
        let failure = error { () throws(MigrationError) in try migrator.up() }
        #expect(failure?.code == .refused)
        #expect(failure?.description.contains("0001_a.up.sql") == true)
        #expect(try migrator.verify() == [.edited(file: "0001_a.up.sql")])
        #expect(try migrator.status().rows.map(\.state) == [.edited, .pending])
        #expect(try database.execute("SELECT count(*) FROM schema_migration") == "1")
    }

    @Test("Down takes back the newest, or all above a version")
    func down() throws {
        let database = try TestDatabase()
        let migrator = try Self.migrator(Self.two, database.url)
        #expect(try migrator.up() == 2)
        #expect(try migrator.down(steps: 1) == 1)
        #expect(try database.execute("SELECT string_agg(relname, ',') FROM pg_class WHERE relname IN ('a', 'b')") == "a")
        #expect(try migrator.up() == 1)
        #expect(try migrator.down(to: 0) == 2)
        #expect(try database.execute("SELECT count(*) FROM schema_migration") == "0")
    }

    @Test("The project's migrations go up, down and up again to the same schema")
    func roundTrip() throws {
        let database = try TestDatabase()
        let migrator = try Self.real(database.url)
        func dump() throws -> String {
            let text = try Command.check(
                [TestEnvironment.read().postgresPrograms + "/pg_dump", "--schema-only", "--no-comments", database.url])
            // Newer releases print a random key around the dump.
            return text.split(separator: "\n").filter { !$0.hasPrefix("\\") && !$0.hasPrefix("--") }.joined(separator: "\n")
        }
        #expect(try migrator.up() == Schema.requiredVersion)
        let first = try dump()
        #expect(first.contains("CREATE TABLE public.product"))
        #expect(try migrator.down(to: 0) == Schema.requiredVersion)
        #expect(
            try database.execute(
                """
                SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'schema_migration%'
                UNION ALL SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
                -- Extensions stay, as they may have been there before.
                AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
                """) == "")
        #expect(try migrator.up() == Schema.requiredVersion)
        #expect(try dump() == first)
        // Each step back, and there again.
        for _ in 0..<Schema.requiredVersion { #expect(try migrator.down(steps: 1) == 1) }
        #expect(try migrator.up() == Schema.requiredVersion)
        #expect(try dump() == first)
    }

    @Test("Of several migrators at once one does the work, and the others find it done")
    func several() async throws {
        let database = try TestDatabase()
        let url = database.url
        var files = Self.two
        files["0001_a.up.sql"] = "CREATE TABLE a (id int); SELECT pg_sleep(0.2)"
        let shared = files
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<5 { group.addTask { try await onOwnThread { try Self.migrator(shared, url).up() } } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts.sorted() == [0, 0, 0, 0, 2])
    }

    @Test("A migrator gives up on another one that is at work for too long")
    func busy() throws {
        let database = try TestDatabase()
        let other = try Self.migrator(Self.two, database.url)
        let connection = try other.connect()
        try other.lock(connection)
        let migrator = try Self.migrator(Self.two, database.url, environment: ["MIGRATION_WAIT": "300ms"])
        #expect(error { () throws(MigrationError) in try migrator.up() }?.code == .busy)
        connection.close()
        #expect(try migrator.up() == 2)
    }

    @Test("A locked table is not waited for at length: the file gives up, pauses, and comes again")
    func lockedTable() throws {
        let database = try TestDatabase()
        #expect(try Self.migrator(Self.two, database.url).up() == 2)
        let blocker = try BlockingConnection(connectionString: database.url)
        try blocker.execute("BEGIN; LOCK TABLE a IN ACCESS SHARE MODE")
        var files = Self.two
        files["0003_c.up.sql"] = "CREATE TABLE c (id int); ALTER TABLE a ADD COLUMN more int"
        var pauses = 0
        let migrator = try Self.migrator(files, database.url, environment: ["MIGRATION_LOCK_TIMEOUT": "50ms"]) { event in
            guard case .locked(let file, _) = event else { return }
            #expect(file == "0003_c.up.sql")
            pauses += 1
            if pauses == 2 { try? blocker.execute("COMMIT") }
        }
        #expect(try migrator.up() == 1)
        #expect(pauses == 2)
    }

    @Test("A table that stays locked is an error in the end, and nothing is left")
    func lockedForGood() throws {
        let database = try TestDatabase()
        #expect(try Self.migrator(Self.two, database.url).up() == 2)
        let blocker = try BlockingConnection(connectionString: database.url)
        try blocker.execute("BEGIN; LOCK TABLE a IN ACCESS SHARE MODE")
        var files = Self.two
        files["0003_c.up.sql"] = "CREATE TABLE c (id int); ALTER TABLE a ADD COLUMN more int"
        let migrator = try Self.migrator(files, database.url, environment: ["MIGRATION_LOCK_TIMEOUT": "20ms"])
        let failure = error { () throws(MigrationError) in try migrator.up() }
        #expect(failure?.code == .failed)
        #expect(failure?.description.contains("locked") == true)
        #expect(try database.execute("SELECT count(*) FROM pg_class WHERE relname = 'c'") == "0")
    }

    @Test("A file without transaction may build an index while others write")
    func concurrently() throws {
        let database = try TestDatabase()
        var files = Self.two
        files["0003_c.up.sql"] = "-- no-transaction\nCREATE INDEX CONCURRENTLY a_id ON a (id);\n"
        files["0003_c.down.sql"] = "-- no-transaction\nDROP INDEX CONCURRENTLY a_id;\n"
        let migrator = try Self.migrator(files, database.url)
        #expect(try migrator.up() == 3)
        #expect(try database.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_id'::regclass") == "t")
        #expect(try migrator.down(steps: 1) == 1)
        #expect(try migrator.up() == 1)
    }

    @Test("The statements of a file without transaction run one by one, and those before one that fails stay")
    func oneByOne() throws {
        let database = try TestDatabase()
        var files = Self.two
        let index = "CREATE INDEX CONCURRENTLY IF NOT EXISTS a_id\n    ON a (id);\n"
        files["0003_c.up.sql"] = "-- no-transaction\n\(index)-- Why.\nCREATE INDEX CONCURRENTLY b_id ON missing (id);\n"
        let broken = try Self.migrator(files, database.url)
        #expect(error { () throws(MigrationError) in try broken.up() }?.description.contains("0003_c.up.sql") == true)
        #expect(try database.execute("SELECT count(*) FROM pg_class WHERE relname = 'a_id'") == "1")
        files["0003_c.up.sql"] = "-- no-transaction\n\(index)CREATE INDEX CONCURRENTLY a_id_again ON a (id)"
        #expect(try Self.migrator(files, database.url).up() == 1)
        #expect(try database.execute("SELECT count(*) FROM pg_class WHERE relname IN ('a_id', 'a_id_again')") == "2")
    }

    @Test("An index that a failed attempt left invalid is named, and is never taken for a good one")
    func invalidIndex() throws {
        let database = try TestDatabase()
        var files = Self.two
        files["0003_c.up.sql"] = "-- no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_unique ON a (id)"
        #expect(try Self.migrator(files, database.url).up(to: 2) == 2)
        try database.execute("INSERT INTO a VALUES (1)")
        let migrator = try Self.migrator(files, database.url)
        for _ in 0..<2 {
            let failure = error { () throws(MigrationError) in try migrator.up() }
            #expect(failure?.description.contains("DROP INDEX CONCURRENTLY a_unique") == true)
            // The second time the data is in order, but IF NOT EXISTS finds the wreck.
            try database.execute("DELETE FROM a")
        }
        try database.execute("DROP INDEX a_unique")
        #expect(try migrator.up() == 1)
    }

    @Test("A database that is just starting is waited for")
    func starting() async throws {
        let server = try await onOwnThread { try PostgresServer() }
        try await onOwnThread { try server.stop() }
        let url = server.url
        let begun = Mutex(false)
        async let count = onOwnThread {
            try Self.migrator(Self.two, url) { event in
                if case .waitingForDatabase = event { begun.withLock { $0 = true } }
            }.up()
        }
        try await onOwnThread {
            #expect(Deadline(seconds: 20).poll { begun.withLock { $0 } })
            try server.start()
        }
        #expect(try await count == 2)
    }

    @Test("An unreachable database is reported after the time to wait, a lasting error at once")
    func unavailable() throws {
        let port = try FreePort.find()
        let migrator = try Self.migrator(
            Self.two, "postgresql://postgres@127.0.0.1:\(port)/x", environment: ["MIGRATION_CONNECT_WAIT": "300ms"])
        #expect(error { () throws(MigrationError) in try migrator.up() }?.code == .unavailable)
        let missing = try TestEnvironment.read().databaseURL + "_missing"
        var waits = 0
        let other = try Self.migrator(Self.two, missing) { _ in waits += 1 }
        #expect(error { () throws(MigrationError) in try other.up() }?.code == .unavailable)
        #expect(waits == 0)
    }
}
