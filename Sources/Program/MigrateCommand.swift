import ArgumentParser

/// `commerce migrate`
struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Brings the database's schema up to date, or says how it stands.",
        subcommands: [])
}
