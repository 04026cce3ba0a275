import Foundation
import PostgresClient
import Synchronization
import Testing
import TestSupport

extension Faults {
    /// PostgreSQL lives, and has no more of something.
    @Suite("PostgreSQL has too little")
    struct ExhaustionTests {
        @Test(
            "a full disk refuses orders with 503 and lets reads go on; with space again all is as before",
            .enabled(if: TestVolume.isPossible, "no file system can be mounted here"))
        func fullDisk() async throws {
            let stage = try Stage(postgresMegabytes: 192)
            let volume = try #require(stage.postgres.volume)
            let service = try await stage.serve()
            try await service.waitUntilWell()
            try await PostgresFaultTests.warm(service)
            let load = Load(port: service.port)
            load.addReaders(3)
            load.addBuyers(8)
            load.addProbe()
            try await Task.sleep(for: .seconds(1))
            try await onOwnThread { try volume.fill() }
            // Until the pages that were there already are used up.
            let refused = try await onOwnThread {
                Deadline(seconds: 90).poll(every: 50) {
                    load.journal.exchanges.of(.order).suffix(50).contains { $0.status == 503 }
                }
            }
            #expect(refused, "no order was refused")
            try await Task.sleep(for: .seconds(3))
            try await onOwnThread {
                try volume.free()
                // Where the log itself had no room the server has ended, as it must; an administrator starts it.
                try stage.postgres.startIfEnded()
            }
            let back = ContinuousClock.now
            try await service.waitUntilWell(seconds: 30)
            try await Task.sleep(for: .seconds(2))
            await load.stop()

            let exchanges = load.journal.exchanges
            let improper = exchanges.filter { !$0.isSuccess && !($0.isPostponed && [.cart, .order].contains($0.kind)) }
            #expect(improper.isEmpty, "\(improper.count) of \(exchanges.count): \(improper.prefix(3))")
            #expect(exchanges.of(.order).contains { $0.isSuccess && $0.began > back })
            #expect(exchanges.slowest < .seconds(15), "\(exchanges.slowest)")
            try await stage.settle(load.journal, at: service.port)
        }

        @Test(
            "with all connections of the server taken the shop does with those it has, or says 503; it has its own back at once")
        func tooManyConnections() async throws {
            let stage = try Stage(postgresSettings: ["max_connections": "40", "superuser_reserved_connections": "0"])
            let service = try await stage.serve()
            try await service.waitUntilWell()
            try await PostgresFaultTests.warm(service)
            let load = Load(port: service.port)
            load.addReaders(3)
            load.addBuyers(8)
            load.add(1) { $0.readCold() }
            load.addProbe()
            try await Task.sleep(for: .seconds(1))
            let crowd = Crowding(url: stage.postgres.url)
            try await Task.sleep(for: .seconds(2))
            // Now it has none of its own either.
            try await onOwnThread {
                for _ in 0..<20 {
                    _ = try? stage.postgres.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'commerce'")
                    usleep(100_000)
                }
            }
            try await Task.sleep(for: .seconds(1))
            let free = ContinuousClock.now
            await crowd.stop()
            try await service.waitUntilWell()
            try await Task.sleep(for: .seconds(1))
            await load.stop()
            let exchanges = load.journal.exchanges
            let improper = exchanges.filter { !$0.isSuccess && !($0.isPostponed && [.cold, .cart, .order].contains($0.kind)) }
            #expect(improper.isEmpty, "\(improper.count) of \(exchanges.count): \(improper.prefix(3))")
            let first = exchanges.of(.order).filter { $0.began > free && $0.isSuccess }.map(\.ended).min()
            #expect(try #require(first, "no order once there were connections") - free < .seconds(10))
            #expect(exchanges.slowest < .seconds(10), "\(exchanges.slowest)")
            try await stage.settle(load.journal, at: service.port)
        }

        @Test("statements that take too long are ended by the server, and other requests are not held up")
        func slowQueries() async throws {
            let stage = try Stage()
            let service = try await stage.serve(["DATABASE_STATEMENT_TIMEOUT": "1s", "OVERLOAD_CONTROL": "off"])
            try await service.waitUntilWell()
            // The list of all categories takes for ever from now on, and nothing else.
            try await stage.execute(
                """
                BEGIN;
                CREATE FUNCTION ponder() RETURNS boolean LANGUAGE plpgsql AS $$
                    BEGIN IF current_query() LIKE '%c.parent_id%' THEN PERFORM pg_sleep(30); END IF; RETURN true; END $$;
                ALTER TABLE category RENAME TO category_kept;
                CREATE VIEW category AS SELECT * FROM category_kept WHERE ponder();
                COMMIT;
                """)
            let load = Load(port: service.port)
            load.add(3) { $0.readCold() }
            load.addBuyers(4)
            load.addProbe()
            try await Task.sleep(for: .seconds(1))
            let storm = Load(port: service.port)
            storm.add(16) { $0.get("/v1/categories/storm-\(Int.random(in: 0..<1_000_000_000))", .cold) }
            try await Task.sleep(for: .seconds(8))
            await storm.stop()
            try await Task.sleep(for: .seconds(1))
            await load.stop()

            let slow = storm.journal.exchanges
            let improper = slow.filter { !$0.isPostponed }
            #expect(!slow.isEmpty && improper.isEmpty, "\(improper.count) of \(slow.count): \(improper.prefix(3))")
            #expect(slow.slowest < .seconds(11), "\(slow.slowest)")
            let others = load.journal.exchanges
            let failed = others.filter { !$0.isSuccess }
            #expect(failed.isEmpty, "\(failed.count) of \(others.count): \(failed.prefix(3))")
            #expect(others.slowest < .seconds(3), "\(others.max { $0.duration < $1.duration }.map(\.description) ?? "")")
            try await stage.settle(load.journal, at: service.port)
        }
    }
}

/// Others, who take all connections there are, and come again for what is given back.
private final class Crowding: Sendable {
    private let isOver = Atomic<Bool>(false)
    private let threads: Mutex<[Task<Void, Never>]>

    init(url: String) {
        threads = Mutex([])
        let task = Task {
            _ = try? await onOwnThread { [self] in
                var held: [BlockingConnection] = []
                while !isOver.load(ordering: .relaxed) {
                    do { held.append(try BlockingConnection(connectionString: url)) } catch { usleep(10_000) }
                }
            }
        }
        threads.withLock { $0 = [task] }
    }

    /// Gives all of them back.
    func stop() async {
        isOver.store(true, ordering: .relaxed)
        for thread in threads.withLock({ $0 }) { await thread.value }
    }
}
