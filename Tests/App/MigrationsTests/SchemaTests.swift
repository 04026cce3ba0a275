import Foundation
import TestSupport
import Testing

@testable import Migrations

@Suite("The project's own migrations")
struct SchemaTests {
    private static func migrations() throws -> MigrationSet {
        try MigrationSet(files: MigrationDirectory.files(TestEnvironment.read().root + "/migrations"))
    }

    @Test("The release requires the newest of them")
    func newest() throws {
        let newest = try #require(Self.migrations().migrations.last)
        #expect(
            newest.title == Schema.newestMigration,
            "set Schema.newestMigration in Sources/App/Migrations/Schema.swift to \"\(newest.title)\"")
        #expect(newest.version == Schema.requiredVersion)
    }

    @Test("Each can be undone")
    func down() throws {
        #expect(try Self.migrations().migrations.allSatisfy { $0.down != nil })
    }
}
