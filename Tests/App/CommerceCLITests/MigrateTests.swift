import Foundation
import TestSupport
import Testing

/// `commerce migrate`, the real binary against the real server.
@Suite("commerce migrate")
struct MigrateTests {
    @Test("Up, status, verify, down")
    func life() throws {
        let database = try TestDatabase()
        let environment = ["DATABASE_URL": database.url]
        func run(_ arguments: String...) throws -> Command {
            try ServiceProcess.run(["migrate"] + arguments, environment: environment)
        }
        #expect(try run("status").output.contains("pending"))
        let up = try run("up")
        #expect(up.status == .exited(0))
        #expect(up.error.isEmpty)
        #expect(up.output.contains("\"message\":\"migration applied\""))
        #expect(try run("up").status == .exited(0))
        let status = try run("status", "--json")
        let rows = try #require(JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [[String: Any]])
        #expect(rows.allSatisfy { $0["state"] as? String == "applied" })
        #expect(try run("verify").status == .exited(0))
        let highest = rows.count
        #expect(try run("down", "--to", "\(highest - 1)", "--yes").status == .exited(0))
        #expect(try run("status").output.split(separator: "\n").last?.contains("pending") == true)
        #expect(try run("down", "--to", "0", "--yes").status == .exited(0))
        #expect(try database.execute("SELECT count(*) FROM schema_migration") == "0")
    }

    @Test("Down lists what would be lost, and does nothing without a version and --yes")
    func downAsks() throws {
        let database = try TestDatabase()
        let files = try ScratchDirectory("migrations")
        _ = try files.write(
            "0001_a.up.sql", "CREATE TABLE a (id int, b text); INSERT INTO a VALUES (1, 'x'), (2, NULL), (3, 'y')")
        _ = try files.write("0001_a.down.sql", "DROP TABLE a")
        _ = try files.write("0002_c.up.sql", "ALTER TABLE a ADD COLUMN c text; UPDATE a SET c = 'z' WHERE id < 3")
        _ = try files.write("0002_c.down.sql", "ALTER TABLE a DROP COLUMN c")
        _ = try files.write("0003_i.up.sql", "CREATE INDEX i ON a (id)")
        _ = try files.write("0003_i.down.sql", "DROP INDEX i")
        let environment = ["DATABASE_URL": database.url, "MIGRATIONS_DIR": files.path]
        func run(_ arguments: String...) throws -> Command {
            try ServiceProcess.run(["migrate"] + arguments, environment: environment)
        }
        #expect(try run("up").status == .exited(0))
        for (arguments, target, lost) in [
            (["down"], 2, ["0003_i: no data"]), (["down", "--yes"], 2, ["0003_i: no data"]),
            (["down", "--to", "1"], 1, ["0003_i: no data", "0002_c: the column a.c with values in 2 rows"]),
            (["down", "--to", "0"], 0, ["0002_c: the column a.c with values in 2 rows", "0001_a: the table a with 3 rows"]),
        ] {
            let done = try ServiceProcess.run(["migrate"] + arguments, environment: environment)
            #expect(done.status == .exited(64))
            #expect(done.error.split(separator: "\n").count == 1 && done.error.contains("--to \(target) --yes"))
            for line in lost { #expect(done.output.contains(line), "\(done.output)") }
            #expect(
                try database.execute("SELECT count(*), count(c) FROM a; SELECT max(version) FROM schema_migration") == "3|2\n3")
        }
        #expect(try run("down", "--to", "3").status == .exited(0))
        let done = try run("down", "--to", "1", "--yes")
        #expect(done.status == .exited(0) && done.output.contains("the column a.c with values in 2 rows"))
        #expect(try database.execute("SELECT count(b) FROM a; SELECT max(version) FROM schema_migration") == "2\n1")
    }

    @Test("Two programs at once are safe")
    func twoAtOnce() async throws {
        let database = try TestDatabase()
        let environment = ["DATABASE_URL": database.url]
        async let first = onOwnThread { try ServiceProcess.run(["migrate", "up"], environment: environment) }
        async let second = onOwnThread { try ServiceProcess.run(["migrate", "up"], environment: environment) }
        let outputs = try await [first, second]
        #expect(outputs.allSatisfy { $0.status == .exited(0) })
        let applied = outputs.map(\.output).joined().split(separator: "\n").filter { $0.contains("migration applied") }
        let count = try await database.execute("SELECT count(*) FROM schema_migration")
        #expect(applied.count == Int(count))
    }

    @Test("An edited file is refused by name with exit code 1; so is a directory without migrations")
    func edited() throws {
        let database = try TestDatabase()
        let files = try ScratchDirectory("migrations")
        _ = try files.write("0001_a.up.sql", "CREATE TABLE a (id int)")
        let environment = ["DATABASE_URL": database.url, "MIGRATIONS_DIR": files.path]
        #expect(try ServiceProcess.run(["migrate", "up"], environment: environment).status == .exited(0))
        _ = try files.write("0001_a.up.sql", "CREATE TABLE a (id bigint)")
        for command in ["up", "verify"] {
            let done = try ServiceProcess.run(["migrate", command], environment: environment)
            #expect(done.status == .exited(1))
            #expect(done.error.contains("0001_a.up.sql"))
            #expect(done.error.split(separator: "\n").count == 1)
        }
        let nowhere = try ServiceProcess.run(
            ["migrate", "up"], environment: ["DATABASE_URL": database.url, "MIGRATIONS_DIR": files.path + "/none"])
        #expect(nowhere.status == .exited(1))
        #expect(nowhere.error.split(separator: "\n").count == 1)
    }

    @Test("A database out of reach is exit code 69 and one line without its password")
    func unavailable() throws {
        let port = try FreePort.find()
        let done = try ServiceProcess.run(
            ["migrate", "up"],
            environment: ["DATABASE_URL": "postgresql://shop:hunter2@127.0.0.1:\(port)/shop", "MIGRATION_CONNECT_WAIT": "0s"])
        #expect(done.status == .exited(69))
        #expect(done.error.split(separator: "\n").count == 1)
        #expect(!(done.error + done.output).contains("hunter2"))
    }

    @Test(
        "Wrong usage is exit code 64",
        arguments: [
            ["sideways"], ["down", "--steps", "0"], ["down", "--steps", "1", "--to", "1"], ["down", "--to", "x"],
            ["down", "--to", "99x", "--yes"], ["up", "--to", "x"],
        ])
    func usage(arguments: [String]) throws {
        let done = try ServiceProcess.run(["migrate"] + arguments, environment: ["DATABASE_URL": "postgresql://127.0.0.1:1/x"])
        #expect(done.status == .exited(64))
        #expect(done.error.split(separator: "\n").count == 1)
    }
}
