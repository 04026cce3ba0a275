import EventLoop
import Foundation
import PostgresClient
import Testing
import TestSupport

/// How callers fail, and how the pool recovers, in each kind of outage.
@Suite(.serialized) struct OutageTests {
    /// A table whose rows keep their COMMIT from ending.
    private static let lingeringCommit = """
        CREATE TABLE entry (n int8);
        CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON entry
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION linger();
        """

    private func works(_ pool: PostgresPool) async throws -> Bool {
        _ = try await pool.query("SELECT 1")
        _ = try await pool.execute("SELECT 1")
        return true
    }

    private func warmUp(_ pool: PostgresPool, _ loop: EventLoop) async throws {
        let isWarm = try await eventually(loop) { pool.state.open >= 2 && pool.state.opening == 0 }
        #expect(isWarm)
    }

    @Test func thePoolRecoversWithinASecondFromTheEndOfAllSessions() async throws {
        let server = try PostgresServer()
        try await withPool(server.url) { pool, loop in
            try await self.warmUp(pool, loop)
            #expect(try server.terminateClients() >= 2)
            let start = ContinuousClock.now
            let isBack = try await eventually(loop) { try await self.works(pool) }
            #expect(isBack)
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test func aReadWhoseSessionEndsIsRetried() async throws {
        let server = try PostgresServer()
        try await withPool(server.url) { pool, loop in
            try await self.warmUp(pool, loop)
            try await concurrently(9, on: loop) { number in
                if number == 8 {
                    try await loop.sleep(for: .milliseconds(100))
                    #expect(try server.terminateClients() >= 2)
                } else {
                    let row = try #require(try await pool.query("SELECT \(number) FROM pg_sleep(0.4)").first)
                    #expect(try row[0, as: Int.self] == number)
                }
            }
        }
    }

    @Test func aTransactionWhoseSessionEndsFailsAndLeavesNothing() async throws {
        let server = try PostgresServer()
        try server.execute("CREATE TABLE entry (n int8)")
        try await withPool(server.url) { pool, loop in
            try await self.warmUp(pool, loop)
            let error = await postgresError {
                try await pool.transaction { transaction in
                    try await transaction.query("INSERT INTO entry VALUES (1)")
                    try server.terminateClients()
                    try await transaction.query("INSERT INTO entry VALUES (2)")
                }
            }
            #expect(error?.code == .connectionUnavailable)
            let isBack = try await eventually(loop) { try await pool.query("SELECT 1 FROM entry").isEmpty }
            #expect(isBack)
        }
    }

    @Test func aConnectionLostDuringCommitHasAnUnknownOutcome() async throws {
        let server = try PostgresServer()
        try server.execute(Self.lingeringCommit)
        try await withPool(server.url) { pool, loop in
            for explicit in [true, false] {
                let isBack = try await eventually(loop) { try await self.works(pool) }
                #expect(isBack)
                let promise = Promise<PostgresError?>(on: loop)
                loop.run {
                    promise.succeed(
                        await postgresError {
                            if explicit {
                                _ = try await pool.transaction { transaction in
                                    try await transaction.query("INSERT INTO entry VALUES (1)")
                                }
                            } else {
                                try await pool.execute("INSERT INTO entry VALUES (1)")
                            }
                        })
                }
                try await loop.sleep(for: .milliseconds(200))
                #expect(try server.terminateClients() >= 1)
                #expect(try await promise.value()?.code == .outcomeUnknown, "explicit: \(explicit)")
            }
        }
    }

    @Test func aCommitThatReachesItsDeadlineHasAnUnknownOutcome() async throws {
        let server = try PostgresServer()
        try server.execute(Self.lingeringCommit)
        try await withPool(server.url, configure: { $0.queryTimeout = .milliseconds(300) }) { pool, loop in
            let isThere = try await eventually(loop) { try await self.works(pool) }
            #expect(isThere)
            let implicit = await postgresError { try await pool.execute("INSERT INTO entry VALUES (1)") }
            #expect(implicit?.code == .outcomeUnknown)
            let explicit = await postgresError {
                _ = try await pool.transaction { try await $0.commit(with: ["INSERT INTO entry VALUES (1)"]) }
            }
            #expect(explicit?.code == .outcomeUnknown)
            // The server cancelled the statement, so nothing was committed.
            let isGone = try await eventually(loop) {
                try await pool.query("SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'").isEmpty
            }
            #expect(isGone)
            #expect(try await pool.query("SELECT 1 FROM entry").isEmpty)
        }
    }

    @Test func aPoolOnAFrozenServerStillCloses() async throws {
        let server = try PostgresServer()
        try await withPool(
            server.url,
            configure: {
                $0.stallTimeout = .milliseconds(300)
                $0.suspicionTimeout = .milliseconds(100)
            }
        ) { pool, loop in
            try await self.warmUp(pool, loop)
            server.freeze()
            let stuck = await postgresError {
                try await Deadline.$current.withValue(.after(.milliseconds(100))) { _ = try await pool.query("SELECT 1") }
            }
            #expect(stuck?.code == .timedOut)
            await pool.close()
            #expect(pool.state.open == 0)
        }
    }

    @Test func aStoppedServerFailsCallersFastAndIsFoundAgain() async throws {
        let server = try PostgresServer()
        try await withPool(server.url, configure: { $0.acquireTimeout = .seconds(30) }) { pool, loop in
            for mode in [PostgresServer.Shutdown.fast, .immediate] {
                let isBack = try await eventually(loop) { try await self.works(pool) }
                #expect(isBack)
                try server.stop(mode)
                let isKnown = try await eventually(loop) { pool.state.open == 0 && pool.state.failures > 0 }
                #expect(isKnown)
                let start = ContinuousClock.now
                let read = await postgresError { _ = try await pool.query("SELECT 1") }
                let written = await postgresError { try await pool.execute("SELECT 1") }
                #expect(read?.code == .connectionUnavailable && written?.code == .connectionUnavailable)
                // Far below the acquire timeout.
                #expect(ContinuousClock.now - start < .seconds(5))
                #expect(!pool.isUsable)
                try server.start()
            }
            let isBack = try await eventually(loop) { try await self.works(pool) }
            #expect(isBack)
        }
    }

    @Test func aFrozenServerFailsCallersFastAndIsUsedAgainWhenItContinues() async throws {
        let server = try PostgresServer()
        try await withPool(
            server.url,
            configure: {
                $0.suspicionTimeout = .milliseconds(200)
                $0.queryTimeout = .seconds(30)
                $0.acquireTimeout = .seconds(30)
                $0.stallTimeout = .seconds(60)
                $0.minimum = 4
            }
        ) { pool, loop in
            let hasUnused = try await eventually(loop) { pool.state.idling == 2 }
            #expect(hasUnused)
            server.freeze()
            let stuck = await postgresError {
                try await Deadline.$current.withValue(.after(.milliseconds(100))) { _ = try await pool.query("SELECT 1") }
            }
            #expect(stuck?.code == .timedOut)
            let leased = await postgresError {
                try await Deadline.$current.withValue(.after(.milliseconds(100))) {
                    try await pool.transaction { _ = try await $0.query("SELECT 1") }
                }
            }
            #expect(leased?.code == .timedOut)
            let isNoticed = try await eventually(loop) { !pool.isUsable }
            #expect(isNoticed)
            let start = ContinuousClock.now
            let read = await postgresError { _ = try await pool.query("SELECT 1") }
            let written = await postgresError { try await pool.execute("SELECT 1") }
            #expect(read?.code == .connectionUnavailable && written?.code == .connectionUnavailable)
            #expect(ContinuousClock.now - start < .seconds(5))
            server.resume()
            let isBack = try await eventually(loop) { try await self.works(pool) }
            #expect(isBack)
        }
    }

    @Test func aTransactionOnAFrozenServerFailsLongBeforeItsDeadline() async throws {
        let server = try PostgresServer()
        try await withPool(
            server.url,
            configure: {
                $0.suspicionTimeout = .milliseconds(100)
                $0.stallTimeout = .milliseconds(300)
                $0.queryTimeout = .seconds(60)
            }
        ) { pool, loop in
            try await self.warmUp(pool, loop)
            let start = ContinuousClock.now
            let lost = await postgresError {
                try await pool.transaction { transaction in
                    try await transaction.query("SELECT 1")
                    server.freeze()
                    try await transaction.query("SELECT 2")
                }
            }
            #expect(lost?.code == .timedOut)
            #expect(ContinuousClock.now - start < .seconds(20))
            server.resume()
            let isBack = try await eventually(loop) { try await self.works(pool) }
            #expect(isBack)
        }
    }

    @Test func silentSharedConnectionsAreReplaced() async throws {
        let server = try PostgresServer()
        try await withPool(
            server.url,
            configure: {
                $0.stallTimeout = .milliseconds(300)
                $0.suspicionTimeout = .milliseconds(100)
            }
        ) { pool, loop in
            try await self.warmUp(pool, loop)
            let start = ContinuousClock.now
            // More than there are shared connections, to hold up all of them.
            try await concurrently(4, on: loop) { number in
                try await loop.sleep(for: .milliseconds(number * 5))
                let error = await postgresError { _ = try await pool.query("SELECT pg_sleep(60)") }
                #expect(error?.code == .timedOut)
            }
            let isBack = try await eventually(loop) { try await self.works(pool) }
            #expect(isBack)
            #expect(ContinuousClock.now - start < .seconds(20))
        }
    }

    @Test func silenceOnSomeConnectionsIsNoOutage() async throws {
        let server = try PostgresServer()
        try await withPool(server.url, configure: { $0.suspicionTimeout = .milliseconds(100) }) { pool, loop in
            try await self.warmUp(pool, loop)
            try await concurrently(2, on: loop) { number in
                if number == 0 {
                    try await pool.execute("SELECT pg_sleep(1)")
                } else {
                    for _ in 0..<50 {
                        #expect(pool.isUsable)
                        try await loop.sleep(for: .milliseconds(20))
                    }
                }
            }
        }
    }

    @Test func anExhaustedPoolRefusesAfterTheAcquireTimeoutAndAtOnceWhenItsQueueIsFull() async throws {
        let server = try PostgresServer()
        try await withPool(
            server.url,
            configure: {
                $0.maximum = 2
                $0.sharedConnections = 1
                $0.minimum = 2
                $0.maxWaiters = 2
                $0.acquireTimeout = .milliseconds(200)
            }
        ) { pool, loop in
            try await self.warmUp(pool, loop)
            let release = Promise<Void>(on: loop)
            let holder = Promise<Void>(on: loop)
            loop.run {
                do {
                    try await pool.transaction { transaction in
                        try await transaction.query("SELECT 1")
                        try await release.value()
                    }
                    holder.succeed(())
                } catch { holder.fail(error) }
            }
            try await loop.sleep(for: .milliseconds(50))
            var errors: [PostgresError.Code] = []
            try await concurrently(5, on: loop) { _ in
                if let error = await postgresError({ try await pool.execute("SELECT 1") }) { errors.append(error.code) }
            }
            #expect(errors == Array(repeating: .poolExhausted, count: 5))
            // Reads have connections of their own.
            #expect(try await pool.query("SELECT 1").count == 1)
            release.succeed(())
            try await holder.value()
            #expect(try await pool.execute("SELECT 1").count == 1)
        }
    }

    @Test func aServerThatStartsLaterIsFound() async throws {
        let server = try PostgresServer()
        try server.stop()
        try await withPool(server.url) { pool, loop in
            let isKnown = try await eventually(loop) { pool.state.failures > 0 }
            #expect(isKnown)
            try server.start()
            let isBack = try await eventually(loop) { try await self.works(pool) }
            #expect(isBack)
        }
    }

    @Test func idleConnectionsBeyondTheMinimumCloseAndOldOnesAreReplaced() async throws {
        let server = try PostgresServer()
        try await withPool(
            server.url,
            configure: {
                $0.maximum = 6
                $0.minimum = 3
                $0.idleTimeout = .milliseconds(100)
                $0.maxLifetime = .milliseconds(800)
                $0.applicationName = "replaced"
            }
        ) { pool, loop in
            try await self.warmUp(pool, loop)
            try await concurrently(4, on: loop) { _ in try await pool.execute("SELECT pg_sleep(0.2)") }
            let isShrunk = try await eventually(loop) { pool.state.open == 3 }
            #expect(isShrunk)
            let first = try await pool.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'replaced'")
            let before = try Set(first.map { try $0[0, as: Int.self] })
            let isReplaced = try await eventually(loop) {
                let rows = try await pool.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'replaced'")
                return try before.isDisjoint(with: rows.map { try $0[0, as: Int.self] })
            }
            #expect(isReplaced)
        }
    }
}
