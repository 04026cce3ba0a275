import EventLoop
import Foundation
import Testing
import TestSupport

@testable import PostgresClient

/// Reads from a real streaming replica, and from the primary where the replica fails.
@Suite(.serialized) struct ReplicaTests {
    private struct Rig {
        let primary: PostgresServer
        let standby: PostgresServer
        let loop: EventLoop
        let pool: PostgresPool
        let reads: ReplicaReads

        /// Whether the replica answers a read.
        func isReplica() async throws -> Bool {
            try await reads.query("SELECT pg_is_in_recovery()").first?[0] ?? false
        }

        func becomesReplica(_ expected: Bool) async throws -> Bool {
            try await eventually(loop) { try await isReplica() == expected }
        }

        func value() async throws -> Int64 { try await reads.query("SELECT version FROM mark").first?[0] ?? -1 }
    }

    private func withRig(
        maximumLag: Duration = .milliseconds(800), replicaURL: String? = nil,
        _ body: @escaping @Sendable (Rig) async throws -> Void
    ) async throws {
        let primary = try PostgresServer()
        try primary.execute("CREATE TABLE mark (version bigint); INSERT INTO mark VALUES (1); CREATE TABLE entry (n int8)")
        let standby = try PostgresServer(standbyOf: primary)
        try await withPool(primary.url) { pool, loop in
            let reads = ReplicaReads(
                primary: pool, replica: try PostgresConfiguration(replica: replicaURL ?? standby.url, of: pool.configuration),
                maximumLag: maximumLag, mark: "SELECT version FROM mark", logger: quiet)
            reads.start()
            let rig = Rig(primary: primary, standby: standby, loop: loop, pool: pool, reads: reads)
            let result: Result<Void, any Error>
            do { result = .success(try await body(rig)) } catch { result = .failure(error) }
            await reads.close()
            try result.get()
        }
    }

    @Test func readsReachTheReplicaAndStayThereWithoutWrites() async throws {
        try await withRig { rig in
            let reaches = try await rig.becomesReplica(true)
            #expect(reaches && rig.reads.status.phase == .ok)
            // Far longer than the lag that is allowed.
            for _ in 0..<20 {
                #expect(try await rig.isReplica())
                try await rig.loop.sleep(for: .milliseconds(100))
            }
            // Reads that are not for a replica still work.
            #expect(try await rig.pool.query("SELECT pg_is_in_recovery()").first?[0, as: Bool.self] == false)
        }
    }

    @Test func aLaggingReplicaCarriesNoReadsUntilItHasCaughtUp() async throws {
        try await withRig { rig in
            let reaches = try await rig.becomesReplica(true)
            #expect(reaches)
            for _ in 0..<2 {
                try rig.standby.execute("SELECT pg_wal_replay_pause()")
                let isLeft = try await eventually(rig.loop) {
                    try await rig.pool.execute("INSERT INTO entry VALUES (1)")
                    return try await !rig.isReplica()
                }
                #expect(isLeft && rig.reads.status.phase == .behind)
                try rig.standby.execute("SELECT pg_wal_replay_resume()")
                let isBack = try await rig.becomesReplica(true)
                #expect(isBack)
            }
        }
    }

    @Test func aMarkIsNeverReadFromAReplicaThatLacksIt() async throws {
        try await withRig(maximumLag: .seconds(60)) { rig in
            let reaches = try await rig.becomesReplica(true)
            #expect(reaches)
            for version in 2...6 as ClosedRange<Int64> {
                if version % 2 == 0 { try rig.standby.execute("SELECT pg_wal_replay_pause()") }
                try await rig.pool.execute("UPDATE mark SET version = \(version)")
                rig.reads.mark(is: version)
                // In the same turn, and for as long as it lasts.
                for _ in 0..<30 {
                    #expect(try await rig.value() == version)
                    try await rig.loop.sleep(for: .milliseconds(10))
                }
                if version % 2 == 0 {
                    #expect(try await !rig.isReplica())
                    try rig.standby.execute("SELECT pg_wal_replay_resume()")
                }
                let isBack = try await rig.becomesReplica(true)
                #expect(isBack)
                #expect(try await rig.value() == version)
            }
        }
    }

    enum Outage: CaseIterable {
        case stopped, killed, frozen, terminated
    }

