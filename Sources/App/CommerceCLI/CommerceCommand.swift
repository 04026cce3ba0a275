import ArgumentParser
import Service

/// The program: what an operator types.
struct CommerceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commerce",
        abstract: "An e-commerce backend: catalogue, carts, orders.",
        discussion: """
            Settings come from environment variables; `commerce serve --print-config` shows them.

            Exit codes: 0 done, 1 failed, 64 wrong usage, 65 wrong input data, 66 input that can't be read, 69 database out of reach, 70 a fault of the \
            program's own, 78 wrong configuration.
            """,
        version: Version.text,
        subcommands: [
            ServeCommand.self, BootstrapCommand.self, MigrateCommand.self, ImportCommand.self, GenerateCommand.self,
            AuditCommand.self, EraseCommand.self,
            HealthcheckCommand.self,
        ])
}
