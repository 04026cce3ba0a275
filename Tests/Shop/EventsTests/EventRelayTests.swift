import EventLoop
import Formats
import Foundation
import PostgresClient
import Synchronization
import TestSupport
import Testing

@testable import Events

/// Every committed event reaches every target, those of an aggregate in order, whatever fails.
@Suite("Event relay")
struct EventRelayTests {
    private static let pending = "SELECT count(*) FROM delivery WHERE state = 'pending'"

    /// Short pauses, so that failed deliveries are attempted again within the test.
    private static var fast: RelaySettings {
        var settings = RelaySettings()
        settings.retries.first = .milliseconds(1)
        settings.retries.longest = .milliseconds(300)
        return settings
    }

    @Test("each target gets each event once, in the order of each aggregate; patterns choose the types")
    func delivers() async throws {
        let stage = try RelayStage()
        try stage.addTarget("all")
        try stage.addTarget("orders", "{order.*}")
        try stage.addTarget("stock", "{stock.low,webhook.*}")
        try stage.insert(40, sequences: 5)
        _ = try await stage.start { _, _, _ in ScriptedTarget.taken }
        try await stage.wait(until: 400, "SELECT count(*) FROM delivery WHERE state = 'delivered'")
        await stage.drain()
        for target in ["all", "orders"] {
            let got = stage.received.delivered(to: target)
            #expect(got.count == 200 && Set(got.map(\.event)).count == 200)
            for (_, events) in Dictionary(grouping: got, by: \.aggregate) { #expect(events.map(\.sequence) == [1, 2, 3, 4, 5]) }
        }
        #expect(stage.received.delivered(to: "stock").isEmpty)
        #expect(try stage.shop.query("SELECT position, claimed_by IS NULL FROM relay") == "200|t")
        #expect(try stage.number("SELECT count(*) FROM delivery WHERE claimed_by IS NOT NULL") == 0)
    }

    @Test("an event that comes after one that waits for its next attempt is due with it") func followers() async throws {
        let stage = try RelayStage()
        try stage.addTarget("a")
        try stage.insert(1)
        _ = try await stage.start { _, _, _ in .failed(DeliveryReport(status: 503, duration: .zero), retryAfter: .seconds(3_600))
        }
        try await stage.wait(until: 1, "SELECT count(*) FROM delivery WHERE attempts = 1")
        _ = try stage.shop.query(
            """
            INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload)
            SELECT gen_random_uuid(), type, version, aggregate_type, aggregate_id, sequence + n, payload
            FROM outbox, generate_series(1, 3) n
            """)
        try await stage.wait(until: 4, "SELECT count(*) FROM delivery")
        await stage.drain()
        #expect(try stage.number("SELECT count(DISTINCT due_at) FROM delivery") == 1)
        #expect(stage.received.all.count == 1)
    }

    @Test("nothing is missed or delivered out of order by four workers that die while events are committed in any order")
    func chaos() async throws {
        let stage = try RelayStage()
        try stage.addTarget("a")
        try stage.addTarget("b")
        @Sendable func script(_ target: String, _ event: Event, _ attempt: Int) async -> DeliveryOutcome {
            try? await Task.sleep(for: .microseconds(.random(in: 0...3_000)))
            return Int.random(in: 0..<10) == 0 ? ScriptedTarget.down : ScriptedTarget.taken
        }
        var running: [RelayStage.RunningRelay] = []
        for _ in 0..<4 { running.append(try await stage.start(Self.fast, script: script)) }
        // Six sessions: each event takes the lock of its aggregate, as features do. Some transactions are rolled back, some are long.
        _ = try stage.shop.query("CREATE TABLE counter AS SELECT gen_random_uuid() AS id, 0 AS n FROM generate_series(1, 30)")
        let url = stage.shop.database.url
        async let writing: Void = withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<6 {
                // On threads of their own: a session that waits for a lock blocks its thread.
                group.addTask { try await onOwnThread { try Self.write(writer, url) } }
            }
            try await group.waitForAll()
        }
        for _ in 0..<6 {
            try await Task.sleep(for: .milliseconds(150))
            let victim = running.removeFirst()
            try stage.kill(victim)
            running.append(try await stage.start(Self.fast, script: script))
        }
        try await writing
        let committed = try stage.number("SELECT count(*) FROM outbox")
        #expect(committed > 100)
        try await stage.wait(until: 2 * committed, "SELECT count(*) FROM delivery WHERE state = 'delivered'")
        await stage.drain()
        let events = Set(try stage.shop.query("SELECT id FROM outbox").split(separator: "\n").map { String($0).lowercased() })
        for target in ["a", "b"] {
            let got = stage.received.delivered(to: target)
            #expect(Set(got.map { $0.event.uuidString.lowercased() }) == events)
            for (_, events) in Dictionary(grouping: got, by: \.aggregate) {
                // The first delivery of each event; repeats may follow.
                var seen: Set<Int> = []
                let first = events.map(\.sequence).filter { seen.insert($0).inserted }
                #expect(first == Array(1...first.count))
            }
        }
    }

