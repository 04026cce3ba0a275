import Migrations
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
    private let board: HealthStatus
    private let logger: Logger
    private var task: Task<Void, Never>?
    /// Whether PostgreSQL has been asked what it logs; once is enough, a server's settings rarely change while it is used.
    private var knowsLogging = false

    init(
        loop: EventLoop, pool: PostgresPool, replica: ReplicaReads?, redis: RedisClient?, board: HealthStatus, logger: Logger
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
        if postgres.isUp, !knowsLogging { knowsLogging = await warnOfLogging() }
        let (seen, answer) = (redis, schema)
        let (breaker, replicaStatus) = (self.redis?.breakerPhase, replica?.status)
        let before = board.now
        board.update {
            $0.postgres = postgres
            $0.replica = replicaStatus
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

    /// Warns where the server writes the values bound to statements into its log: those of a shop are people's names, addresses
    /// and tokens. https://www.postgresql.org/docs/current/runtime-config-logging.html
    /// - Returns: whether it answered.
    private func warnOfLogging() async -> Bool {
        do {
            let rows = try await Deadline.$current.withValue(.after(Self.patience)) {
                try await pool.query(PostgresLogging.query)
            }
            guard let row = rows.first else { return true }
            let logging = PostgresLogging(
                statements: try row[0], slowest: try row[1], sampled: try row[2], transactions: try row[3], length: try row[4],
                lengthOnError: try row[5])
            if let warning = logging.warning { logger.warning("\(warning)") }
            return true
        } catch let error as PostgresError where error.sqlState != nil {
            // A server that does not tell, or a stand-in for one.
            return true
        } catch {
            return false
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

/// The server's settings that decide whether bound values reach its log, as `current_setting` tells them; nil where it has none
/// such.
struct PostgresLogging: Sendable, Equatable {
    static let query: PostgresQuery = """
        SELECT current_setting('log_statement', true), current_setting('log_min_duration_statement', true), \
        current_setting('log_min_duration_sample', true), current_setting('log_transaction_sample_rate', true), \
        current_setting('log_parameter_max_length', true), current_setting('log_parameter_max_length_on_error', true)
        """

    var statements: String?
    var slowest: String?
    var sampled: String?
    var transactions: String?
    var length: String?
    var lengthOnError: String?

    /// What to tell the operator; nil where no value is logged.
    var warning: String? {
        // Durations are -1 where nothing is logged for its time, and have a unit else.
        let logsStatements =
            statements == "all" || statements == "mod" || (slowest ?? "-1") != "-1" || (sampled ?? "-1") != "-1"
            || !["0", "0.0"].contains(transactions ?? "0")
        // Servers before version 13 have no limit, and log values whole.
        let settings = [
            logsStatements && length != "0" ? "log_parameter_max_length" : nil,
            (lengthOnError ?? "0") != "0" ? "log_parameter_max_length_on_error" : nil,
        ].compactMap(\.self)
        guard !settings.isEmpty else { return nil }
        return
            "PostgreSQL logs the values of statements, which are people's addresses and tokens: set \(settings.joined(separator: " and ")) to 0"
    }
}
