import ArgumentParser
import Migrations
import Service
import PostgresClient

/// `commerce bootstrap`
struct BootstrapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bootstrap",
        abstract: "Creates the database's roles: one that owns it and runs migrations, one for the service. Run it once before "
            + "the first migration.",
        discussion: """
            For this command, DATABASE_… are the credentials of the server's administrator. The other commands then log in \
            with MIGRATION_USER, MIGRATION_PASSWORD, SERVICE_USER and SERVICE_PASSWORD. A second run sets the passwords and \
            rights again and changes nothing else. If one role does everything, as on a laptop, this command is not needed.
            """)

    func run() throws {
        let configuration = try Environment.configuration()
        let settings = configuration.bootstrap
        let missing = [("MIGRATION_PASSWORD", settings.owner), ("SERVICE_PASSWORD", settings.service)]
            .filter { $0.1.password.isEmpty }
        guard missing.isEmpty else {
            throw CommandError(.configuration, missing.map { "\($0.0) is not set" }.joined(separator: "\n"))
        }
        guard settings.owner.name != settings.service.name else {
            throw CommandError(
                .configuration, "MIGRATION_USER and SERVICE_USER are both \"\(settings.owner.name)\"; they must differ")
        }
        do { try Bootstrap(configuration.database.primary, settings: settings).run() } catch let error as PostgresError {
            throw CommandError(error)
        }
        Terminal.say("the roles \(settings.owner.name) and \(settings.service.name) are ready")
    }
}
