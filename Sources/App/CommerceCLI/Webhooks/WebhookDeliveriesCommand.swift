import ArgumentParser
import Events
import Formats
import Webhooks

/// `commerce webhook deliveries`
struct WebhookDeliveriesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries",
        abstract: "Shows the log of deliveries, the newest events first: each event and endpoint with the last attempt.")

    @Argument(help: "The id of a webhook; without it, of all.", transform: IDArgument.read)
    var endpoint: IDArgument?

    @Option(help: "Only deliveries that are pending, delivered or dead.")
    var state: DeliveryState?

    @Option(help: "The most that are shown, 1 to 1000; the default is 20.", transform: LimitArgument.read)
    var limit = LimitArgument.standard

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() throws {
        let records = try CommandDatabase.run { connection, configuration in
            let store = WebhookStore(connection, keys: configuration.encryption.keys)
            if let id = endpoint?.id, try store.list(id).isEmpty { throw WebhookCommand.unknown }
            return try DeliveryLog(connection).list(.webhook, target: endpoint?.id, state: state, limit: limit.count)
        }
        DeliveryList.show(records, asJSON: json)
    }
}

/// Deliveries on standard output.
enum DeliveryList {
    /// How many characters of an answer a table shows.
    private static let shownAnswer = 60

    /// - Parameter kinds: whether a table shows the kinds of the targets
    static func show(_ records: [DeliveryRecord], asJSON: Bool, kinds: Bool = false) {
        guard !asJSON else {
            for record in records { Terminal.say(line(record)) }
            return
        }
        let names = [
            "ATTEMPTED", "STATE", "ATTEMPTS", "NEXT", "STATUS", "MS", "TYPE", "EVENT", "DELIVERY", "ANSWER OR ERROR",
        ]
        var table = TextTable(kinds ? ["KIND"] + names : names)
        for it in records {
            let text = [it.error, it.answer].compactMap { $0 }.joined(separator: ": ")
            let cells: [String] = [
                it.attemptedAt?.shortText ?? "-", it.state.rawValue, "\(it.attempts)",
                it.state == .pending ? it.dueAt.shortText : "-", it.status.map { "\($0)" } ?? "-",
                it.milliseconds.map { "\($0)" } ?? "-", it.type ?? "-", it.event?.lowercaseText ?? "-", it.id.description,
                String(text.prefix(shownAnswer)) + (text.count > shownAnswer ? "…" : ""),
            ]
            table.add(kinds ? [it.kind.rawValue] + cells : cells)
        }
        Terminal.say(table.text)
    }

    private static func line(_ record: DeliveryRecord) -> String {
        JSONWriter.line { writer in
            writer.field("delivery", record.id.description)
            writer.field("kind", record.kind.rawValue)
            writer.field("event", record.event)
            writer.field("type", record.type)
            writer.field("state", record.state.rawValue)
            writer.field("attempts", record.attempts)
            writer.field("due_at", record.state == .pending ? record.dueAt : nil)
            writer.field("attempted_at", record.attemptedAt)
            writer.field("status", record.status)
            writer.field("duration_ms", record.milliseconds)
            writer.field("error", record.error)
            writer.field("answer", record.answer)
        }
    }
}
