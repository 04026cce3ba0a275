import EventLoop
import Events
import Formats
import Foundation
import HTTPClient
import PostgresClient
import ShopTestSupport
import TestSupport
import Testing
import Web

@testable import Webhooks

/// From the outbox by the relay to receivers in a second process.
@Suite("Webhooks by the relay")
struct WebhookRelayTests {
    private typealias Fixture = WebhookStoreTests.Fixture

    /// Runs a relay until `body` is done. Retries come within a second.
    private static func relay(
        _ shop: ShopDatabase, disableAfter: Duration = .seconds(86_400), _ body: @escaping @Sendable () throws -> Void
    ) async throws {
        try await LoopRun.run { loop in
            var configuration = try PostgresConfiguration(connectionString: shop.database.url)
            configuration.maximum = 4
            let pool = PostgresPool(loop: loop, configuration: configuration, logger: LoopRun.quiet)
            pool.start()
            let worker = UUID.v7()
            _ = try await pool.batch(["INSERT INTO worker (id) VALUES (\(worker))"])
            var settings = WebhookSettings()
            settings.allowsPrivate = true
            settings.timeout = .seconds(2)
            let client = HTTPClient(loop: loop, settings: settings.client, logger: LoopRun.quiet)
            var relaySettings = RelaySettings()
            relaySettings.disableAfter = disableAfter
            relaySettings.retries.first = .milliseconds(300)
            let relay = EventRelay(
                loop: loop, pool: pool, worker: { worker }, hint: OutboxHint(), settings: relaySettings, logger: LoopRun.quiet,
                makeTarget: { target in
                    target.kind == .webhook
                        ? WebhookTarget(target, client: client, keys: WebhookStoreTests.keys, settings: settings) : nil
                },
                disable: WebhookDisabling.statement)
            relay.start()
            var failure: (any Error)?
            do { try await onOwnThread(body) } catch { failure = error }
            await relay.drain()
            await client.close()
            await pool.close()
            if let failure { throw failure }
        }
    }

