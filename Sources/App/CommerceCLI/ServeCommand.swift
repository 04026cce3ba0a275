import ArgumentParser
import Configuration
import Service

/// `commerce serve`
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs the service until SIGTERM (drains first) or SIGINT.")

    @Flag(help: "Print the current settings with masked secrets, and exit.")
    var printConfig = false

    @Flag(help: .hidden)
    var printSettings = false

    func run() throws {
        if printSettings { return Terminal.say(Configuration.table) }
        let configuration = try Environment.configuration()
        if printConfig { return Terminal.say(configuration.report) }
        try Environment.checkLibraries()
        do { try Service.run(configuration) } catch { throw CommandError(.unavailable, error.description) }
    }
}
