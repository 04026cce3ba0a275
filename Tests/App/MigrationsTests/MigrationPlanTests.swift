import Formats
import Testing

@testable import Migrations

@Suite("Migration plan")
struct MigrationPlanTests {
    private static func files(_ count: Int, without: Set<Int> = []) -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for version in stride(from: 1, through: count, by: 1) {
            files["000\(version)_m\(version).up.sql"] = Array("up \(version)".utf8)
            if !without.contains(version) { files["000\(version)_m\(version).down.sql"] = Array("down \(version)".utf8) }
        }
        return files
    }

    private static func set(_ count: Int, without: Set<Int> = []) throws -> MigrationSet {
        try MigrationSet(files: files(count, without: without))
    }

    /// Rows as they are after the first so many migrations.
    private static func applied(_ count: Int) -> [AppliedMigration] {
        stride(from: 1, through: count, by: 1).map { version in
            AppliedMigration(
                version: version, name: "m\(version)",
                checksum: MigrationScript(file: "", bytes: Array("up \(version)".utf8)).checksum,
                appliedAt: Timestamp(microseconds: 0), duration: .zero)
        }
    }

    private func issues(_ body: () throws(InvalidMigrationsError) -> MigrationPlan) -> [MigrationIssue] {
        do {
            _ = try body()
            return []
        } catch {
            return error.issues
        }
    }

    @Test("Up runs what is missing, in order, as far as asked")
    func up() throws {
        let set = try Self.set(4)
        for done in 0...4 {
            #expect(
                try MigrationPlan.up(set, applied: Self.applied(done)).steps.map(\.script.sql)
                    == (1...4).dropFirst(done).map { "up \($0)" })
            for target in 0...4 {
                #expect(
                    try MigrationPlan.up(set, applied: Self.applied(done), to: target).steps.map(\.migration.version)
                        == (1...4).filter { $0 > done && $0 <= target })
            }
        }
    }

    @Test("Down runs the newest backwards, by number of steps or to a version")
    func down() throws {
        let set = try Self.set(4)
        for done in 0...4 {
            for count in 0...5 {
                #expect(
                    try MigrationPlan.down(set, applied: Self.applied(done), steps: count).steps.map(\.script.sql)
                        == (1...4).filter { $0 <= done }.suffix(count).reversed().map { "down \($0)" })
            }
            for target in 0...4 {
                #expect(
                    try MigrationPlan.down(set, applied: Self.applied(done), to: target).steps.map(\.migration.version)
                        == (1...4).filter { $0 <= done && $0 > target }.reversed())
            }
        }
    }

    @Test("An edited file is refused by name, up, down and in verify")
    func edited() throws {
        var files = Self.files(3)
        files["0002_m2.up.sql"] = Array("something else".utf8)
        let set = try MigrationSet(files: files)
        let expected = [MigrationIssue.edited(file: "0002_m2.up.sql")]
        #expect(issues { () throws(InvalidMigrationsError) in try MigrationPlan.up(set, applied: Self.applied(2)) } == expected)
        #expect(
            issues { () throws(InvalidMigrationsError) in try MigrationPlan.down(set, applied: Self.applied(2), steps: 1) }
                == expected)
        #expect(MigrationPlan.verify(set, applied: Self.applied(3)) == expected)
        #expect(MigrationPlan.verify(set, applied: Self.applied(1)).isEmpty)
        #expect(expected.first?.description.contains("0002_m2.up.sql") == true)
    }

    @Test("Editing the way back is no fault: it was never run")
    func editedDown() throws {
        var files = Self.files(3)
        files["0002_m2.down.sql"] = Array("better".utf8)
        #expect(MigrationPlan.verify(try MigrationSet(files: files), applied: Self.applied(3)).isEmpty)
    }

    @Test("A renamed file and one slipped in below the newest are refused")
    func renamedAndSkipped() throws {
        var rows = Self.applied(3)
        rows[1] = AppliedMigration(
            version: 2, name: "other", checksum: rows[1].checksum, appliedAt: rows[1].appliedAt, duration: .zero)
        #expect(MigrationPlan.verify(try Self.set(3), applied: rows) == [.renamed(file: "0002_m2.up.sql", applied: "0002_other")])
        rows.remove(at: 1)
        let set = try Self.set(3)
        #expect(
            issues { () throws(InvalidMigrationsError) in try MigrationPlan.up(set, applied: rows) }
                == [.skipped(file: "0002_m2.up.sql", highest: 3)])
    }

    @Test("A database ahead of the files: up has nothing to do, verify and down name what is missing")
    func ahead() throws {
        let set = try Self.set(2)
        let plan = try MigrationPlan.up(set, applied: Self.applied(4))
        #expect(plan.steps.isEmpty)
        #expect(plan.ahead.map(\.version) == [3, 4])
        #expect(MigrationPlan.verify(set, applied: Self.applied(3)) == [.fileMissing(applied: "0003_m3")])
        #expect(
            issues { () throws(InvalidMigrationsError) in try MigrationPlan.down(set, applied: Self.applied(3), steps: 2) }
                == [.fileMissing(applied: "0003_m3")])
    }

    @Test("Without a way back nothing is undone")
    func noWayBack() throws {
        let set = try Self.set(3, without: [2])
        #expect(try MigrationPlan.down(set, applied: Self.applied(3), steps: 1).steps.count == 1)
        #expect(
            issues { () throws(InvalidMigrationsError) in try MigrationPlan.down(set, applied: Self.applied(3), steps: 2) }
                == [.noWayBack(migration: "0002_m2")])
    }

    @Test("A version that does not exist is no target", arguments: [-1, 4, Int.max])
    func unknownTarget(target: Int) throws {
        let set = try Self.set(3)
        #expect(
            issues { () throws(InvalidMigrationsError) in try MigrationPlan.up(set, applied: [], to: target) }
                == [.unknownVersion(target, highest: 3)])
        #expect(
            issues { () throws(InvalidMigrationsError) in try MigrationPlan.down(set, applied: Self.applied(3), to: target) }
                == [.unknownVersion(target, highest: 3)])
    }

    @Test("Going up and down by any plans, the database always holds versions 1 to n")
    func walks() throws {
        let set = try Self.set(6)
        var random = SystemRandomNumberGenerator()
        var done = 0
        for _ in 0..<2_000 {
            let target = Int.random(in: 0...6, using: &random)
            let plan =
                switch Int.random(in: 0...2, using: &random) {
                case 0: try MigrationPlan.up(set, applied: Self.applied(done), to: target)
                case 1: try MigrationPlan.down(set, applied: Self.applied(done), to: target)
                default: try MigrationPlan.down(set, applied: Self.applied(done), steps: target)
                }
            for step in plan.steps {
                switch step {
                case .up(let migration):
                    #expect(migration.version == done + 1)
                    done += 1
                case .down(let migration, _):
                    #expect(migration.version == done)
                    done -= 1
                }
            }
        }
    }

    @Test("The status tells applied, pending, edited and missing")
    func status() throws {
        var files = Self.files(3)
        files["0002_m2.up.sql"] = [1]
        let status = MigrationStatus(try MigrationSet(files: files), applied: Self.applied(2) + [Self.applied(4)[3]])
        #expect(status.rows.map(\.state) == [.applied, .edited, .pending, .missing])
        let lines = status.table.split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines.allSatisfy { !$0.hasSuffix(" ") })
        let rows = try JSONValue.parse(Array(status.json.utf8)).arrayValue ?? []
        #expect(rows.map { $0["state"]?.stringValue } == ["applied", "edited", "pending", "missing"])
        #expect(rows.first?["applied_at"]?.stringValue == "1970-01-01T00:00:00.000000Z")
        #expect(rows[2]["applied_at"] == .null)
    }

    @Test(
        "What a script loses is read from it",
        arguments: [
            ("DROP TABLE a", [.table("a")]), ("drop table if exists a, s.b cascade;", [.table("a"), .table("s.b")]),
            ("DROP TABLE \"A b\"", [.table("A b")]),
            (
                "ALTER TABLE a DROP COLUMN b, DROP CONSTRAINT c, ADD d int DEFAULT f(1, 2), DROP e",
                [.column("b", of: "a"), .column("e", of: "a")]
            ),
            ("ALTER TABLE IF EXISTS ONLY a DROP IF EXISTS b CASCADE", [.column("b", of: "a")]),
            ("ALTER TABLE a ALTER COLUMN b DROP DEFAULT", []),
            ("-- DROP TABLE a\n/* DROP TABLE b; */ DROP INDEX i; DROP FUNCTION f()", []),
            ("SELECT 'DROP TABLE a; DROP TABLE b'", []),
            (
                "DO $$ BEGIN DROP TABLE a; END $$; DELETE FROM b WHERE true; TRUNCATE c, d; UPDATE e SET f = 1",
                [.rows(of: "b"), .rows(of: "c"), .rows(of: "d"), .rows(of: "e")]
            ),
            ("", []), ("DROP TABLE", []), ("ALTER TABLE", []), ("'", []), ("$$", []), ("\"", []), ("/*", []),
        ] as [(String, [MigrationLosses.Item])])
    func losses(sql: String, items: [MigrationLosses.Item]) { #expect(MigrationLosses.items(of: sql) == items) }
}
