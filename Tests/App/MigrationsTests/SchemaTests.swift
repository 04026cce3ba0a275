import Foundation
import TestSupport
import Testing

@testable import Migrations

@Suite("The project's own migrations")
struct SchemaTests {
    private static func migrations() throws -> MigrationSet {
        try MigrationSet(files: MigrationDirectory.files(TestEnvironment.read().root + "/migrations"))
    }

    @Test("The program requires the highest of them")
    func requiredVersion() throws {
        #expect(try Self.migrations().highest == Schema.requiredVersion)
    }

    @Test("Each has a way back")
    func waysBack() throws {
        #expect(try Self.migrations().migrations.allSatisfy { $0.down != nil })
    }
}
