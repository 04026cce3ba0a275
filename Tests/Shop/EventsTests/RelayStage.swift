import EventLoop
import Formats
import Foundation
import Logging
import PostgresClient
import ShopTestSupport
import Synchronization
import TestSupport

@testable import Events

/// What targets have got, in the order of the attempts.
final class Received: Sendable {
    struct Attempt: Sendable {
        let target: String
        let event: UUID
        let aggregate: UUID
        let sequence: Int
        let isDelivered: Bool
    }

    private let attempts = Mutex<[Attempt]>([])

    func add(_ attempt: Attempt) { attempts.withLock { $0.append(attempt) } }

    var all: [Attempt] { attempts.withLock { $0 } }

    func delivered(to target: String) -> [Attempt] { all.filter { $0.target == target && $0.isDelivered } }
}

/// A target that answers as a test wants.
struct ScriptedTarget: DeliveryTarget {
    let name: String
    let loop: EventLoop
    let received: Received
    var largestBatch = 1
    var concurrency = 16
    /// The outcome of the `n`-th attempt to deliver an event, counted from 1 for the target.
    let answer: @Sendable (Event, Int) async -> DeliveryOutcome
    let count = Counter()

    final class Counter: Sendable {
        private let value = Mutex(0)
        func next() -> Int {
            value.withLock {
                $0 += 1
                return $0
            }
        }
    }

    func deliver(_ events: [Event]) async -> [DeliveryOutcome] {
        var outcomes: [DeliveryOutcome] = []
        for event in events {
            let outcome = await answer(event, count.next())
            var isDelivered = false
            if case .delivered = outcome { isDelivered = true }
            received.add(
                Received.Attempt(
                    target: name, event: event.id, aggregate: event.aggregate, sequence: event.sequence, isDelivered: isDelivered)
            )
            outcomes.append(outcome)
        }
        return outcomes
    }

    static let taken = DeliveryOutcome.delivered(DeliveryReport(status: 200, duration: .zero))
    static let down = DeliveryOutcome.failed(DeliveryReport(status: 500, duration: .zero, error: "status 500"))
}

/// A shop's database, and relays that work on it, each on a loop of its own like a process.
final class RelayStage {
    let shop: ShopDatabase
    let received = Received()
    private var relays: [UUID: RunningRelay] = [:]

    struct RunningRelay {
        let id: UUID
        let loop: EventLoop
        let pool: PostgresPool
        let relay: EventRelay
    }

    init() throws { shop = try ShopDatabase() }

    /// Adds a row of `event_target`; its address is the name of the script.
    func addTarget(_ name: String, _ events: String = "{*}") throws {
        _ = try shop.query(
            "INSERT INTO event_target (id, kind, address, events) VALUES (gen_random_uuid(), 'webhook', '\(name)', '\(events)')")
    }

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Starts a relay.
    func start(
        _ settings: RelaySettings = RelaySettings(), configured: [EventTarget] = [], hint: OutboxHint = OutboxHint(),
        script: @escaping @Sendable (String, Event, Int) async -> DeliveryOutcome
    ) async throws -> RunningRelay {
        let loop = try EventLoop(label: "test.relay")
        let id = UUID.v7()
        _ = try shop.query("INSERT INTO worker (id) VALUES ('\(id)')")
        let configuration = try PostgresConfiguration(connectionString: shop.database.url)
        let received = received
        let running: RunningRelay = await withCheckedContinuation { continuation in
            loop.execute {
                var configuration = configuration
                configuration.maximum = 4
                let pool = PostgresPool(loop: loop, configuration: configuration, logger: Self.quiet)
                pool.start()
                let relay = EventRelay(
                    loop: loop, pool: pool, worker: { id }, configured: configured, hint: hint, settings: settings,
                    logger: Self.quiet,
                    makeTarget: { row in
                        ScriptedTarget(name: row.address, loop: loop, received: received) { await script(row.address, $0, $1) }
                    },
                    disable: { row, reason in
                        switch reason {
                        case .gone:
                            "UPDATE event_target SET state = 'disabled', reason = 'gone', updated_at = now() WHERE id = \(row.id)"
                        case .failing(let time):
                            """
                            UPDATE event_target SET state = 'disabled', reason = 'failing', updated_at = now() WHERE id = \(row.id) \
                            AND failing_since < now() - \(time.wholeMicroseconds) * interval '1 microsecond'
                            """
                        }
                    })
                relay.start()
                continuation.resume(returning: RunningRelay(id: id, loop: loop, pool: pool, relay: relay))
            }
        }
        relays[id] = running
        return running
    }

    /// Ends a relay as SIGKILL does: its claims stay until another worker frees them.
    func kill(_ running: RunningRelay) throws {
        running.loop.stop()
        relays[running.id] = nil
        // As the worker's registration does.
        _ = try shop.query("DELETE FROM worker WHERE id = '\(running.id)'")
    }

    /// Ends all relays in order.
    func drain() async {
        for running in relays.values { await Self.drain(running) }
        relays = [:]
    }

    static func drain(_ running: RunningRelay) async {
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            running.loop.execute {
                running.loop.run {
                    await running.relay.drain()
                    await running.pool.close()
                    running.loop.stop()
                    done.resume()
                }
            }
        }
    }

    /// Inserts and commits events of new aggregates.
    func insert(_ aggregates: Int, sequences: Int = 1) throws {
        _ = try shop.query(
            """
            INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload)
            SELECT gen_random_uuid(), 'order.placed', 1, 'order', a.id, s, json_build_object('n', s)
            FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, \(aggregates))) a, generate_series(1, \(sequences)) s
            ORDER BY s
            """)
    }

    func number(_ sql: String) throws -> Int { Int(try shop.query(sql).trimmingCharacters(in: .whitespacesAndNewlines)) ?? -1 }

    /// Waits until a query returns a number.
    func wait(until number: Int, _ sql: String) async throws {
        for _ in 0..<1_200 {
            if try self.number(sql) == number { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TestFailure("\(sql): \(try self.number(sql)) and not \(number) after a minute")
    }
}
