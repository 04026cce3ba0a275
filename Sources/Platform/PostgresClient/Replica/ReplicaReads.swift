import CoreMetrics
import EventLoop
import Logging

/// Reads that may come from a replica, and come from the primary while the replica is unreachable, slow, or behind.
///
/// Each connection to the replica passes a health check before it carries reads, and four times a second from then on: one
/// host name may stand for several replicas. Not for a read that decides about a write. Confined to its loop.
// Unchecked: confined to its loop, as above.
package final class ReplicaReads: @unchecked Sendable {
    /// The time between two health checks.
    private static let interval = Duration.milliseconds(250)
    /// How long a read waits for the replica before it goes to the primary.
    private static let readTimeout = Duration.seconds(1)

    private let loop: EventLoop
    private let primary: PostgresPool
    private let replica: PostgresPool
    private let metrics = ReplicaMetrics()
    private let logger: Logger
    private var eligibility: ReplicaEligibility
    private var task: Task<Void, Never>?
    /// The replica gets no reads before this instant, since it left a read unanswered.
    private var pausedUntil: UInt64 = 0
    private var lastCheck: (at: UInt64, took: UInt64)?
    private var started: UInt64 = 0
    private var loggedPhase: ReplicaStatus.Phase?

    /// - Parameters:
    ///   - configuration: of the replica, with this loop's share
    ///   - maximumLag: how much older than the primary the replica may be
    ///   - mark: selects one row of one bigint, a number that grows with each write that reads must see at once
    package init(
        primary: PostgresPool, replica configuration: PostgresConfiguration, maximumLag: Duration, mark: PostgresQuery,
        logger: Logger
    ) {
        loop = primary.loop
        self.primary = primary
        self.logger = logger
        eligibility = ReplicaEligibility(maximumLag: maximumLag.nanosecondsClamped)
        var configuration = configuration
        // Only reads are sent there, and they share connections.
        configuration.minimum = max(1, configuration.sharedConnections)
        configuration.maximum = configuration.minimum + 1
        configuration.queryTimeout = min(configuration.queryTimeout, Self.readTimeout)
        let healthCheck = ReplicaHealthCheck(query: ReplicaReport.query(mark: mark))
        replica = PostgresPool(loop: loop, configuration: configuration, logger: logger, healthCheck: healthCheck)
        healthCheck.isHealthy = { [weak self] row, took in self?.isHealthy(row, took) ?? false }
    }

    /// Connects in the background and begins the health checks. On the loop.
    package func start() {
        loop.assertInLoop()
        started = loop.now
        replica.start()
        task = loop.run { [self] in
            while !Task.isCancelled {
                await check()
                try? await loop.sleep(for: Self.interval)
            }
        }
    }

    /// Closes the connections to the replica. On the loop.
    package func close() async {
        task?.cancel()
        await replica.close()
    }

    /// Runs one read, as ``PostgresPool/query(_:)``.
    /// - Throws: ``PostgresError``. On the loop.
    package func query(_ query: PostgresQuery) async throws -> PostgresRows {
        loop.assertInLoop()
        guard replica.carriesReads, loop.now >= pausedUntil else { return try await queryPrimary(query) }
        do {
            let rows = try await replica.query(query)
            metrics.replica.increment()
            return rows
        } catch let error as PostgresError {
            let isExpired = Deadline.current.map { $0.instant <= loop.now } ?? false
            guard ReplicaEligibility.fallsBack(error), !isExpired else { throw error }
            if error.code == .timedOut { pausedUntil = loop.now.adding(Self.readTimeout.nanosecondsClamped) }
            metrics.fallbacks.increment()
            return try await queryPrimary(query)
        }
    }

    private func queryPrimary(_ query: PostgresQuery) async throws -> PostgresRows {
        metrics.primary.increment()
        return try await primary.query(query)
    }

    /// The primary has announced this mark: from this turn on, no read goes to a replica that lacks it.
    package func mark(is mark: Int64) {
        loop.assertInLoop()
        guard mark != eligibility.mark else { return }
        eligibility.mark = mark
        replica.suspendReads()
        replica.checkHealth()
    }

    /// The status of the replica. On the loop.
    package var status: ReplicaStatus {
        let now = loop.now
        let silence = now > (lastCheck?.at ?? started) ? now - (lastCheck?.at ?? started) : 0
        guard let lastCheck, replica.isUsable, silence < 2_000_000_000 else {
            return ReplicaStatus(phase: .down, latency: silence)
        }
        return ReplicaStatus(phase: replica.carriesReads ? .ok : .behind, latency: lastCheck.took)
    }

    // MARK: Health checks

    /// First the primary, then the replica: the replica must show what the primary had written before.
    private func check() async {
        let now = loop.now
        let end = try? await Deadline.$current.withValue(.after(Self.interval)) {
            try await primary.query(ReplicaReport.primaryQuery).first?[0, as: Int64.self]
        }
        if let end { eligibility.history.primaryWas(at: end, now: now) }
        replica.checkHealth()
        logPhase()
    }

    private func isHealthy(_ row: PostgresRow, _ took: UInt64) -> Bool {
        lastCheck = (loop.now, took)
        guard let report = try? ReplicaReport(row) else { return false }
        return eligibility.verdict(report) == .eligible
    }

    private func logPhase() {
        let phase = status.phase
        // The replica has three seconds to come up before that is logged.
        guard phase != loggedPhase, loggedPhase != nil || phase == .ok || loop.now > started.adding(3_000_000_000) else { return }
        loggedPhase = phase
        let metadata: Logger.Metadata = ["replica": "\(replica.configuration.summary)"]
        switch phase {
        case .ok: logger.notice("postgres: catalogue reads go to the replica", metadata: metadata)
        case .behind: logger.warning("postgres: the replica is behind, or none; reads go to the primary", metadata: metadata)
        case .down: logger.warning("postgres: the replica is away; reads go to the primary", metadata: metadata)
        }
    }
}

/// The status of a replica, for monitoring.
package struct ReplicaStatus: Equatable, Sendable {
    package enum Phase: String, Equatable, Sendable {
        /// It carries reads.
        case ok
        /// It answers, and lags too much, or is no replica.
        case behind
        case down
    }

    package let phase: Phase
    /// How long its last answer took, or how long it has been silent, in nanoseconds.
    package let latency: UInt64

    package init(phase: Phase, latency: UInt64) {
        self.phase = phase
        self.latency = latency
    }
}

/// Counts which server answers the reads that a replica may answer.
final class ReplicaMetrics {
    let primary: Counter
    let replica: Counter
    /// Reads that the primary answered after the replica had failed them.
    let fallbacks: Counter

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        let reads = { (role: String) in
            Counter(label: "commerce_postgres_reads_total", dimensions: [("role", role)], factory: factory)
        }
        primary = reads("primary")
        replica = reads("replica")
        fallbacks = Counter(label: "commerce_postgres_replica_fallbacks_total", factory: factory)
    }
}
