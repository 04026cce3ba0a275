import ArgumentParser
import CatalogImport

/// `commerce search`
struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Changes what searches know beside the catalogue.",
        discussion: """
            Case, accents and signs do not count. The commands need the role that migrates, as import does.

            Exit codes: 0 done; 1 there is no such entry, or it has no word; 64 wrong usage; 69 the database cannot be reached.
            """,
        subcommands: [SearchReindexCommand.self, SearchSynonymCommand.self, SearchRedirectCommand.self])

    /// Runs `body` with the shop's search.
    static func run<Value>(_ body: (SearchEditor) throws -> Value) throws -> Value {
        try CommandDatabase.run { connection, _ in try body(SearchEditor(connection)) }
    }

    /// - Throws: ``CommandError`` where nothing was changed.
    static func check(_ isDone: Bool, _ reason: String) throws {
        guard isDone else { throw CommandError(.failure, Terminal.line(reason)) }
    }
}

/// `commerce search reindex`
struct SearchReindexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reindex", abstract: "Applies STORE_LANGUAGE, and writes what searches read of every product again.",
        discussion: """
            It works in small transactions while the shop is open. Until it ends, some products have stems of the former languages.
            """)

    func run() throws {
        try CommandDatabase.run { connection, configuration in
            try SearchEditor(connection).reindex(languages: configuration.shop.languages)
        }
        Terminal.say("reindexed")
    }
}
