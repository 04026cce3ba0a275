import ArgumentParser
import Events
import Webhooks

/// `commerce webhook replay`
struct WebhookReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Delivers again: one delivery, all dead ones of an endpoint, or all events since a time.",
        discussion: """
            With --since, the endpoint also gets events that it has not got before, such as those from the time before it was \
            added, if its patterns match. A repeat has the same webhook-id as the first attempt. Events that were delivered \
            before come again after later ones: receivers compare aggregate.sequence.
            """)

    @Argument(
        help: "A delivery, as commerce webhook deliveries shows it: the webhook's id, a colon and a number.",
        transform: DeliveryID.read)
    var delivery: DeliveryID?

    @Option(help: "The id of a webhook.", transform: IDArgument.read)
    var endpoint: IDArgument?

    @Flag(help: "All dead deliveries of the endpoint; the default.")
    var dead = false

    @Option(help: "All events since a time, as in 2026-11-21T03:26:48Z or 2h.", transform: TimeArgument.read)
    var since: TimeArgument?

    func validate() throws {
        guard (delivery == nil) != (endpoint == nil) else { throw ValidationError("name either a delivery or an --endpoint") }
        guard endpoint != nil || (since == nil && !dead) else { throw ValidationError("--since and --dead need an --endpoint") }
        guard since == nil || !dead else { throw ValidationError("--since and --dead exclude each other") }
    }

    func run() throws {
        let count = try CommandDatabase.run { connection, configuration in
            let store = WebhookStore(connection, keys: configuration.encryption.keys)
            guard let id = endpoint?.id ?? delivery?.target, let webhook = try store.list(id).first else {
                throw WebhookCommand.unknown
            }
            guard webhook.isActive else { throw WebhookCommand.disabled(id) }
            let replay = DeliveryReplay(connection)
            if let delivery {
                guard try replay.replay(delivery) else { throw CommandError(.failure, "there is no such delivery") }
                return 1
            }
            if let since { return try replay.replay(nil, since: since.time, to: .one(id)) }
            return try replay.replayDead(of: id)
        }
        Terminal.say(count == 1 ? "1 delivery is pending again" : "\(count) deliveries are pending again")
    }
}
