import Events
import Formats
import Foundation
import PostgresClient
import ShopTestSupport
import TestSupport
import Testing
import Web

@testable import Webhooks

/// Endpoints in a real database.
@Suite("Webhook endpoints")
struct WebhookStoreTests {
    static let keys = EncryptionKeys(secret: "0123456789abcdef0123456789abcdef")

    /// A shop with its store, for the length of a test.
    // Unchecked: one thread at a time uses the connection, as each test waits for the other.
    struct Fixture: @unchecked Sendable {
        let shop: ShopDatabase
        let connection: BlockingConnection
        let store: WebhookStore

        init() throws {
            shop = try ShopDatabase()
            connection = try BlockingConnection(connectionString: shop.database.url)
            store = WebhookStore(connection, keys: WebhookStoreTests.keys)
        }

        func add(
            _ url: String = "https://example.com/", _ events: String..., limit: Int = 50
        ) throws -> (id: UUID, secret: WebhookSecret) {
            try store.add(
                WebhookURL(url, allowsPrivate: true), events: (events.isEmpty ? ["*"] : events).compactMap { EventPattern($0) },
                limit: limit)
        }

        /// Adds an endpoint whose secret only the keys of a store open.
        func seal(for store: WebhookStore) throws -> UUID {
            let (id, _) = try add()
            _ = try store.rotate(id, keepingUntil: .now, forgetting: true)
            return id
        }

        /// Events of so many orders, and no deliveries.
        func insertEvents(_ count: Int, type: String = "order.placed") throws {
            _ = try shop.query(
                """
                INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload)
                    SELECT gen_random_uuid(), '\(type)', 1, 'order', gen_random_uuid(), 1, '{}' FROM generate_series(1, \(count));
                UPDATE relay SET position = (SELECT max(position) FROM outbox)
                """)
        }

        /// What the relay makes of the events so far, in a state.
        func deliver(to id: UUID, as state: String) throws {
            _ = try shop.query(
                """
                INSERT INTO delivery (target_id, position, aggregate_id, state, attempts, ended_at, due_at)
                    SELECT '\(id)', position, aggregate_id, '\(state)', 3, CASE '\(state)' WHEN 'pending' THEN NULL ELSE now() END,
                    now() + interval '1 hour' FROM outbox ON CONFLICT DO NOTHING
                """)
        }

        func states(_ id: UUID) throws -> String {
            try shop.query(
                "SELECT state, count(*), min(attempts), bool_and(due_at <= now()) FROM delivery WHERE target_id = '\(id)' GROUP BY 1 ORDER BY 1"
            )
        }
    }

    private static func id(_ id: UUID) -> String { id.uuidString.lowercased() }

    @Test("an endpoint that is added is listed without its secret, which the database has only sealed")
    func add() async throws {
        try await onOwnThread {
            let it = try Fixture()
            let (id, secret) = try it.add("https://Example.com/hook?token=hunter2", "order.*", "stock.low")
            let listed = try #require(try it.store.list().first)
            #expect(listed.id == id && listed.url == "https://example.com/hook?token=hunter2" && listed.isActive)
            #expect(listed.events == ["order.*", "stock.low"] && listed.pending == 0 && listed.dead == 0)
            let sealed = try it.connection.query("SELECT secrets FROM event_target").first?[0, as: [UInt8].self] ?? []
            #expect(WebhookSecrets(sealed: sealed, for: id, Self.keys)?.valid(at: .now) == [secret])
            for key in [secret.key, Array(secret.reveal().utf8)] {
                #expect(!sealed.indices.contains { sealed[$0...].starts(with: key.prefix(8)) })
            }
        }
    }

