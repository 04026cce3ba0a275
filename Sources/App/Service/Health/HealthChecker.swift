import CSystem
import EventLoop
import Logging
import Migrations
import PostgresClient
import RedisClient

/// Checks the dependencies that `/health` reports, every second: PostgreSQL, its replica, Redis and, until it is up to date,
/// the schema. Confined to its loop.
final class HealthChecker {
    private static let interval = Duration.seconds(1)
    /// A dependency that takes longer to answer counts as down, so an outage shows within two seconds.
    private static let timeout = Duration.milliseconds(800)

    private let loop: EventLoop
    private let pool: PostgresPool
    private let replica: ReplicaReads?
    private let redis: RedisClient?
    private let status: HealthStatus
    private let logger: Logger
    private var task: Task<Void, Never>?
    /// Whether PostgreSQL has told its settings for logging. They rarely change, so they are checked once.
    private var hasCheckedLogging = false

    init(
        loop: EventLoop, pool: PostgresPool, replica: ReplicaReads?, redis: RedisClient?, status: HealthStatus, logger: Logger
    ) {
        self.loop = loop
        self.pool = pool
        self.replica = replica
        self.redis = redis
        self.status = status
        self.logger = logger
    }

    func start() {
        task = loop.run { [self] in
            while !Task.isCancelled {
                await check()
                // Often while starting: until the first answer the process gets no traffic.
                let isStarting = status.now.schema == .unknown
                try? await loop.sleep(for: isStarting ? .milliseconds(20) : Self.interval)
            }
        }
    }

    func stop() { task?.cancel() }

    private func check() async {
        let postgres = await check { [pool] in _ = try await pool.ping() }
        var redis: HealthState.Check?
        if let client = self.redis { redis = await check { _ = try await client.ping() } }
        var schema = status.now.schema
        if postgres.isUp, schema != .current { schema = await checkSchema() }
        if postgres.isUp, !hasCheckedLogging { hasCheckedLogging = await checkLogging() }
        let (redisCheck, schemaState) = (redis, schema)
        let (breaker, replicaStatus) = (self.redis?.breakerPhase, replica?.status)
        let before = status.now
        status.update {
            $0.postgres = postgres
            $0.replica = replicaStatus
            $0.redis = redisCheck
            $0.breaker = breaker
            $0.schema = schemaState
        }
        log("postgres", before.postgres, postgres)
        if let redisCheck { log("redis", before.redis, redisCheck) }
    }

    private func check(_ request: () async throws -> Void) async -> HealthState.Check {
        let start = csystem_monotonic()
        let isUp: Bool
        do {
            try await Deadline.$current.withValue(.after(Self.timeout)) { try await request() }
            isUp = true
        } catch {
            isUp = false
        }
        return HealthState.Check(isUp: isUp, latency: csystem_monotonic() &- start)
    }

    private func checkSchema() async -> HealthState.Schema {
        do {
            let rows = try await Deadline.$current.withValue(.after(Self.timeout)) {
                try await pool.query(Schema.versionQuery)
            }
            let version = try rows.first?[0, as: Int32.self] ?? 0
            return Int(version) >= Schema.requiredVersion ? .current : .behind
        } catch let error as PostgresError where error.sqlState == SQLState.undefinedTable {
            // No migration has run yet.
            return .behind
        } catch {
            return .unknown
        }
    }

    /// Warns if the server logs the values of statements: in a shop those are names, addresses and tokens.
    /// - Returns: Whether the server has answered.
    private func checkLogging() async -> Bool {
        do {
            let rows = try await Deadline.$current.withValue(.after(Self.timeout)) {
                try await pool.query(PostgresLogging.query)
            }
            guard let row = rows.first else { return true }
            let logging = PostgresLogging(
                statements: try row[0], slowest: try row[1], sampled: try row[2], transactions: try row[3], length: try row[4],
                lengthOnError: try row[5])
            if let warning = logging.warning { logger.warning("\(warning)") }
            return true
        } catch let error as PostgresError where error.sqlState != nil {
            // The server does not tell its settings; asking again would not help.
            return true
        } catch {
            return false
        }
    }

    private func log(_ name: String, _ before: HealthState.Check?, _ now: HealthState.Check) {
        guard before?.isUp != now.isUp else { return }
        if now.isUp {
            logger.info("\(name) answers")
        } else {
            logger.warning("\(name) does not answer")
        }
    }
}
