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
        #expect(try run("down").status == .exited(0))
        #expect(try run("status").output.split(separator: "\n").last?.contains("pending") == true)
        #expect(try run("down", "--to", "0").status == .exited(0))
        #expect(try database.execute("SELECT count(*) FROM schema_migration") == "0")
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

    @Test("Wrong usage is exit code 64", arguments: [
        ["sideways"], ["down", "--steps", "0"], ["down", "--steps", "1", "--to", "1"], ["up", "--to", "x"],
    ])
    func usage(arguments: [String]) throws {
        let done = try ServiceProcess.run(["migrate"] + arguments, environment: ["DATABASE_URL": "postgresql://127.0.0.1:1/x"])
        #expect(done.status == .exited(64))
        #expect(done.error.split(separator: "\n").count == 1)
    }
}