    @Test("there are never more endpoints than the limit, also when they are added at the same time")
    func limit() async throws {
        let it = try await onOwnThread { try Fixture() }
        let url = it.shop.database.url
        let added = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await onOwnThread {
                        let store = WebhookStore(try BlockingConnection(connectionString: url), keys: Self.keys)
                        do {
                            _ = try store.add(WebhookURL("https://example.com/", allowsPrivate: false), events: [], limit: 3)
                            return true
                        } catch is WebhookStore.LimitReached {
                            return false
                        }
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(added == 3)
        #expect(try await it.shop.database.execute("SELECT count(*) FROM event_target") == "3")
    }

    @Test("a rotation gives a new secret beside the old one; secrets that cannot be opened are given up only on demand")
    func rotate() async throws {
        try await onOwnThread {
            let it = try Fixture()
            let (id, first) = try it.add()
            let before = try it.shop.query("SELECT updated_at FROM event_target")
            let second = try #require(try it.store.rotate(id, keepingUntil: .now + .seconds(60)))
            func secrets() throws -> [WebhookSecret]? {
                let sealed =
                    try it.connection.query("SELECT secrets FROM event_target WHERE id = \(id)").first?[0, as: [UInt8].self] ?? []
                return WebhookSecrets(sealed: sealed, for: id, Self.keys)?.valid(at: .now)
            }
            #expect(try secrets() == [second, first])
            // So that workers notice it.
            #expect(try it.shop.query("SELECT updated_at FROM event_target") > before)
            #expect(try it.store.rotate(.v7(), keepingUntil: .now) == nil)
            let stranger = WebhookStore(it.connection, keys: EncryptionKeys(secret: "another"))
            #expect(throws: WebhookStore.OtherKeys.self) { try stranger.rotate(id, keepingUntil: .now) }
            #expect(throws: WebhookStore.OtherKeys.self) {
                try stranger.add(WebhookURL("https://example.com/", allowsPrivate: false), events: [], limit: 9)
            }
            #expect(try secrets() == [second, first] && it.store.list().count == 1 && it.store.keysFit() && !stranger.keysFit())
            // The stranger's keys open another endpoint's.
            _ = try it.seal(for: stranger)
            #expect(try stranger.keysFit())
            #expect(throws: WebhookStore.SecretsUnreadable.self) { try stranger.rotate(id, keepingUntil: .now) }
            #expect(try stranger.rotate(id, keepingUntil: .now, forgetting: true) != nil)
            #expect(try secrets() == nil)
        }
    }

    @Test("after a change of ENCRYPTION_KEY the secrets are sealed with the new one, and those that nothing opens stay")
    func resealing() async throws {
        let it = try await onOwnThread { try Fixture() }
        let (id, secret) = try it.add()
        let lost = try it.seal(for: WebhookStore(it.connection, keys: EncryptionKeys(secret: "lost")))
        let before = try it.shop.query("SELECT secrets FROM event_target WHERE id = '\(lost)'")
        let new = String(repeating: "n", count: 32)
        try await LoopRun.run { loop in
            let pool = PostgresPool(
                loop: loop, configuration: try PostgresConfiguration(connectionString: it.shop.database.url),
                logger: LoopRun.quiet)
            pool.start()
            let both = EncryptionKeys(secret: new, previous: "0123456789abcdef0123456789abcdef")
            #expect(try await WebhookResealing(pool: pool, keys: Self.keys).run() == 0)
            #expect(try await WebhookResealing(pool: pool, keys: both).run() == 1)
            #expect(try await WebhookResealing(pool: pool, keys: both).run() == 0)
            await pool.close()
        }
        let rows = try it.connection.query("SELECT secrets FROM event_target WHERE id = \(id)")
        let sealed = try rows.first?[0, as: [UInt8].self] ?? []
        #expect(WebhookSecrets(sealed: sealed, for: id, EncryptionKeys(secret: new))?.valid(at: .now) == [secret])
        #expect(try it.shop.query("SELECT secrets FROM event_target WHERE id = '\(lost)'") == before)
    }

    @Test("a disabled endpoint keeps what waits for it, and it is due at once when the endpoint is enabled")
    func states() async throws {
        try await onOwnThread {
            let it = try Fixture()
            let (id, _) = try it.add()
            try it.insertEvents(3)
            try it.deliver(to: id, as: "pending")
            _ = try it.shop.query("UPDATE event_target SET failing_since = now()")
            #expect(try it.store.disable(id, reason: "a test"))
            #expect(try it.store.list(id).first.map { !$0.isActive && $0.reason == "a test" && $0.pending == 3 } == true)
            #expect(try it.states(id) == "pending|3|3|f")
            #expect(try it.store.ping(id) == nil)
            #expect(try it.store.enable(id))
            #expect(try it.states(id) == "pending|3|3|t")
            #expect(try it.store.list(id).first.map { $0.isActive && $0.reason == nil && $0.failingSince == nil } == true)
            for other in [UUID.v7(), EventTarget.configured(.mail)] {
                #expect(try !it.store.enable(other) && !it.store.disable(other, reason: "x") && !it.store.remove(other))
            }
        }
    }

    @Test("counts of deliveries end at a bound")
    func counts() async throws {
        try await onOwnThread {
            let it = try Fixture()
            let (id, _) = try it.add()
            try it.insertEvents(WebhookStore.mostCounted + 10)
            try it.deliver(to: id, as: "dead")
            #expect(try it.store.list(id).first?.dead == WebhookStore.mostCounted)
        }
    }

