import Formats
import Testing

@testable import Migrations

@Suite("Migration files")
struct MigrationSetTests {
    private func set(_ files: [String: String]) throws(InvalidMigrationsError) -> MigrationSet {
        try MigrationSet(files: files.mapValues { Array($0.utf8) })
    }

    private func issues(_ files: [String]) -> [MigrationIssue] {
        do {
            _ = try set(Dictionary(uniqueKeysWithValues: files.map { ($0, "SELECT 1") }))
            return []
        } catch {
            return error.issues
        }
    }

    @Test("Files become versions in order, each with its way back where there is one")
    func order() throws {
        let set = try set([
            "0002_carts.up.sql": "B", "0001_catalogue.up.sql": "A", "0001_catalogue.down.sql": "a", "0010_x.txt": "",
            "README.md": "",
        ])
        #expect(set.migrations.map(\.title) == ["0001_catalogue", "0002_carts"])
        #expect(set.migrations.map(\.up.sql) == ["A", "B"])
        #expect(set.migrations.map(\.down?.sql) == ["a", nil])
        #expect(set.highest == 2)
    }

    @Test("A checksum is SHA-256 of the file's bytes")
    func checksum() throws {
        let script = MigrationScript(file: "0001_a.up.sql", bytes: Array("abc".utf8))
        #expect(script.checksum == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test(
        "Names that are no migration's are refused by name",
        arguments: [
            "1_a.up.sql", "0001_.up.sql", "0001.up.sql", "0001-a.up.sql", "0001_A.up.sql", "0001_a.sql", "0001_a.UP.sql",
            "0000_a.up.sql",
            "٠٠٠١_a.up.sql", "0001_é.up.sql", "00001_a.up.sql", "-001_a.up.sql", "+001_a.up.sql",
        ])
    func strangeNames(file: String) {
        #expect(issues([file]) == [.strangeName(file: file)])
    }

    @Test("A number used twice, a hole, a way back alone, and an empty directory are refused")
    func contradictions() {
        #expect(issues(["0001_a.up.sql", "0001_b.up.sql"]) == [.sameVersion(file: "0001_b.up.sql", other: "0001_a.up.sql")])
        #expect(issues(["0001_a.up.sql", "0003_c.up.sql"]) == [.gap(version: 2)])
        #expect(issues(["0002_a.up.sql"]) == [.gap(version: 1)])
        #expect(issues(["0001_a.up.sql", "0002_b.down.sql"]) == [.downWithoutUp(file: "0002_b.down.sql")])
        #expect(issues(["0001_a.up.sql", "0001_b.down.sql"]) == [.downWithoutUp(file: "0001_b.down.sql")])
        #expect(issues([]) == [.noFiles])
        #expect(issues(["0001_a.up.sql", "9999_z.up.sql"]).count == 1)
    }

    @Test(
        "Only a first line \"-- no-transaction\" turns the transaction off",
        arguments: [
            ("-- no-transaction\nCREATE INDEX CONCURRENTLY i ON t (a);", false), ("--no-transaction\r\nVACUUM", false),
            ("--  no-transaction  ", false), ("-- No transaction\nSELECT 1", true), ("SELECT 1;\n-- no-transaction", true),
            ("", true),
            ("-- no-transaction please\nSELECT 1", true),
        ])
    func transactions(sql: String, isTransactional: Bool) {
        #expect(MigrationScript(file: "0001_a.up.sql", bytes: Array(sql.utf8)).isTransactional == isTransactional)
    }

    @Test("A script without transaction runs one statement after the other; the body of a function is a part of one")
    func statements() {
        let function = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$\nBEGIN\n    PERFORM 1;\nEND\n$$;"
        let oneLine = "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;"
        let script = MigrationScript(
            file: "0001_a.up.sql",
            bytes: Array("-- no-transaction\nSELECT 1;\n-- Why; indeed.\n\(function)\n\(oneLine)\nSELECT\n2; \nSELECT 3".utf8))
        #expect(script.statements == ["SELECT 1;", function, oneLine, "SELECT\n2; ", "SELECT 3"])
    }

    @Test("Whatever the names are, the result is versions without hole, or issues")
    func anyNames() {
        var random = SystemRandomNumberGenerator()
        let pieces = ["0001", "0002", "0003", "_", "a", "b", ".up", ".down", ".sql", "é", ""]
        for _ in 0..<3_000 {
            let names = Set(
                (0..<Int.random(in: 0...5, using: &random)).map { _ in
                    (0..<5).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
                })
            guard let set = try? MigrationSet(files: Dictionary(uniqueKeysWithValues: names.map { ($0, []) })) else { continue }
            #expect(set.migrations.map(\.version) == Array(1...set.migrations.count))
        }
    }
}
