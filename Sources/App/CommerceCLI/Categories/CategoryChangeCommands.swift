import ArgumentParser
import CatalogImport

/// `commerce category rename`
struct CategoryRenameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Gives a category another name, and the slug that this name makes.",
        discussion: "Requests for the former slug are redirected to the new one.")

    @Argument(help: "The slug of the category.")
    var category: String

    @Argument(help: "The new name.")
    var name: String

    func run() throws {
        let slug = try CategoryCommand.run { try $0.rename(category, to: name) }
        Terminal.say("renamed; the slug is \(slug)")
    }
}

/// `commerce category move`
struct CategoryMoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Puts a category, with all categories below it, below another one or at the root.",
        discussion: "Its slug stays.")

    @Argument(help: "The slug of the category.")
    var category: String

    @Option(help: "The slug of the category that is to be above it.")
    var below: String?

    @Flag(help: "Put it at the root.")
    var root = false

    func validate() throws {
        guard root == (below == nil) else { throw ValidationError("one of --below and --root is needed") }
    }

    func run() throws {
        try CategoryCommand.run { try $0.move(category, below: below) }
        Terminal.say("moved \(category)")
    }
}

/// `commerce category merge`
struct CategoryMergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Moves all that is in a category into another one, and removes the category.",
        discussion: "Requests for its slug are redirected to the other category.")

    @Argument(help: "The slug of the category that is removed.")
    var category: String

    @Option(help: "The slug of the category that stays.")
    var into: String

    func run() throws {
        let products = try CategoryCommand.run { try $0.merge(category, into: into) }
        Terminal.say("merged \(category) into \(into); products moved: \(products)")
    }
}

/// `commerce category delete`
struct CategoryDeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Removes a category that has no products and no categories below it.",
        discussion: "Products that are not on sale count, too.")

    @Argument(help: "The slug of the category.")
    var category: String

    func run() throws {
        try CategoryCommand.run { try $0.delete(category) }
        Terminal.say("deleted \(category)")
    }
}
