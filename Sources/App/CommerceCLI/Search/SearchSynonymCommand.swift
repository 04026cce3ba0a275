import ArgumentParser
import CatalogImport

/// `commerce search synonym`
struct SearchSynonymCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synonym", abstract: "Words that mean the same: a search for one finds the other, too.",
        subcommands: [Add.self, List.self, Remove.self])

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Adds a pair, in both directions.")

        @Argument(help: "A word, or several in quotes.")
        var word: String

        @Argument(help: "What means the same.")
        var synonym: String

        func run() throws {
            let isDone = try SearchCommand.run { try $0.addSynonym(word, synonym) }
            try SearchCommand.check(isDone, "two different words are needed")
            Terminal.say("added")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the pairs.")

        func run() throws {
            var table = TextTable("WORD", "SYNONYM")
            for pair in try SearchCommand.run({ try $0.synonyms() }) {
                table.add(Terminal.line(pair.word), Terminal.line(pair.synonym))
            }
            Terminal.say(table.text)
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Removes a pair.")

        @Argument(help: "One of the words.")
        var word: String

        @Argument(help: "The other one.")
        var synonym: String

        func run() throws {
            let isDone = try SearchCommand.run { try $0.removeSynonym(word, synonym) }
            try SearchCommand.check(isDone, "these words are no synonyms")
            Terminal.say("removed")
        }
    }
}