    /// Runs transactions of one to three events of an aggregate, and rolls every fourth back. Each takes the lock of one aggregate,
    /// so there are no deadlocks.
    private static func write(_ writer: Int, _ url: String) throws {
        let connection = try BlockingConnection(connectionString: url)
        for turn in 0..<80 {
            try connection.execute("BEGIN")
            for _ in 0..<Int.random(in: 1...3) {
                try connection.execute(
                    """
                    WITH c AS (UPDATE counter SET n = n + 1 WHERE id = (SELECT id FROM counter ORDER BY id
                    OFFSET \((writer * 7 + turn) % 30) LIMIT 1) RETURNING id, n)
                    INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload)
                    SELECT gen_random_uuid(), 'order.placed', 1, 'order', id, n, '{}' FROM c
                    """)
            }
            usleep(.random(in: 0...10_000))
            try connection.execute(Int.random(in: 0..<4) == 0 ? "ROLLBACK" : "COMMIT")
        }
    }

    @Test("a target that is down delays neither others nor, once it is back, loses anything")
    func bulkhead() async throws {
        let stage = try RelayStage()
        try stage.addTarget("down")
        try stage.addTarget("up")
        let flag = Flag()
        _ = try await stage.start(Self.fast) { target, _, _ in
            // It does not answer until the other target has everything.
            while target == "down", !flag.isSet { try? await Task.sleep(for: .milliseconds(20)) }
            return ScriptedTarget.taken
        }
        try stage.insert(300)
        try await stage.wait(
            until: 300,
            "SELECT count(*) FROM delivery d JOIN event_target t ON t.id = d.target_id WHERE address = 'up' AND d.state = 'delivered'"
        )
        #expect(stage.received.delivered(to: "down").isEmpty)
        flag.set()
        try await stage.wait(until: 600, "SELECT count(*) FROM delivery WHERE state = 'delivered'")
        await stage.drain()
        #expect(stage.received.delivered(to: "down").count == 300)
    }

