import EventLoop
import Formats
import Foundation
import PostgresClient
import Synchronization
import TestSupport
import Testing

@testable import Events

/// What the relay does when workers, servers and rows are gone.
@Suite("Recovery of the relay")
struct RelayRecoveryTests {
    private final class Count: Sendable {
        private let number = Mutex(0)
        var value: Int { number.withLock { $0 } }
        func add() { number.withLock { $0 += 1 } }
    }

    private static let delivered = "SELECT count(*) FROM delivery WHERE state = 'delivered'"

    @Test("claims of a worker without a row are free")
    func orphans() async throws {
        let stage = try RelayStage()
        try stage.addTarget("a")
        try stage.insert(3, sequences: 2)
        _ = try stage.shop.query(
            """
            INSERT INTO delivery (target_id, position, aggregate_id, claimed_by)
            SELECT t.id, o.position, o.aggregate_id, gen_random_uuid() FROM outbox o, event_target t;
            UPDATE relay SET position = 6, claimed_by = gen_random_uuid()
            """)
        _ = try await stage.start { _, _, _ in ScriptedTarget.taken }
        try await stage.wait(until: 6, Self.delivered)
        await stage.drain()
    }

    @Test("a delivery without its event is given up, and those behind it are delivered")
    func withoutEvent() async throws {
        let stage = try RelayStage()
        try stage.addTarget("a")
        try stage.insert(1, sequences: 3)
        _ = try stage.shop.query(
            """
            INSERT INTO delivery (target_id, position, aggregate_id) SELECT t.id, o.position, o.aggregate_id FROM outbox o, event_target t;
            UPDATE relay SET position = 3;
            DELETE FROM outbox WHERE position = 1
            """)
        _ = try await stage.start { _, _, _ in ScriptedTarget.taken }
        try await stage.wait(until: 2, Self.delivered)
        await stage.drain()
        #expect(
            try stage.shop.query("SELECT position, state, error FROM delivery WHERE state <> 'delivered'")
                == "1|dead|the event is no longer kept")
        #expect(stage.received.delivered(to: "a").map(\.sequence) == [2, 3])
    }

    @Test("after a failover that lost the last commits, events that take their positions again are delivered")
    func failover() async throws {
        let stage = try RelayStage()
        try stage.addTarget("a")
        try stage.insert(10)
        _ = try await stage.start { _, _, _ in ScriptedTarget.taken }
        try await stage.wait(until: 10, Self.delivered)
        try await stage.wait(until: 10, "SELECT position FROM relay")
        // The state of a standby that lacks the last five, and the connections are lost.
        _ = try stage.shop.query(
            """
            DELETE FROM delivery WHERE position > 5;
            DELETE FROM outbox WHERE position > 5;
            UPDATE relay SET position = 5;
            SELECT setval('outbox_position_seq', 5);
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            """)
        try stage.insert(10)
        try await stage.wait(until: 15, Self.delivered)
        await stage.drain()
        #expect(try stage.shop.query("SELECT max(position) FROM outbox") == "15")
    }

    @Test("a poll for another server than that of the cursor reads nothing and stores nothing")
    func otherServer() async throws {
        let stage = try RelayStage()
        try stage.addTarget("a")
        try stage.insert(3)
        let worker = UUID.v7()
        _ = try stage.shop.query("UPDATE relay SET position = 2, claimed_by = '\(worker)'")
        let loop = try EventLoop(label: "test.poll")
        let configuration = try PostgresConfiguration(connectionString: stage.shop.database.url)
        let found = try await withCheckedThrowingContinuation { (done: CheckedContinuation<[Bool], any Error>) in
            loop.execute {
                let pool = PostgresPool(loop: loop, configuration: configuration, logger: RelayStage.quiet)
                pool.start()
                loop.run {
                    do {
                        var found: [Bool] = []
                        let idle = try await pool.execute(RelayStatements.idlePoll(by: worker, takesOver: true))
                        let server = try idle.named(RelayStatements.IdlePollColumn.self)[0][.server, as: Timestamp.self]
                        for (time, position) in [(server + .seconds(1), 2), (server, 3), (server, 2)] as [(Timestamp, Int64)] {
                            let history = RelayHistory(server: time, position: position)
                            let rows = try await pool.execute(
                                RelayStatements.poll(
                                    OutboxCursor(after: 2), by: worker, at: history, limit: 10, due: .everything))
                            let row = rows.named(RelayStatements.PollColumn.self)[0]
                            found.append(try row[.isMine, as: Bool.self])
                            found.append(try row[.positions, as: [Int64].self] == [3])
                        }
                        await pool.close()
                        done.resume(returning: found)
                    } catch {
                        done.resume(throwing: error)
                    }
                    loop.stop()
                }
            }
        }
        #expect(found == [false, false, false, false, true, true])
        #expect(try stage.shop.query("SELECT position FROM relay") == "2")
    }

    @Test("a worker that drains begins nothing new, and others make deliveries meanwhile, whichever of its targets is slow")
    func draining() async throws {
        let stage = try RelayStage()
        for name in ["a", "b", "c"] { try stage.addTarget(name) }
        try stage.insert(2_000)
        let (held, late, isDraining, mayEnd) = (Count(), Count(), Count(), Count())
        let running = try await stage.start { target, _, _ in
            if isDraining.value > 0 { late.add() }
            guard target == "a" else { return ScriptedTarget.taken }
            held.add()
            while mayEnd.value == 0 { try? await Task.sleep(for: .milliseconds(5)) }
            return ScriptedTarget.taken
        }
        while held.value == 0 { try await Task.sleep(for: .milliseconds(5)) }
        async let drained: Void = RelayStage.drain(running)
        // Before the attempts have ended.
        try await stage.wait(until: 1, "SELECT count(*) FROM relay WHERE claimed_by IS NULL")
        isDraining.add()
        try await Task.sleep(for: .milliseconds(50))
        mayEnd.add()
        await drained
        #expect(late.value == 0)
        #expect(try stage.number("SELECT count(*) FROM delivery WHERE claimed_by IS NOT NULL") == 0)
    }
}
