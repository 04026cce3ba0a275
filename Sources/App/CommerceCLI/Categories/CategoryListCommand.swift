import ArgumentParser
import CatalogImport
import Formats

/// `commerce category list`
struct CategoryListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the categories with their slugs, and the number of products directly in each.",
        discussion: "Paths are written as an import reads them: a slash within a name has a backslash before it.")

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() throws {
        let entries = try CategoryCommand.run { try $0.list() }
        guard !json else {
            for entry in entries { Terminal.say(Self.line(entry)) }
            return
        }
        var table = TextTable("SLUG", "PRODUCTS", "PATH")
        for entry in entries {
            table.add(entry.slug, "\(entry.products)", Terminal.line(CategoryPath.standard.text(entry.names)))
        }
        Terminal.say(table.text)
    }

    private static func line(_ entry: CategoryEditor.Entry) -> String {
        JSONWriter.line { writer in
            writer.field("slug", entry.slug)
            writer.field("path", CategoryPath.standard.text(entry.names))
            writer.field("products", entry.products)
        }
    }
}