    @Test("pings are events of their endpoint, counted from 1, and an earlier one that waits is due again")
    func ping() async throws {
        try await onOwnThread {
            let it = try Fixture()
            let (id, _) = try it.add("https://example.com/", "order.placed")
            let first = try #require(try it.store.ping(id))
            #expect(
                try it.shop.query("SELECT id, type, aggregate_type, aggregate_id, sequence, payload FROM outbox")
                    == "\(Self.id(first))|webhook.ping|webhook|\(Self.id(id))|1|{\"id\":\"\(Self.id(id))\"}")
            try it.deliver(to: id, as: "pending")
            #expect(try it.states(id) == "pending|1|3|f")
            #expect(try it.store.ping(id) != nil)
            #expect(try it.states(id) == "pending|1|3|t")
            #expect(try it.shop.query("SELECT string_agg(sequence::text, ',' ORDER BY position) FROM outbox") == "1,2")
            #expect(try it.store.ping(.v7()) == nil)
        }
    }

    @Test("the shop disables an endpoint that is gone, or has failed for long enough, once, and with an event")
    func disabling() async throws {
        try await onOwnThread {
            let it = try Fixture()
            func row(_ id: UUID) -> EventTarget { EventTarget(id: id, kind: .webhook, address: "", events: []) }
            func run(_ id: UUID, _ reason: DisableReason) throws -> Int {
                try it.connection.query(#require(WebhookDisabling.statement(row(id), reason))).affectedRows
            }
            let (gone, _) = try it.add("https://example.com/a?token=hunter2")
            #expect(try run(gone, .gone) == 1)
            #expect(try run(gone, .gone) == 0)
            #expect(
                try it.shop.query("SELECT type, aggregate_id, sequence, payload FROM outbox")
                    == "webhook.disabled|\(Self.id(gone))|1|{\"id\":\"\(Self.id(gone))\",\"url\":\"https://example.com/a\","
                    + "\"reason\":\"it has answered 410 (Gone)\",\"reason_code\":\"gone\",\"failing_since\":null}")

            let (failing, _) = try it.add()
            #expect(try run(failing, .failing(.seconds(0))) == 0)
            _ = try it.shop.query("UPDATE event_target SET failing_since = now() - interval '4 days' WHERE id = '\(failing)'")
            #expect(try run(failing, .failing(.seconds(5 * 86_400))) == 0)
            #expect(try run(failing, .failing(.seconds(3 * 86_400))) == 1)
            #expect(try run(failing, .failing(.seconds(3 * 86_400))) == 0)
            let payload = try it.shop.query("SELECT payload FROM outbox WHERE aggregate_id = '\(failing)'")
            let read = try #require(try JSONSerialization.jsonObject(with: Data(payload.utf8)) as? [String: Any])
            let since = try #require((read["failing_since"] as? String).flatMap { Timestamp(rfc3339: $0) })
            #expect(since < .now - .seconds(4 * 86_400) && since > .now - .seconds(4 * 86_400 + 600))
            #expect((read["reason"] as? String)?.hasPrefix("all deliveries have failed since 20") == true)
            #expect(read["reason_code"] as? String == "failing")
            #expect(try it.store.list(failing).first.map { !$0.isActive && $0.reason == read["reason"] as? String } == true)

            let mail = EventTarget(id: EventTarget.configured(.mail), kind: .mail, address: "", events: [])
            #expect(WebhookDisabling.statement(mail, .gone) == nil)
        }
    }

    @Test("an endpoint is removed with its deliveries, and with no others")
    func remove() async throws {
        try await onOwnThread {
            let it = try Fixture()
            let (id, _) = try it.add()
            let (other, _) = try it.add()
            try it.insertEvents(6_000)
            try it.deliver(to: id, as: "delivered")
            try it.deliver(to: other, as: "pending")
            #expect(try it.store.remove(id))
            #expect(try it.shop.query("SELECT target_id, count(*) FROM delivery GROUP BY 1") == "\(Self.id(other))|6000")
            #expect(try it.shop.query("SELECT id FROM event_target") == Self.id(other))
            #expect(try !it.store.remove(id))
        }
    }

    @Test("a replay makes one delivery pending, or all dead ones, and attempts go on counting")
    func replay() async throws {
        try await onOwnThread {
            let it = try Fixture()
            let (id, _) = try it.add()
            let (other, _) = try it.add()
            try it.insertEvents(2_500)
            try it.deliver(to: id, as: "dead")
            try it.deliver(to: other, as: "dead")
            let replay = DeliveryReplay(it.connection)
            let record = try #require(try DeliveryLog(it.connection).list(.webhook, target: id, limit: 1).first)
            #expect(try replay.replay(record.id) && DeliveryID(record.id.description) == record.id)
            #expect(try it.states(id) == "dead|2499|3|f\npending|1|3|t")
            #expect(try !replay.replay(DeliveryID(target: id, position: .max)))
            #expect(try replay.replayDead(of: id) == 2_499)
            #expect(try it.states(id) == "pending|2500|3|t" && it.states(other) == "dead|2500|3|f")
            #expect(try it.shop.query("SELECT count(*) FROM delivery WHERE state = 'pending' AND ended_at IS NOT NULL") == "0")
            #expect(try replay.replayDead(of: id) == 0)
        }
    }

    @Test("events since a time are delivered again, also to an endpoint that has never got them, if it wants them")
    func replaySince() async throws {
        try await onOwnThread {
            let it = try Fixture()
            try it.insertEvents(1_500, type: "order.placed")
            try it.insertEvents(700, type: "stock.low")
            _ = try it.shop.query("UPDATE outbox SET occurred_at = now() - interval '2 days' WHERE position <= 1000")
            let (id, _) = try it.add("https://example.com/", "order.*")
            let (all, _) = try it.add()
            let (disabled, _) = try it.add()
            #expect(try it.store.disable(disabled, reason: "x"))
            let replay = DeliveryReplay(it.connection)
            let day = Timestamp.now - .seconds(86_400)
            #expect(try replay.replay(nil, since: day, to: .one(id)) == 500)
            #expect(try it.states(id) == "pending|500|0|t" && it.states(all) == "")
            _ = try it.shop.query("UPDATE delivery SET state = 'delivered', attempts = 1, ended_at = now()")
            // Those of one type, to all that want them.
            #expect(try replay.replay(EventPattern("order.placed"), since: day, to: .webhooks) == 1_000)
            #expect(try it.states(id) == "pending|500|1|t" && it.states(all) == "pending|500|0|t" && it.states(disabled) == "")
            #expect(try replay.replay(EventPattern("order.placed"), since: .now + .seconds(60), to: .webhooks) == 0)
            #expect(try replay.replay(nil, since: .now - .seconds(9 * 86_400), to: .webhooks) == 1_500 + 2_200)

            // One event: a target that is named gets it whatever it wants, others only if they want it.
            let low = try #require(try EventLog(it.connection).list(EventPattern("stock.*"), limit: 1).first)
            #expect(try EventLog(it.connection).event(low.id)?.position == low.position)
            #expect(try replay.replay(low, to: .one(id)) == 1)
            #expect(try replay.replay(low, to: .webhooks) == 1)
            #expect(try DeliveryLog(it.connection).deliveries(of: low).map(\.id.target) == [id, all])

            // The relay has yet to come to it, and makes its deliveries by itself.
            _ = try it.shop.query("UPDATE relay SET position = \(low.position - 1)")
            let (late, _) = try it.add()
            #expect(try replay.replay(low, to: .one(late)) == 0)
            #expect(try replay.replay(nil, since: day, to: .one(late)) == 1_199)
        }
    }

    @Test("the log shows the newest first, of one endpoint or all, in any state")
    func log() async throws {
        try await onOwnThread {
            let it = try Fixture()
            let (id, _) = try it.add()
            let (other, _) = try it.add()
            try it.insertEvents(10)
            try it.deliver(to: id, as: "delivered")
            try it.deliver(to: other, as: "pending")
            _ = try it.shop.query(
                """
                UPDATE delivery SET state = 'dead', status = 500, duration_ms = 12, answer = 'no', error = 'answered 500',
                    attempted_at = now() WHERE target_id = '\(id)' AND position % 2 = 0;
                INSERT INTO event_target (id, kind, address, events) VALUES ('\(EventTarget.configured(.mail))', 'mail', '', '{}');
                """)
            try it.deliver(to: EventTarget.configured(.mail), as: "pending")
            let log = DeliveryLog(it.connection)
            let all = try log.list(.webhook, limit: 100)
            #expect(all.count == 20 && all.map(\.id.position) == all.map(\.id.position).sorted(by: >))
            #expect(try log.list(.webhook, target: id, limit: 3).map(\.id.position) == [10, 9, 8])
            let dead = try log.list(.webhook, state: .dead, limit: 3)
            #expect(dead.map(\.id) == [10, 8, 6].map { DeliveryID(target: id, position: $0) })
            let record = try #require(dead.first)
            #expect(record.status == 500 && record.milliseconds == 12 && record.answer == "no" && record.error == "answered 500")
            #expect(record.type == "order.placed" && record.attempts == 3 && record.attemptedAt != nil && record.event != nil)
            // An event that is no longer kept.
            _ = try it.shop.query("DELETE FROM outbox WHERE position = 10")
            #expect(try log.list(.webhook, target: id, limit: 1).first.map { $0.event == nil && $0.type == nil } == true)
            let event = try #require(try EventLog(it.connection).list(limit: 1).first)
            #expect(try log.deliveries(of: event).map(\.kind).filter { $0 == .mail }.count == 1)
            #expect(try EventLog(it.connection).list(aggregate: event.aggregate, limit: 9).map(\.id) == [event.id])
            #expect(try EventLog(it.connection).list(EventPattern("stock.*"), limit: 9).isEmpty)
        }
    }
}
