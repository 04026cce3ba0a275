import EventLoop
import Foundation
import Testing
import TestSupport

@testable import PostgresClient

/// Reads share a connection that answers in order; a slow read must not hold up the others.
@Suite(.serialized) struct SlowReadTests {
    @Test func slowStatementsAreMarkedForAWhile() {
        var slow = SlowStatements()
        #expect(slow.isEmpty)
        slow.mark("a", now: 10)
        let (now, other, late) = (
            slow.contains("a", now: 11), slow.contains("b", now: 11), slow.contains("a", now: 10 + SlowStatements.memory)
        )
        #expect(now && !other && !late && slow.isEmpty)
        for number in 0..<1_000 { slow.mark("\(number)", now: 20) }
        let kept = (0..<1_000).count { slow.contains("\($0)", now: 21) }
        #expect(kept == SlowStatements.most)
        // Marks that have ended make room.
        slow.mark("new", now: 20 + SlowStatements.memory)
        let hasRoom = slow.contains("new", now: 21 + SlowStatements.memory)
        #expect(hasRoom)
        slow.mark("x", now: .max)
        let isKept = slow.contains("x", now: .max - 1)
        #expect(isKept)
        // Once the last mark has ended, the table empties, whatever is looked up: reads then hash no SQL any more.
        slow = SlowStatements()
        slow.mark("a", now: 0)
        slow.mark("b", now: 5)
        let between = slow.contains("c", now: SlowStatements.memory + 4)
        #expect(!between && !slow.isEmpty)
        let after = slow.contains("c", now: SlowStatements.memory + 5)
        #expect(!after && slow.isEmpty)
    }

    private func withOneReader(
        maximum: Int = 8, statementTimeout: Duration = .seconds(10),
        _ body: @escaping @Sendable (PostgresPool, EventLoop) async throws -> Void
    ) async throws {
        try await withPool(configure: {
            $0.maximum = maximum
            $0.sharedConnections = 1
            $0.statementTimeout = statementTimeout
            $0.stallTimeout = .seconds(60)
            $0.queryTimeout = .seconds(30)
        }) { pool, loop in
            let isWarm = try await eventually(loop) {
                _ = try await pool.query("SELECT 1"); return pool.state.idling > 0
            }
            #expect(isWarm)
            try await body(pool, loop)
        }
    }

    @Test func readsBehindASlowReadAreHedged() async throws {
        try await withOneReader { pool, loop in
            var slowest = Duration.zero
            var isSlowOver = false
            try await concurrently(3, on: loop) { number in
                if number == 0 {
                    let row = try await pool.query("SELECT \(number) FROM pg_sleep(8)").first
                    #expect(try row?[0, as: Int.self] == 0)
                    isSlowOver = true
                    return
                }
                try await loop.sleep(for: .milliseconds(20))
                while !isSlowOver {
                    let began = ContinuousClock.now
                    #expect(try await pool.query("SELECT \(number)").first?[0, as: Int.self] == number)
                    slowest = max(slowest, ContinuousClock.now - began)
                    try await loop.sleep(for: .milliseconds(5))
                }
            }
            #expect(slowest < .seconds(4), "\(slowest)")
        }
    }

    @Test func aStormOfSlowReadsDoesNotDelayOthersAndTransactions() async throws {
        try await withOneReader(statementTimeout: .seconds(1)) { pool, loop in
            let end = ContinuousClock.now + .seconds(6)
            var (slowReads, reads, writes) = (0, 0, 0)
            var slowest = Duration.zero
            try await concurrently(24, on: loop) { number in
                while ContinuousClock.now < end {
                    let began = ContinuousClock.now
                    if number < 20 {
                        let error = await postgresError { _ = try await pool.query("SELECT \(number) FROM pg_sleep(20)") }
                        #expect(error?.code == .timedOut)
                        slowReads += 1
                        continue
                    } else if number < 22 {
                        #expect(try await pool.query("SELECT \(number)").first?[0, as: Int.self] == number)
                        reads += 1
                    } else {
                        try await pool.execute("SELECT \(number)")
                        writes += 1
                    }
                    slowest = max(slowest, ContinuousClock.now - began)
                    try await loop.sleep(for: .milliseconds(5))
                }
            }
            #expect(slowReads > 0 && reads > 20 && writes > 20)
            #expect(slowest < .seconds(4), "\(slowest)")
            // Soon such reads share a connection again.
            let isForgotten = try await eventually(loop) {
                _ = try await pool.query("SELECT 1"); return pool.isolation.isIdle
            }
            #expect(isForgotten)
        }
    }

    @Test func aWriteIsRefusedOnAnIsolatedConnectionToo() async throws {
        let database = try TestDatabase()
        try await database.execute(
            "CREATE TABLE entry (n int8); CREATE FUNCTION add() RETURNS int8 LANGUAGE sql AS 'INSERT INTO entry VALUES (1) RETURNING n'"
        )
        try await withPool(database.url) { pool, loop in
            let isThere = try await eventually(loop) {
                _ = try await pool.query("SELECT 1"); return true
            }
            #expect(isThere)
            pool.isolation.mark("SELECT add()")
            let error = await postgresError { _ = try await pool.query("SELECT add()") }
            #expect(error?.sqlState == SQLState.readOnlyTransaction)
            #expect(try await pool.query("SELECT 1 FROM entry").isEmpty)
        }
    }

    @Test func waitingSlowReadsKeepTheirDeadlinesAndTheirLimit() async throws {
        try await withPool(configure: {
            $0.maximum = 4
            $0.maxWaiters = 3
        }) { pool, loop in
            let isThere = try await eventually(loop) {
                _ = try await pool.query("SELECT 1"); return true
            }
            #expect(isThere)
            var codes: [PostgresError.Code: Int] = [:]
            pool.isolation.mark("SELECT pg_sleep(3)")
            let began = ContinuousClock.now
            try await concurrently(8, on: loop) { _ in
                let error = await postgresError {
                    try await Deadline.$current.withValue(.after(.milliseconds(500))) {
                        _ = try await pool.query("SELECT pg_sleep(3)")
                    }
                }
                if let error { codes[error.code, default: 0] += 1 }
            }
            #expect(ContinuousClock.now - began < .seconds(3))
            // One runs, three wait; a connection may come too late for any of them.
            let (late, refused) = (codes[.timedOut] ?? 0, codes[.poolExhausted] ?? 0)
            #expect(late + refused == 8 && refused >= 4, "\(codes)")
        }
    }

    /// The server limits reads on every connection; transactions keep their own limit.
    @Test func readsHaveTheirOwnTimeout() async throws {
        try await withPool(configure: {
            $0.readTimeout = .milliseconds(200)
            $0.statementTimeout = .seconds(9)
        }) { pool, loop in
            for _ in 0..<3 {
                let error = await postgresError { _ = try await pool.query("SELECT pg_sleep(60)") }
                #expect(error?.sqlState == SQLState.queryCanceled && error?.code == .timedOut)
            }
            let limit = try await pool.query("SHOW statement_timeout").first?[0, as: String.self]
            #expect(limit == "200ms")
            let whole = try await pool.batch(["SHOW statement_timeout"]).first?.first?[0, as: String.self]
            #expect(whole == "9s")
        }
        try await withPool(configure: { $0.statementTimeout = .seconds(9) }) { pool, _ in
            let limit = try await pool.query("SHOW statement_timeout").first?[0, as: String.self]
            #expect(limit == "9s")
        }
    }
}
