import EventLoop
import Testing

@testable import PostgresClient

/// The isolation of slow reads, with leases that the test runs.
@Suite struct SlowQueryIsolationTests {
    @Test func onlyMarkedReadsAreIsolatedAndOnlyAFewAtATime() async throws {
        try await onLoop { loop in
            let parts = PoolParts(loop: loop, maxWaiting: 3, maxLeases: 2)
            var running: [Promise<Void>] = []
            parts.isolation.runOnLease = { _ in
                let promise = Promise<Void>(on: loop)
                running.append(promise)
                try await promise.value()
                throw PostgresError(.server)
            }
            let other = parts.read("SELECT 1")
            let isBefore = try parts.isolation.isolate(parts.read("SELECT slow()"))
            #expect(!isBefore)
            parts.isolation.mark("SELECT slow()")
            let isOther = try parts.isolation.isolate(other)
            #expect(!isOther && parts.isolation.isIdle)

            let reads = (0..<5).map { _ in parts.read("SELECT slow()") }
            for read in reads {
                let isIsolated = try parts.isolation.isolate(read)
                #expect(isIsolated)
            }
            #expect(running.count == 2 && !parts.isolation.isIdle)
            let refused = parts.read("SELECT slow()")
            #expect(code { () throws(PostgresError) in _ = try parts.isolation.isolate(refused) } == .poolExhausted)

            // Each lease that ends makes room for a read that waits.
            for number in 0..<5 {
                let isRunning = try await eventually(loop) { running.count > number }
                #expect(isRunning)
                running[number].succeed(())
                #expect(await parts.error(of: reads[number]) == .server)
            }
            let isIdle = try await eventually(loop) { parts.isolation.isIdle }
            #expect(isIdle)
        }
    }

    @Test func readsThatWaitForALeaseEndAtTheirDeadlines() async throws {
        try await onLoop { loop in
            let parts = PoolParts(loop: loop, maxLeases: 1)
            let lease = Promise<Void>(on: loop)
            parts.isolation.runOnLease = { _ in
                try await lease.value()
                throw PostgresError(.server)
            }
            parts.isolation.mark("SELECT slow()")
            let reads = [10, 20, 30].map { parts.read("SELECT slow()", until: loop.now + $0 * 1_000_000_000_000) }
            for read in reads { _ = try parts.isolation.isolate(read) }
            let next = reads[2].deadline
            #expect(parts.isolation.expire(now: reads[1].deadline ?? 0) == next)
            #expect(await parts.error(of: reads[1]) == .timedOut)
            lease.succeed(())
            #expect(await parts.error(of: reads[0]) == .server)
            #expect(await parts.error(of: reads[2]) == .server)
        }
    }

    @Test func noReadIsLookedUpOnceAllMarksHaveEnded() {
        var slow = SlowStatements()
        for number in 0..<10 { slow.mark("SELECT \(number)", now: UInt64(number)) }
        #expect(!slow.isEmpty)
        // A read with other SQL is enough to empty the table, and no later read hashes its SQL.
        let isSlow = slow.contains("SELECT other()", now: 9 + SlowStatements.memory)
        #expect(!isSlow && slow.isEmpty)
    }
}
