import ArgumentParser
import Events
import Formats
import FoundationEssentials
import Service

/// `commerce events`
struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Shows the shop's events and their deliveries, and delivers them again.",
        discussion: """
            Events are kept for a while. Exit codes: 0 done; 1 there is no such event or target; 64 wrong usage; 69 the database \
            cannot be reached; 78 invalid configuration.
            """,
        subcommands: [EventsListCommand.self, EventsDeliveriesCommand.self, EventsReplayCommand.self])

    /// Refuses a pattern that matches no type of event, which is a mistake.
    static func check(_ pattern: EventPattern?) throws(CommandError) {
        try WebhookCommand.check(pattern.map { [$0] } ?? [], among: ShopEvents.all, "of event")
    }

    /// The error for an id that no event has.
    static let unknown = CommandError(.failure, "there is no event with this id, or it is no longer kept")
}

/// `commerce events list`
struct EventsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists events, the newest first; with --json, each with its payload.")

    @Option(help: "Only these types, as in order.placed or 'order.*'.", transform: EventPattern.read)
    var type: EventPattern?

    @Option(help: "Only the events of one order, product, …, by its id.", transform: IDArgument.read)
    var aggregate: IDArgument?

    @Option(help: "The most that are shown, 1 to 1000; the default is 20.", transform: LimitArgument.read)
    var limit = LimitArgument.standard

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() throws {
        try EventsCommand.check(type)
        let events = try CommandDatabase.run { connection, _ in
            try EventLog(connection).list(type, aggregate: aggregate?.id, limit: limit.count)
        }
        guard !json else {
            for event in events { Terminal.say(Self.line(event)) }
            return
        }
        var table = TextTable("OCCURRED", "TYPE", "ID", "AGGREGATE", "SEQUENCE")
        for it in events {
            table.add(
                it.occurredAt.shortText, it.type, it.id.lowercaseText, "\(it.aggregateType) \(it.aggregate.lowercaseText)",
                "\(it.sequence)")
        }
        Terminal.say(table.text)
    }

    private static func line(_ event: Event) -> String {
        JSONWriter.line { writer in
            writer.field("id", event.id)
            writer.field("type", event.type)
            writer.field("version", event.version)
            writer.field("aggregate_type", event.aggregateType)
            writer.field("aggregate_id", event.aggregate)
            writer.field("sequence", event.sequence)
            writer.field("occurred_at", event.occurredAt)
            writer.field("trace_id", event.traceID)
            writer.key("payload")
            writer.raw(event.payload)
        }
    }
}

/// `commerce events deliveries`
struct EventsDeliveriesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries",
        abstract: "Shows where the deliveries of an event stand: to webhooks, mail and queues.",
        discussion: "The name of a delivery is the id of its target, a colon and a number.")

    @Argument(help: "The id of the event.", transform: IDArgument.read)
    var event: IDArgument

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() throws {
        let records = try CommandDatabase.run { connection, _ in
            guard let event = try EventLog(connection).event(event.id) else { throw EventsCommand.unknown }
            return try DeliveryLog(connection).deliveries(of: event)
        }
        DeliveryList.show(records, asJSON: json, kinds: true)
    }
}

/// `commerce events replay`
struct EventsReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Delivers events again: one event, or those of some types since a time.",
        discussion: """
            They go to all active webhooks whose patterns match, and not to mail and queues. --endpoint names one target instead, \
            of any kind: commerce events deliveries shows their kinds and ids. A single event goes to a named target whatever its \
            patterns are.
            """)

    @Argument(help: "The id of an event.", transform: IDArgument.read)
    var event: IDArgument?

    @Option(help: "Types of events, as in order.placed, 'order.*' or '*'; together with --since.", transform: EventPattern.read)
    var type: EventPattern?

    @Option(help: "A time, as in 2026-11-21T03:26:48Z or 2h.", transform: TimeArgument.read)
    var since: TimeArgument?

    @Option(help: "The id of the one target that gets them.", transform: IDArgument.read)
    var endpoint: IDArgument?

    func validate() throws {
        if event != nil {
            guard type == nil, since == nil else { throw ValidationError("name either an event, or --type and --since") }
        } else {
            guard type != nil, since != nil else { throw ValidationError("name an event, or both --type and --since") }
        }
    }

    func run() throws {
        try EventsCommand.check(type)
        let count = try CommandDatabase.run { connection, _ in
            let log = EventLog(connection)
            let replay = DeliveryReplay(connection)
            if let id = endpoint?.id { try Self.check(log.target(id), id) }
            let targets = endpoint.map { DeliveryReplay.Targets.one($0.id) } ?? .webhooks
            if let event {
                guard let event = try log.event(event.id) else { throw EventsCommand.unknown }
                return try replay.replay(event, to: targets)
            }
            guard let since else { return 0 }
            return try replay.replay(type, since: since.time, to: targets)
        }
        Terminal.say(count == 1 ? "1 delivery is pending" : "\(count) deliveries are pending")
    }

    /// A target that is disabled would get nothing.
    private static func check(_ target: EventLog.Target?, _ id: UUID) throws(CommandError) {
        guard let target else { throw CommandError(.failure, "there is no target with this id") }
        guard !target.isActive else { return }
        if target.kind == .webhook { throw WebhookCommand.disabled(id) }
        throw CommandError(.failure, "the target is disabled: \(target.reason ?? "no setting configures it")")
    }
}
