import CSystem
import EventLoop
import Logging
import PostgresClient
import RedisClient

/// Asks PostgreSQL and Redis every second how they are, and until it is so, whether the schema is up to date.
/// Confined to its loop.
final class HealthProbe {
    private static let interval = Duration.seconds(1)
    /// A dependency that takes longer counts as down: trouble shows within two seconds.
    private static let patience = Duration.milliseconds(800)

    private let loop: EventLoop
    private let pool: PostgresPool
    private let replica: ReplicaReads?
    private let redis: RedisClient?
    private let board: HealthBoard
    private let logger: Logger
    private var task: Task<Void, Never>?

    init(
        loop: EventLoop, pool: PostgresPool, replica: ReplicaReads?, redis: RedisClient?, board: HealthBoard, logger: Logger
    ) {
        self.loop = loop
        self.pool = pool
        self.replica = replica
        self.redis = redis
        self.board = board
        self.logger = logger
    }

    func start() {
        task = loop.run { [self] in
            while !Task.isCancelled {
                await probe()
                // Sooner while starting: a task is of no use before the first answer.
                let isStarting = board.now.schema == .unknown
                try? await loop.sleep(for: isStarting ? .milliseconds(20) : Self.interval)
            }
        }
    }

    func stop() { task?.cancel() }

    private func probe() async {
        let postgres = await check { [pool] in _ = try await pool.ping() }
        var redis: HealthState.Check?
        if let client = self.redis { redis = await check { _ = try await client.ping() } }
        var schema = board.now.schema
        if postgres.isUp, schema != .current { schema = await readSchema() }
        let (seen, answer) = (redis, schema)
        let (breaker, standing) = (self.redis?.breakerPhase, replica?.standing)
        let before = board.now
        board.update {
            $0.postgres = postgres
            $0.replica = standing
            $0.redis = seen
            $0.breaker = breaker
            $0.schema = answer
        }
        report("postgres", before.postgres, postgres)
        if let seen { report("redis", before.redis, seen) }
    }

    private func check(_ ask: () async throws -> Void) async -> HealthState.Check {
        let start = csystem_monotonic()
        let isUp: Bool
        do {
            try await Deadline.$current.withValue(.after(Self.patience)) { try await ask() }
            isUp = true
        } catch {
            isUp = false
        }
        return HealthState.Check(isUp: isUp, latency: csystem_monotonic() &- start)
    }

    private func readSchema() async -> HealthState.Schema {
        do {
            let rows = try await Deadline.$current.withValue(.after(Self.patience)) {
                try await pool.query(Schema.versionQuery)
            }
            let version = try rows.first?[0, as: Int32.self] ?? 0
            return Int(version) >= Schema.requiredVersion ? .current : .behind
        } catch let error as PostgresError where error.sqlState == SQLState.undefinedTable {
            // No such table: no migration was ever run.
            return .behind
        } catch {
            return .unknown
        }
    }

    private func report(_ name: String, _ before: HealthState.Check?, _ now: HealthState.Check) {
        guard before?.isUp != now.isUp else { return }
        if now.isUp {
            logger.info("\(name) answers")
        } else {
            logger.warning("\(name) does not answer")
        }
    }
}
