import ArgumentParser
import FoundationEssentials
import Webhooks

/// `commerce webhook ping`
struct WebhookPingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping",
        abstract: "Sends an endpoint the test event webhook.ping.",
        discussion: "A worker delivers it, within a second or so; commerce webhook deliveries shows how it went.")

    @Argument(help: "The id of the webhook.", transform: IDArgument.read)
    var endpoint: IDArgument

    func run() throws {
        try WebhookCommand.run { store in
            if let event = try store.ping(endpoint.id) { return Terminal.say("sent event \(event.lowercaseText)") }
            guard try !store.list(endpoint.id).isEmpty else { throw WebhookCommand.unknown }
            throw WebhookCommand.disabled(endpoint.id)
        }
    }
}

/// `commerce webhook enable`
struct WebhookEnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Delivers to an endpoint again that was disabled. What waits for it is due at once.",
        discussion: """
            What waited for it when it was disabled is kept for three days. Events that occurred while it was disabled are not \
            delivered by themselves: commerce webhook replay --endpoint ID --since TIME does that.
            """)

    @Argument(help: "The id of the webhook.", transform: IDArgument.read)
    var endpoint: IDArgument

    func run() throws {
        try WebhookCommand.run { store in
            guard try store.enable(endpoint.id) else { throw WebhookCommand.unknown }
        }
        Terminal.say("enabled \(endpoint.id.lowercaseText)")
    }
}

/// `commerce webhook disable`
struct WebhookDisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Delivers nothing more to an endpoint, until it is enabled.",
        discussion: "What waits for it stays for three days. It gets no deliveries of the events that occur meanwhile.")

    @Argument(help: "The id of the webhook.", transform: IDArgument.read)
    var endpoint: IDArgument

    func run() throws {
        try WebhookCommand.run { store in
            guard try store.disable(endpoint.id, reason: "disabled by commerce webhook disable") else {
                throw WebhookCommand.unknown
            }
        }
        Terminal.say("disabled \(endpoint.id.lowercaseText)")
    }
}

/// `commerce webhook remove`
struct WebhookRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Removes an endpoint, with its secrets and its log of deliveries.")

    @Argument(help: "The id of the webhook.", transform: IDArgument.read)
    var endpoint: IDArgument

    func run() throws {
        try WebhookCommand.run { store in
            guard try store.remove(endpoint.id) else { throw WebhookCommand.unknown }
        }
        Terminal.say("removed \(endpoint.id.lowercaseText)")
    }
}