    private final class Flag: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }

    @Test("while a target is slow, claims that fail at once are not repeated at once")
    func failingClaims() async throws {
        let stage = try RelayStage()
        try stage.addTarget("t")
        try stage.insert(300)
        let (some, all) = (Flag(), Flag())
        let running = try await stage.start(Self.fast) { _, _, attempt in
            while !all.isSet, attempt == 1 || !some.isSet { try? await Task.sleep(for: .milliseconds(20)) }
            return ScriptedTarget.taken
        }
        try await stage.wait(until: 96, "SELECT count(*) FROM delivery WHERE claimed_by IS NOT NULL")
        // From now on a claim fails without waiting for anything.
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            running.loop.execute {
                running.loop.run {
                    await running.pool.close()
                    done.resume()
                }
            }
        }
        some.set()
        while stage.received.all.count < 95 { try await Task.sleep(for: .milliseconds(20)) }
        // The loop still turns.
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in running.loop.execute { done.resume() } }
        all.set()
        while stage.received.all.count < 96 { try await Task.sleep(for: .milliseconds(20)) }
        await stage.drain()
    }

    @Test("a claim whose answer was lost is found, and what is being attempted is not attempted again")
    func lostClaim() async throws {
        let stage = try RelayStage()
        try stage.addTarget("t")
        // As after a lost answer: the worker fails to claim, and yet deliveries are claimed in its name.
        _ = try stage.shop.query(
            """
            CREATE SEQUENCE claims;
            CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('claims') = 2 THEN RAISE EXCEPTION 'lost'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER lose BEFORE UPDATE ON delivery FOR EACH ROW WHEN (OLD.claimed_by IS NULL AND NEW.claimed_by IS NOT NULL)
            EXECUTE FUNCTION lose()
            """)
        let flag = Flag()
        let running = try await stage.start(Self.fast) { _, _, attempt in
            while attempt == 1, !flag.isSet { try? await Task.sleep(for: .milliseconds(20)) }
            return ScriptedTarget.taken
        }
        try stage.insert(1)
        try await stage.wait(until: 1, "SELECT count(*) FROM delivery WHERE claimed_by IS NOT NULL")
        _ = try stage.shop.query(
            """
            BEGIN; INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload)
            SELECT gen_random_uuid(), 'order.placed', 1, 'order', gen_random_uuid(), 1, '{}' FROM generate_series(1, 3);
            INSERT INTO delivery (target_id, position, aggregate_id, claimed_by)
            SELECT t.id, o.position, o.aggregate_id, '\(running.id)' FROM outbox o, event_target t WHERE o.position > 1; COMMIT
            """)
        try stage.insert(1)
        try await stage.wait(until: 4, "SELECT count(*) FROM delivery WHERE state = 'delivered'")
        #expect(try stage.number(Self.pending) == 1)
        flag.set()
        try await stage.wait(until: 0, Self.pending)
        await stage.drain()
        #expect(stage.received.all.count == 5 && Set(stage.received.all.map(\.event)).count == 5)
    }

    @Test("a delivery that fails is attempted again, and is dead at last; the next event of its aggregate follows")
    func dead() async throws {
        let stage = try RelayStage()
        try stage.addTarget("t")
        try stage.insert(1, sequences: 2)
        var settings = Self.fast
        settings.retries.patience = .seconds(1)
        _ = try await stage.start(settings) { _, event, _ in event.sequence == 1 ? ScriptedTarget.down : ScriptedTarget.taken }
        try await stage.wait(until: 1, "SELECT count(*) FROM delivery WHERE state = 'delivered'")
        await stage.drain()
        #expect(
            try stage.shop.query("SELECT attempts > 1, status, error FROM delivery WHERE state = 'dead'") == "t|500|status 500")
        let attempts = stage.received.all
        #expect(attempts.last?.sequence == 2 && attempts.dropLast().allSatisfy { $0.sequence == 1 })
        #expect(try stage.shop.query("SELECT failing_since IS NULL FROM event_target") == "t")
    }

    @Test("a target that wants no events any more is disabled, as is one that has failed for too long")
    func disabled() async throws {
        let stage = try RelayStage()
        try stage.addTarget("gone")
        try stage.addTarget("failing")
        try stage.addTarget("up")
        _ = try stage.shop.query(
            "UPDATE event_target SET failing_since = now() - interval '6 days', failed_at = now() WHERE address = 'failing'")
        try stage.insert(20)
        _ = try await stage.start(Self.fast) { target, _, _ in
            switch target {
            case "gone": .gone(DeliveryReport(status: 410, duration: .zero))
            case "failing": ScriptedTarget.down
            default: ScriptedTarget.taken
            }
        }
        try await stage.wait(until: 2, "SELECT count(*) FROM event_target WHERE state = 'disabled'")
        try await stage.wait(
            until: 20,
            "SELECT count(*) FROM delivery d JOIN event_target t ON t.id = d.target_id WHERE address = 'up' AND d.state = 'delivered'"
        )
        let before = stage.received.all.filter { $0.target != "up" }.count
        try stage.insert(20)
        try await stage.wait(
            until: 40,
            "SELECT count(*) FROM delivery d JOIN event_target t ON t.id = d.target_id WHERE address = 'up' AND d.state = 'delivered'"
        )
        await stage.drain()
        #expect(stage.received.all.filter { $0.target != "up" }.count == before)
    }

    @Test("a hint wakes the relay at once; without one it finds events by itself")
    func hint() async throws {
        let stage = try RelayStage()
        try stage.addTarget("t")
        let hint = OutboxHint()
        _ = try await stage.start(hint: hint) { _, _, _ in ScriptedTarget.taken }
        try stage.insert(1)
        try await stage.wait(until: 1, "SELECT count(*) FROM delivery WHERE state = 'delivered'")
        for count in 2...5 {
            try stage.insert(1)
            hint.notify(redis: nil, now: 0)
            try await stage.wait(until: count, "SELECT count(*) FROM delivery WHERE state = 'delivered'")
        }
        await stage.drain()
    }

    @Test("a ping is for its endpoint alone, whatever the patterns say")
    func ping() async throws {
        let stage = try RelayStage()
        try stage.addTarget("a", "{order.*}")
        try stage.addTarget("b", "{*}")
        _ = try await stage.start { _, _, _ in ScriptedTarget.taken }
        _ = try stage.shop.query(
            """
            INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload)
            SELECT gen_random_uuid(), 'webhook.ping', 1, 'webhook', id, 1, '{}' FROM event_target WHERE address = 'a'
            """)
        try stage.insert(1)
        try await stage.wait(until: 3, "SELECT count(*) FROM delivery WHERE state = 'delivered'")
        await stage.drain()
        #expect(stage.received.delivered(to: "a").count == 2 && stage.received.delivered(to: "b").count == 1)
    }
}
