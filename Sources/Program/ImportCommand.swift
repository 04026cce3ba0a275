import ArgumentParser

/// `commerce import`
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Loads products from NDJSON or CSV.")

    @Argument(help: "The file; - is standard input.")
    var file: String

    func run() throws {
        throw Failure(.software, "this build has no import")
    }
}
