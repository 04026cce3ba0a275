import EventLoop
import Testing
import TestSupport

@testable import PostgresClient

/// Reads that wait for a connection, and the health check that connections pass before they carry reads.
@Suite struct SharedReadsTests {
    @Test func readsWithoutAConnectionWaitUpToTheLimitAndTheirDeadlines() async throws {
        try await onLoop { loop in
            let parts = PoolParts(loop: loop, maxWaiting: 2)
            let (first, second, third) = (
                parts.read("SELECT 1", until: 10), parts.read("SELECT 2", until: 20), parts.read("SELECT 3")
            )
            #expect(code { () throws(PostgresError) in try parts.reads.submit(first, isHung: false) } == nil)
            #expect(code { () throws(PostgresError) in try parts.reads.submit(second, isHung: false) } == nil)
            #expect(code { () throws(PostgresError) in try parts.reads.submit(third, isHung: false) } == .poolExhausted)
            #expect(parts.reads.hasWaiting && !parts.reads.hasReaders)
            #expect(parts.reads.expire(now: 10) == 20)
            #expect(await parts.error(of: first) == .timedOut)
            #expect(code { () throws(PostgresError) in try parts.reads.submit(third, isHung: false) } == nil)
            parts.reads.failWaiting(PostgresError(.closed))
            #expect(await parts.error(of: second) == .closed)
            #expect(await parts.error(of: third) == .closed)
            #expect(!parts.reads.hasWaiting && parts.reads.expire(now: .max) == .max)
        }
    }

    @Test func theMetricOfThePipelineFollowsReadsThatEndWithoutAnAnswer() async throws {
        try await onLoop { loop in
            let parts = PoolParts(loop: loop)
            for _ in 0..<3 { try parts.reads.submit(parts.read("SELECT 1", until: 10), isHung: false) }
            #expect(try await eventually(loop) { parts.metrics.shownPipeline == 3 })
            _ = parts.reads.expire(now: 10)
            #expect(try await eventually(loop) { parts.metrics.shownPipeline == 0 })
            try parts.reads.submit(parts.read("SELECT 1"), isHung: false)
            #expect(try await eventually(loop) { parts.metrics.shownPipeline == 1 })
            parts.reads.failWaiting(PostgresError(.connectionUnavailable))
            #expect(try await eventually(loop) { parts.metrics.shownPipeline == 0 })
        }
    }

    @Test func aReadIsRefusedAtOnceWhileTheServerIsUnreachable() async throws {
        try await onLoop { loop in
            let parts = PoolParts(loop: loop)
            parts.reads.refusal = { PostgresError(.connectionUnavailable) }
            let read = parts.read("SELECT 1")
            #expect(code { () throws(PostgresError) in try parts.reads.submit(read, isHung: false) } == .connectionUnavailable)
            #expect(!parts.reads.hasWaiting)
        }
    }

    @Test func readsDoNotWaitForAReplica() async throws {
        try await onLoop { loop in
            let parts = PoolParts(loop: loop, healthCheck: ReplicaHealthCheck(query: "SELECT 1"))
            let read = parts.read("SELECT 1")
            #expect(code { () throws(PostgresError) in try parts.reads.submit(read, isHung: false) } == .connectionUnavailable)
        }
    }

    @Test func connectionsCarryReadsOnlyWhileTheyPassTheHealthCheck() async throws {
        let url = try TestEnvironment.read().databaseURL
        try await onLoop { loop in
            var configuration = try PostgresConfiguration(connectionString: url)
            configuration.maximum = 3
            let healthCheck = ReplicaHealthCheck(query: "SELECT 7")
            var isHealthy = false
            var checks = 0
            healthCheck.isHealthy = { row, _ in
                checks += 1
                return isHealthy && (try? row[0, as: Int32.self]) == 7
            }
            let pool = PostgresPool(loop: loop, configuration: configuration, logger: quiet, healthCheck: healthCheck)
            pool.start()
            let areChecked = try await eventually(loop) { checks >= 2 }
            #expect(areChecked)
            let refused = await postgresError { _ = try await pool.query("SELECT 1") }
            #expect(refused?.code == .connectionUnavailable && !pool.carriesReads)
            isHealthy = true
            let areHealthy = try await eventually(loop) {
                pool.checkHealth()
                return pool.carriesReads
            }
            #expect(areHealthy)
            #expect(try await pool.query("SELECT 1").count == 1)
            pool.suspendReads()
            #expect(!pool.carriesReads)
            pool.checkHealth()
            let areHealthyAgain = try await eventually(loop) { pool.carriesReads }
            #expect(areHealthyAgain)
            isHealthy = false
            pool.checkHealth()
            let areWithdrawn = try await eventually(loop) { !pool.carriesReads }
            #expect(areWithdrawn)
            await pool.close()
        }
    }
}
