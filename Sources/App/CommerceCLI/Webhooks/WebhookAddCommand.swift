import ArgumentParser
import Events
import Formats
import Service
import Webhooks

/// `commerce webhook add`
struct WebhookAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Adds an endpoint, and prints its id and its secret as JSON.",
        discussion: """
            The secret is shown only now: give it to the receiver, which verifies each request with it. The URL must have https, \
            port 443 or 8443 and a public address, unless WEBHOOK_ALLOW_PRIVATE is on.
            """)

    @Argument(help: "The endpoint, as in https://example.com/events.")
    var url: String

    @Option(
        name: .customLong("events"),
        help: "A type of events, as in order.placed, 'order.*' or '*' (quoted). It can be repeated.", transform: EventPattern.read
    )
    var patterns: [EventPattern] = []

    func run() throws {
        // Wrong usage first: it can be told without a database, and most of it without settings.
        _ = try Self.check(url, allowsPrivate: true)
        try WebhookCommand.check(patterns, among: ShopEvents.matchable, "of event that webhooks get")
        let configuration = try Environment.configuration()
        let checked = try Self.check(url, allowsPrivate: configuration.webhooks.allowsPrivate)
        try CommandDatabase.run(configuration) { connection, configuration in
            let store = WebhookStore(connection, keys: configuration.encryption.keys)
            do {
                let all = EventPattern("*").map { [$0] } ?? []
                let (id, secret) = try store.add(
                    checked, events: patterns.isEmpty ? all : patterns, limit: configuration.webhooks.mostEndpoints)
                if let warning = configuration.encryption.warning { Terminal.complain(warning) }
                Terminal.say(
                    JSONWriter.line { writer in
                        writer.field("id", id)
                        writer.field("secret", secret.reveal())
                    })
            } catch let error as WebhookStore.LimitReached {
                throw CommandError(.failure, "WEBHOOK_LIMIT allows \(error.limit) webhooks, and there are as many")
            } catch is WebhookStore.OtherKeys {
                throw WebhookCommand.otherKeys
            }
        }
    }

    private static func check(_ url: String, allowsPrivate: Bool) throws(CommandError) -> WebhookURL {
        do throws(WebhookURL.Fault) { return try WebhookURL(url, allowsPrivate: allowsPrivate) } catch {
            throw CommandError(.usage, "the URL \(error)")
        }
    }
}

/// `commerce webhook rotate`
struct WebhookRotateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Makes a new secret for an endpoint, and prints it as JSON.",
        discussion: """
            The new secret is shown only now. Until the time of --keep has passed, requests have a signature of the new secret \
            and one of the old secret, so that the receiver can change over. --keep 0 ends a secret that others know at once.
            """)

    @Argument(help: "The id of the webhook.", transform: IDArgument.read)
    var endpoint: IDArgument

    @Option(help: "How long the old secret stays valid, at most 30d; the default is 24h.", transform: DurationArgument.read)
    var keep = DurationArgument.day

    @Flag(help: "Make a secret even if the old one cannot be read, because ENCRYPTION_KEY has changed.")
    var forget = false

    func validate() throws {
        guard keep.duration <= .seconds(30 * 86_400) else { throw ValidationError("--keep is at most 30d") }
    }

    func run() throws {
        let end = Timestamp.now + keep.duration
        try CommandDatabase.run { connection, configuration in
            let store = WebhookStore(connection, keys: configuration.encryption.keys)
            do {
                if forget, try !store.keysFit() { Terminal.complain(WebhookCommand.otherKeysWarning) }
                guard let secret = try store.rotate(endpoint.id, keepingUntil: end, forgetting: forget) else {
                    throw WebhookCommand.unknown
                }
                if let warning = configuration.encryption.warning { Terminal.complain(warning) }
                Terminal.say(
                    JSONWriter.line { writer in
                        writer.field("id", endpoint.id)
                        writer.field("secret", secret.reveal())
                        writer.field("previous_valid_until", end)
                    })
            } catch is WebhookStore.OtherKeys {
                throw WebhookCommand.otherKeys
            } catch is WebhookStore.SecretsUnreadable {
                throw CommandError(
                    .failure, "the present secret cannot be read, as ENCRYPTION_KEY has changed; --forget makes a new one")
            }
        }
    }
}
