import Configuration
import ArgumentParser
import Service

/// The program `commerce`. Each subcommand has a file of its own here and is listed below.
struct CommerceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commerce",
        abstract: "An e-commerce backend: catalogue, carts, orders.",
        discussion: """
            Settings are environment variables; `commerce serve --print-config` shows them.

            Exit codes: 0 done; 1 failed; 64 wrong usage; 65 invalid input data; 66 the input cannot be read; 69 the database \
            cannot be reached; 70 an internal error; 78 invalid configuration.
            """,
        version: Version.text,
        subcommands: [
            ServeCommand.self, WorkerCommand.self, BootstrapCommand.self, MigrateCommand.self, ImportCommand.self,
            CategoryCommand.self, SearchCommand.self, GenerateCommand.self, AuditCommand.self, EraseCommand.self,
            WebhookCommand.self, EventsCommand.self, TokenCommand.self, UserCommand.self,
            HealthcheckCommand.self,
        ])

    /// The name of the command that arguments are for, with those above it: `commerce webhook add`.
    static func name(in arguments: some Sequence<String>) -> String {
        var command: any ParsableCommand.Type = self
        var names = [command._commandName]
        for argument in arguments {
            guard let next = command.configuration.subcommands.first(where: { $0._commandName == argument }) else { break }
            command = next
            names.append(argument)
        }
        return names.joined(separator: " ")
    }
}
