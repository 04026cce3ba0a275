import ArgumentParser
import CatalogImport

/// `commerce category`
struct CategoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "category",
        abstract: "Lists and changes the tree of categories.",
        discussion: """
            Categories are named by their slugs, as in the address of their page. A former slug redirects to the present one. An \
            import finds a category by its names, so change a name in the file, too: otherwise the next import makes a category of \
            the former name. The commands need the role that migrates, as import does.

            Exit codes: 0 done; 1 there is no such category, or it cannot be changed in this way; 64 wrong usage; 69 the database \
            cannot be reached.
            """,
        subcommands: [
            CategoryListCommand.self, CategoryRenameCommand.self, CategoryMoveCommand.self, CategoryMergeCommand.self,
            CategoryDeleteCommand.self,
        ])

    /// Runs `body` with the shop's categories.
    static func run<Value>(_ body: (CategoryEditor) throws -> Value) throws -> Value {
        do {
            return try CommandDatabase.run { connection, _ in try body(CategoryEditor(connection)) }
        } catch let error as CategoryError {
            throw CommandError(.failure, Terminal.line(error.description))
        }
    }
}
