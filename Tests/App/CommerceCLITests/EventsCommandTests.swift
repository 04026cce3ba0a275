import Foundation
import TestSupport
import Testing

/// `commerce events` and `commerce webhook replay`, where targets are of several kinds or disabled. No worker has run before.
@Suite("commerce events")
struct EventsCommandTests {
    private static let mail = "00000000-0000-7000-8000-000000000001"
    private static let queue = "00000000-0000-7000-8000-000000000003"
    private static let event = "01890000-0000-7000-8000-000000000101"

    /// A shop with one event, and its deliveries to a webhook and to mail, both dead. Returns the webhook's id too.
    private static func shop() throws -> (LifecycleShop, environment: [String: String], webhook: String) {
        let shop = try LifecycleShop()
        let environment = ["DATABASE_URL": shop.database.url, "ENCRYPTION_KEY": "0123456789abcdef0123456789abcdef"]
        let added = try ServiceProcess.run(["webhook", "add", "https://example.com/"], environment: environment)
        let object = try JSONSerialization.jsonObject(with: Data(added.output.utf8)) as? [String: Any]
        let webhook = try #require(object?["id"] as? String)
        try shop.database.execute(
            """
            DELETE FROM outbox;
            INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload)
                VALUES ('\(event)', 'order.placed', 1, 'order', '01890000-0000-7000-8000-00000000000a', 1, '{}');
            UPDATE relay SET position = (SELECT max(position) FROM outbox);
            INSERT INTO event_target (id, kind, address, events, state, reason) VALUES
                ('\(mail)', 'mail', '', '{order.*}', 'active', NULL),
                ('\(queue)', 'sqs', 'https://sqs.eu-west-1.amazonaws.com/1/a', '{*}', 'disabled', 'no setting configures it');
            INSERT INTO delivery (target_id, position, aggregate_id, state, attempts, ended_at)
                SELECT t.id, o.position, o.aggregate_id, 'dead', 9, now() FROM outbox o, event_target t WHERE t.kind <> 'sqs'
            """)
        return (shop, environment, webhook)
    }

    @Test("the deliveries of an event are shown with the kinds of their targets, and a mail is sent again by its target's id")
    func mails() async throws {
        try await onOwnThread {
            let (shop, environment, webhook) = try Self.shop()
            func run(_ arguments: String...) throws -> Command { try ServiceProcess.run(arguments, environment: environment) }
            let lines = try run("events", "deliveries", Self.event).output.split(separator: "\n")
            #expect(lines.count == 3 && lines[0].hasPrefix("KIND     ATTEMPTED  STATE"), "\(lines)")
            #expect(lines.dropFirst().contains { $0.hasPrefix("webhook  ") && $0.contains("\(webhook):") }, "\(lines)")
            #expect(lines.dropFirst().contains { $0.hasPrefix("mail     ") && $0.contains("\(Self.mail):") }, "\(lines)")
            // Where all are webhooks, the table has no such column.
            #expect(try run("webhook", "deliveries").output.hasPrefix("ATTEMPTED"))

            func pending() throws -> String {
                try shop.database.execute("SELECT target_id FROM delivery WHERE state = 'pending' ORDER BY 1")
            }
            #expect(try run("events", "replay", Self.event, "--endpoint", Self.mail).output == "1 delivery is pending\n")
            #expect(try pending() == Self.mail)
            #expect(try run("events", "replay", Self.event).output == "1 delivery is pending\n")
            #expect(try pending() == "\(Self.mail)\n\(webhook)")
            // Mail is no webhook.
            let unknown = try run("webhook", "deliveries", Self.mail)
            #expect(unknown.status == .exited(1) && unknown.error == "commerce: there is no webhook with this id\n")
        }
    }

    @Test("nothing is replayed to a target that is disabled, as it would get nothing")
    func disabled() async throws {
        try await onOwnThread {
            let (shop, environment, webhook) = try Self.shop()
            func run(_ arguments: [String]) throws -> Command { try ServiceProcess.run(arguments, environment: environment) }
            let position = try shop.database.execute("SELECT position FROM outbox")
            #expect(try run(["webhook", "disable", webhook]).status == .exited(0))
            let ping = try run(["webhook", "ping", webhook])
            #expect(ping.error == "commerce: the webhook is disabled: commerce webhook enable \(webhook)\n")
            for arguments in [
                ["webhook", "replay", "\(webhook):\(position)"], ["webhook", "replay", "--endpoint", webhook],
                ["webhook", "replay", "--endpoint", webhook, "--dead"],
                ["webhook", "replay", "--endpoint", webhook, "--since", "1h"],
                ["events", "replay", Self.event, "--endpoint", webhook],
                ["events", "replay", "--type", "*", "--since", "1h", "--endpoint", webhook],
            ] {
                let done = try run(arguments)
                #expect(
                    done.status == .exited(1) && done.output.isEmpty && done.error == ping.error, "\(arguments): \(done.error)")
            }
            let queued = try run(["events", "replay", Self.event, "--endpoint", Self.queue])
            #expect(
                queued.status == .exited(1) && queued.error == "commerce: the target is disabled: no setting configures it\n")
            #expect(try shop.database.execute("SELECT count(*) FROM delivery WHERE state <> 'dead'") == "0")
            #expect(try run(["webhook", "enable", webhook]).status == .exited(0))
            #expect(try run(["webhook", "replay", "--endpoint", webhook]).output == "1 delivery is pending again\n")
        }
    }
}
