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
            ServeCommand.self, BootstrapCommand.self, MigrateCommand.self, ImportCommand.self, GenerateCommand.self,
            AuditCommand.self, EraseCommand.self,
            HealthcheckCommand.self,
        ])
}
