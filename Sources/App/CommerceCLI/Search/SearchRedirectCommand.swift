import ArgumentParser
import CatalogImport

/// `commerce search redirect`
struct SearchRedirectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redirect", abstract: "Searches that lead to a page of the shop: the answer has its path in `redirect`.",
        subcommands: [Set.self, List.self, Remove.self])

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Sets the page that a search leads to.")

        @Argument(help: "All words of the search.")
        var search: String

        @Argument(help: "The path, which begins with a slash.")
        var path: String

        func validate() throws {
            guard path.hasPrefix("/"), !path.hasPrefix("//"), path.utf8.count <= 2_000 else {
                throw ValidationError("the path must begin with one slash")
            }
        }

        func run() throws {
            let isDone = try SearchCommand.run { try $0.setRedirect(search, to: path) }
            try SearchCommand.check(isDone, "the search has no word")
            Terminal.say("set")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the redirects.")

        func run() throws {
            var table = TextTable("SEARCH", "PATH")
            for redirect in try SearchCommand.run({ try $0.redirects() }) {
                table.add(Terminal.line(redirect.words), Terminal.line(redirect.path))
            }
            Terminal.say(table.text)
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Removes the redirect of a search.")

        @Argument(help: "All words of the search.")
        var search: String

        func run() throws {
            try SearchCommand.check(try SearchCommand.run { try $0.removeRedirect(search) }, "this search has no redirect")
            Terminal.say("removed")
        }
    }
}