    @Test(arguments: Outage.allCases) func failuresOfTheReplicaFailNoRead(outage: Outage) async throws {
        try await withRig { rig in
            let reaches = try await rig.becomesReplica(true)
            #expect(reaches)
            var isOver = false
            var slowest = Duration.zero
            var errors: [PostgresError] = []
            try await concurrently(9, on: rig.loop) { number in
                if number == 0 {
                    try await rig.loop.sleep(for: .milliseconds(200))
                    try await onOwnThread { [standby = rig.standby] in
                        switch outage {
                        case .stopped: try standby.stop()
                        case .killed: standby.kill()
                        case .frozen: standby.freeze()
                        case .terminated: try standby.terminateClients()
                        }
                    }
                    if outage != .terminated {
                        let isLeft = try await eventually(rig.loop) { rig.reads.status.phase == .down }
                        #expect(isLeft)
                        #expect(try await !rig.isReplica())
                    }
                    try await onOwnThread { [standby = rig.standby] in
                        switch outage {
                        case .stopped, .killed: try standby.start()
                        case .frozen: standby.resume()
                        case .terminated: break
                        }
                    }
                    let isBack = try await rig.becomesReplica(true)
                    #expect(isBack && rig.reads.status.phase == .ok)
                    isOver = true
                }
                while !isOver {
                    let began = ContinuousClock.now
                    let error = await postgresError { _ = try await rig.reads.query("SELECT \(number)") }
                    slowest = max(slowest, ContinuousClock.now - began)
                    if let error { errors.append(error) }
                    try await rig.loop.sleep(for: .milliseconds(2))
                }
            }
            #expect(errors.isEmpty, "\(errors.count): \(errors.prefix(3))")
            #expect(slowest < .seconds(10))
        }
    }

    @Test func withoutThePrimaryTheReplicaStillCarriesReads() async throws {
        try await withRig { rig in
            let reaches = try await rig.becomesReplica(true)
            #expect(reaches)
            try rig.primary.stop(.immediate)
            let isOut = try await eventually(rig.loop) { rig.pool.state.failures > 0 && rig.pool.state.open == 0 }
            #expect(isOut)
            for _ in 0..<20 {
                #expect(try await rig.isReplica())
                try await rig.loop.sleep(for: .milliseconds(100))
            }
        }
    }

    @Test func aPromotedReplicaCarriesNoReads() async throws {
        try await withRig { rig in
            let reaches = try await rig.becomesReplica(true)
            #expect(reaches)
            try rig.standby.execute("SELECT pg_promote()")
            let isLeft = try await eventually(rig.loop) { rig.reads.status.phase == .behind }
            #expect(isLeft)
            try rig.standby.execute("UPDATE mark SET version = 99")
            #expect(try await rig.value() == 1)
        }
    }

    @Test func aServerThatIsNoReplicaCarriesNoReads() async throws {
        let other = try PostgresServer()
        try other.execute("CREATE TABLE mark (version bigint); INSERT INTO mark VALUES (99)")
        for url in [other.url, "postgresql://postgres@127.0.0.1:1/postgres"] {
            try await withRig(replicaURL: url) { rig in
                for _ in 0..<20 {
                    #expect(try await rig.value() == 1)
                    try await rig.loop.sleep(for: .milliseconds(50))
                }
                let isKnown = try await eventually(rig.loop) { rig.reads.status.phase == (url == other.url ? .behind : .down) }
                #expect(isKnown)
            }
        }
    }

    @Test func aFailedReadFailsAndAReadThatReplayCancelsIsAnsweredByThePrimary() async throws {
        try await withRig { rig in
            let reaches = try await rig.becomesReplica(true)
            #expect(reaches)
            let error = await postgresError { _ = try await rig.reads.query("SELECT 1 / \(0)") }
            #expect(error?.sqlState == "22012")
            let tooSlow = await postgresError {
                try await Deadline.$current.withValue(.after(.milliseconds(200))) {
                    _ = try await rig.reads.query("SELECT pg_sleep(5)")
                }
            }
            #expect(tooSlow?.code == .timedOut)
            // A slow read goes to the primary, which allows more time.
            let slow = try await rig.reads.query("SELECT pg_is_in_recovery() FROM pg_sleep(1.5)")
            #expect(try slow.first?[0, as: Bool.self] == false)
            let isBack = try await rig.becomesReplica(true)
            #expect(isBack)
        }
    }
}
