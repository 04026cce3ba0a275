import Configuration
import Foundation
import TestSupport
import Testing

@Suite struct ReadmeTests {
    @Test func theReadmesTableIsThatOfTheProgram() throws {
        let root = try TestEnvironment.read().root
        let readme = try String(contentsOf: URL(fileURLWithPath: "\(root)/README.md"), encoding: .utf8)
        #expect(readme.contains(Configuration.table), "put the output of `commerce serve --print-settings` into README.md")
    }
}