    @Test("events reach the receivers that want them, in order per aggregate, and each is verified")
    func delivered() async throws {
        let receiver = try await onOwnThread { try WebhookReceiver() }
        let it = try await onOwnThread { try Fixture() }
        let (orders, first) = try it.add(receiver.url("/orders"), "order.*")
        let (_, second) = try it.add(receiver.url("/all"))
        let (broken, third) = try it.add("http://127.0.0.1:1/")
        try receiver.setSecrets([first.reveal(), second.reveal(), third.reveal()])
        _ = try it.shop.query(
            """
            INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload)
                SELECT gen_random_uuid(), 'order.placed', 1, 'order', ('00000000-0000-7000-8000-0000000000' || lpad((n % 10)::text, 2, '0'))::uuid,
                n / 10 + 1, json_build_object('n', n) FROM generate_series(0, 199) n ORDER BY n;
            INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload)
                VALUES (gen_random_uuid(), 'stock.low', 1, 'variant', gen_random_uuid(), 1, '{}')
            """)
        try await Self.relay(it.shop) {
            try receiver.wait { $0.count >= 401 }
            _ = Deadline(seconds: 20).poll(every: 20) { (try? it.states(orders)) == "delivered|200|1|t" }
        }
        let requests = receiver.requests
        #expect(requests.filter { $0.path == "/orders" }.count == 200 && requests.filter { $0.path == "/all" }.count == 201)
        #expect(requests.allSatisfy { $0.verified == [$0.path == "/orders", $0.path == "/all", false] })
        #expect(try it.states(orders) == "delivered|200|1|t")
        for path in ["/orders", "/all"] {
            var last: [String: Int] = [:]
            for request in requests where request.path == path {
                let body = try #require(try JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any])
                let aggregate = try #require(body["aggregate"] as? [String: Any])
                let (id, sequence) = (aggregate["id"] as? String ?? "", aggregate["sequence"] as? Int ?? 0)
                #expect(sequence == last[id, default: 0] + 1)
                last[id] = sequence
            }
        }
        // The log says why, in one line.
        let failed = try #require(
            try DeliveryLog(it.connection).list(.webhook, target: broken, limit: 300).first { $0.attempts > 0 })
        #expect(failed.state == .pending && failed.status == nil && failed.error != nil)
        #expect(try it.store.list(broken).first?.failingSince != nil)
    }

    @Test("a failed delivery comes again with the same id; a ping reaches its endpoint alone")
    func repeated() async throws {
        let receiver = try await onOwnThread { try WebhookReceiver() }
        let it = try await onOwnThread { try Fixture() }
        let (id, secret) = try it.add(receiver.url("/recovers"), "order.*")
        let (_, other) = try it.add(receiver.url("/other"))
        try receiver.setSecrets([secret.reveal(), other.reveal()])
        let event = try #require(try it.store.ping(id))
        try await Self.relay(it.shop) { try receiver.wait { $0.count >= 2 } }
        let requests = receiver.requests
        #expect(requests.map(\.path) == ["/recovers", "/recovers"] && requests.map(\.attempt) == [1, 2])
        #expect(Set(requests.compactMap { $0.headers["webhook-id"] }) == [event.uuidString.lowercased()])
        #expect(Set(requests.map(\.body)).count == 1 && requests.allSatisfy { $0.verified == [true, false] })
        #expect(requests[0].body.contains(#""type":"webhook.ping""#))
        let record = try #require(try DeliveryLog(it.connection).list(.webhook, limit: 1).first)
        #expect(record.state == .delivered && record.attempts == 2 && record.status == 204)
    }

    @Test("an endpoint that answers 410, or fails for too long, is disabled, and the others learn of it by an event")
    func disabled() async throws {
        let receiver = try await onOwnThread { try WebhookReceiver() }
        let it = try await onOwnThread { try Fixture() }
        let (gone, first) = try it.add(receiver.url("/gone"), "order.*")
        let (failing, second) = try it.add(receiver.url("/fails"), "order.*")
        let (_, watcher) = try it.add(receiver.url("/watch"), "webhook.*")
        try receiver.setSecrets([first, second, watcher].map { $0.reveal() })
        _ = try it.shop.query(
            "UPDATE event_target SET failing_since = now() - interval '6 days', failed_at = now() WHERE id = '\(failing)'")
        try it.insertEvents(1)
        _ = try it.shop.query("UPDATE relay SET position = 0")
        try await Self.relay(it.shop, disableAfter: .seconds(5 * 86_400)) {
            try receiver.wait { $0.filter { $0.path == "/watch" }.count == 2 }
        }
        let told = receiver.requests.filter { $0.path == "/watch" }
        #expect(told.allSatisfy { $0.body.contains(#""type":"webhook.disabled""#) && $0.verified == [false, false, true] })
        #expect(told.contains { $0.body.contains(gone.uuidString.lowercased()) && $0.body.contains("410") })
        #expect(
            told.contains {
                $0.body.contains(failing.uuidString.lowercased()) && $0.body.contains("all deliveries have failed since")
            })
        #expect(try it.store.list(gone).first.map { !$0.isActive && $0.dead == 1 } == true)
        #expect(try it.store.list(failing).first.map { !$0.isActive && $0.pending == 1 } == true)
        // The answer of the failing one repeats a secret.
        let stored = try it.shop.query(
            "SELECT d::text FROM delivery d; SELECT o::text FROM outbox o; SELECT t::text FROM event_target t")
        #expect(stored.contains("whsec_***"))
        for secret in [first, second, watcher] { #expect(!stored.contains(secret.reveal())) }
    }

    @Test("dead deliveries that are replayed arrive, with the id that they had")
    func replayed() async throws {
        let receiver = try await onOwnThread { try WebhookReceiver() }
        let it = try await onOwnThread { try Fixture() }
        let (id, secret) = try it.add(receiver.url())
        try receiver.setSecrets([secret.reveal()])
        try it.insertEvents(20)
        try it.deliver(to: id, as: "dead")
        #expect(try DeliveryReplay(it.connection).replayDead(of: id) == 20)
        try await Self.relay(it.shop) { try receiver.wait { $0.count == 20 } }
        let ids = try it.shop.query("SELECT id FROM outbox").split(separator: "\n").map(String.init)
        #expect(Set(receiver.requests.compactMap { $0.headers["webhook-id"] }) == Set(ids))
        #expect(try it.states(id).hasPrefix("delivered|20|4|"))
    }
}
