import EventLoop
import Foundation
import PostgresClient
import Testing

/// Reads that share connections and Sync groups.
@Suite struct PipelineTests {
    @Test func readsOfOneTurnEachGetTheirOwnAnswer() async throws {
        try await withPool { pool, loop in
            try await concurrently(64, on: loop) { number in
                for round in 0..<20 {
                    let row = try #require(try await pool.query("SELECT \(number), \("\(round)")").first)
                    let (back, text) = try row.decode((Int, String).self)
                    #expect(back == number && text == "\(round)")
                }
            }
        }
    }

    @Test func aFailedReadFailsNoNeighbour() async throws {
        try await withPool { pool, loop in
            try await concurrently(64, on: loop) { number in
                for _ in 0..<10 {
                    if number % 5 == 0 {
                        let error = await postgresError { _ = try await pool.query("SELECT 1 / \(0)") }
                        #expect(error?.sqlState == "22012")
                    } else if number % 7 == 0 {
                        // Fails as it is prepared, so its name must not count as known.
                        let error = await postgresError { _ = try await pool.query("SELECT \(number) FROM nowhere") }
                        #expect(error?.sqlState == "42P01")
                    } else {
                        let row = try #require(try await pool.query("SELECT \(number) + 0").first)
                        #expect(try row[0, as: Int.self] == number)
                    }
                }
            }
        }
    }

    @Test func writesAreRefusedOnSharedConnections() async throws {
        try await withPool { pool, _ in
            let error = await postgresError { _ = try await pool.query("CREATE TABLE never (n int)") }
            #expect(error?.sqlState == "25006")
        }
    }

    @Test func aResultLargerThanAnyBufferArrives() async throws {
        try await withPool { pool, _ in
            let rows = try await pool.query("SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) n")
            #expect(rows.count == 20_000)
            #expect(try rows.last?[0, as: Int.self] == 20_000)
        }
    }

    @Test func manyLargeParametersAndResultsDoNotBlockEachOther() async throws {
        try await withPool { pool, loop in
            let text = String(repeating: "x", count: 1_000_000)
            try await concurrently(16, on: loop) { _ in
                let row = try #require(try await pool.query("SELECT \(text)").first)
                #expect(try row[0, as: String.self].utf8.count == 1_000_000)
            }
        }
    }

    @Test func aStalePlanIsPreparedAgain() async throws {
        try await withPool { pool, _ in
            let name = "stale_\(UUID().uuidString.prefix(8).lowercased())"
            try await pool.execute(PostgresQuery(unescaped: "CREATE TABLE \(name) (a int8)"))
            try await pool.execute(PostgresQuery(unescaped: "INSERT INTO \(name) VALUES (1)"))
            let select = PostgresQuery(unescaped: "SELECT * FROM \(name)")
            for _ in 0..<4 { #expect(try await pool.query(select).columns == 1) }
            #expect(try await pool.batch([select]).first?.columns == 1)
            try await pool.execute(PostgresQuery(unescaped: "ALTER TABLE \(name) ADD COLUMN b text"))
            for _ in 0..<4 { #expect(try await pool.query(select).columns == 2) }
            #expect(try await pool.batch([select]).first?.columns == 2)
            try await pool.execute(PostgresQuery(unescaped: "DROP TABLE \(name)"))
        }
    }

    @Test func aStatementThatTheServerHasDroppedIsPreparedAgain() async throws {
        try await withPool(configure: { $0.sharedConnections = 1 }) { pool, _ in
            #expect(try await pool.query("SELECT \(7) AS forgotten").count == 1)
            _ = try await pool.query("DEALLOCATE ALL")
            #expect(try await pool.query("SELECT \(7) AS forgotten").count == 1)
        }
    }

    @Test func moreStatementsThanTheCacheHoldsStillWork() async throws {
        try await withPool(configure: { $0.sharedConnections = 1 }) { pool, loop in
            try await concurrently(8, on: loop) { task in
                for number in 0..<100 {
                    let row = try await pool.query(PostgresQuery(unescaped: "SELECT \(task * 100 + number) AS n")).first
                    #expect(try row?[0, as: Int.self] == task * 100 + number)
                }
            }
            let prepared = try await pool.query("SELECT count(*) FROM pg_prepared_statements").first
            let count = try #require(try prepared?[0, as: Int.self])
            #expect((1...512).contains(count))
        }
    }

    @Test func plansAreMadeOnceExceptForStatementsWithCustomPlans() async throws {
        try await withPool { pool, loop in
            let ordinary: PostgresQuery = "SELECT current_setting('plan_cache_mode')"
            var custom: PostgresQuery = "SELECT current_setting('plan_cache_mode') || ''"
            custom.usesCustomPlan = true
            func mode(_ query: PostgresQuery) async throws -> String { try await pool.query(query)[0][0] }
            for _ in 0..<5 {
                #expect(try await mode(ordinary) == "force_generic_plan")
                #expect(try await mode(custom) == "force_custom_plan")
            }
            // Within one Sync group, after an ordinary statement; and not after the Sync.
            let sent = custom
            async let first = pool.query("SELECT 1")
            async let second = pool.query(sent)
            _ = try await first
            #expect(try await second[0][0, as: String.self] == "force_custom_plan")
            #expect(try await mode(ordinary) == "force_generic_plan")
            // A failure there has no later effect.
            var broken: PostgresQuery = "SELECT 1 / \(0)"
            broken.usesCustomPlan = true
            let failing = broken
            #expect(await postgresError { _ = try await pool.query(failing) } != nil)
            #expect(try await mode(ordinary) == "force_generic_plan")
            let rows = try await pool.batch([custom, custom])
            #expect(try rows.map { try $0[0][0, as: String.self] } == ["force_custom_plan", "force_custom_plan"])
            #expect(try await pool.execute(ordinary)[0][0, as: String.self] == "force_generic_plan")
        }
    }

    @Test func aQueryThatReachesItsDeadlineFailsAloneAndTheConnectionStaysUsable() async throws {
        try await withPool { pool, loop in
            let error = await postgresError {
                try await Deadline.$current.withValue(.after(.milliseconds(100))) {
                    _ = try await pool.query("SELECT pg_sleep(0.5)")
                }
            }
            #expect(error?.code == .timedOut)
            let alive = try await pool.query("SELECT 1")
            #expect(alive.count == 1)
            let passed = await postgresError {
                try await Deadline.$current.withValue(Deadline(instant: 1)) { _ = try await pool.query("SELECT 1") }
            }
            #expect(passed?.code == .timedOut)
        }
    }

    @Test func aCancelledTaskStopsWaitingAtOnce() async throws {
        try await withPool { pool, loop in
            let promise = Promise<PostgresError?>(on: loop)
            let task = loop.run {
                promise.succeed(await postgresError { _ = try await pool.query("SELECT pg_sleep(0.5)") })
            }
            try await loop.sleep(for: .milliseconds(20))
            task.cancel()
            #expect(try await promise.value()?.code == .cancelled)
            let alive = try await pool.query("SELECT 1")
            #expect(alive.count == 1)
        }
    }

    @Test func theServersStatementTimeoutThrowsTimedOut() async throws {
        try await withPool(configure: { $0.statementTimeout = .milliseconds(100) }) { pool, _ in
            let error = await postgresError { _ = try await pool.query("SELECT pg_sleep(5)") }
            #expect(error?.code == .timedOut)
            #expect(error?.sqlState == "57014")
        }
    }
}
