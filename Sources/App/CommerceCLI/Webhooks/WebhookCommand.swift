import ArgumentParser
import Events
import FoundationEssentials
import PostgresClient
import Webhooks

/// `commerce webhook`
struct WebhookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook",
        abstract: "Manages webhooks: the endpoints of other systems that get the shop's events.",
        discussion: """
            Exit codes: 0 done; 1 there is no such webhook or delivery, or the limit is reached; 64 wrong usage, or a URL that \
            cannot be a webhook's; 69 the database cannot be reached; 78 invalid configuration, such as another ENCRYPTION_KEY \
            than the service has.
            """,
        subcommands: [
            WebhookAddCommand.self, WebhookListCommand.self, WebhookDeliveriesCommand.self, WebhookPingCommand.self,
            WebhookRotateCommand.self, WebhookEnableCommand.self, WebhookDisableCommand.self, WebhookRemoveCommand.self,
            WebhookReplayCommand.self,
        ])

    /// Runs `body` with the shop's webhooks.
    static func run<Value>(_ body: (WebhookStore) throws -> Value) throws -> Value {
        try CommandDatabase.run { connection, configuration in
            try body(WebhookStore(connection, keys: configuration.encryption.keys))
        }
    }

    /// Refuses a pattern that would never match, which is a mistake.
    /// - Parameter what: the kind of types, for the message
    static func check(_ patterns: [EventPattern], among types: [EventType], _ what: String) throws(CommandError) {
        for pattern in patterns where !types.contains(where: { pattern.matches($0.name) }) {
            let names = types.map(\.name).joined(separator: ", ")
            throw CommandError(.usage, "no type \(what) matches '\(pattern)'; the types are \(names)")
        }
    }

    /// The error for an id that no webhook has.
    static let unknown = CommandError(.failure, "there is no webhook with this id")

    /// The error for what a disabled webhook would not get.
    static func disabled(_ id: UUID) -> CommandError {
        CommandError(.failure, "the webhook is disabled: commerce webhook enable \(id.lowercaseText)")
    }

    /// The error for a secret that the service could not open.
    static let otherKeys = CommandError(
        .configuration,
        "ENCRYPTION_KEY opens no webhook's secret: set it (or JWT_SECRET) as the service has it; if that key is lost, "
            + "commerce webhook rotate ID --forget makes a new secret")
    /// The warning in its place where secrets are to be forgotten.
    static let otherKeysWarning =
        "ENCRYPTION_KEY opens no webhook's secret: the new one is of use only to a service with this ENCRYPTION_KEY"
}
