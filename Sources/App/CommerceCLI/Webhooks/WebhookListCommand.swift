import ArgumentParser
import Formats
import Webhooks

/// `commerce webhook list`
struct WebhookListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the endpoints.",
        discussion: "A URL is shown without its query, which may be a secret. Counts of deliveries end at 1000.")

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() throws {
        let endpoints = try WebhookCommand.run { try $0.list() }
        guard !json else {
            for endpoint in endpoints { Terminal.say(Self.line(endpoint)) }
            return
        }
        var table = TextTable("ID", "STATE", "PENDING", "DEAD", "FAILING SINCE", "EVENTS", "URL", "REASON")
        for it in endpoints {
            let state = it.isActive ? "active" : "disabled"
            table.add(
                it.id.lowercaseText, state, Self.count(it.pending), Self.count(it.dead), it.failingSince?.shortText ?? "-",
                it.events.joined(separator: ","),
                WebhookURL.shown(it.url), it.reason ?? "-")
        }
        Terminal.say(table.text)
    }

    private static func count(_ number: Int) -> String {
        number < WebhookStore.mostCounted ? "\(number)" : "\(number)+"
    }

    private static func line(_ endpoint: WebhookEndpoint) -> String {
        JSONWriter.line { writer in
            writer.field("id", endpoint.id)
            writer.field("url", WebhookURL.shown(endpoint.url))
            writer.key("events")
            writer.beginArray()
            for pattern in endpoint.events { writer.string(pattern) }
            writer.endArray()
            writer.field("state", endpoint.isActive ? "active" : "disabled")
            writer.field("reason", endpoint.reason)
            writer.field("failing_since", endpoint.failingSince)
            writer.field("pending", endpoint.pending)
            writer.field("dead", endpoint.dead)
            writer.field("created_at", endpoint.createdAt)
        }
    }
}
