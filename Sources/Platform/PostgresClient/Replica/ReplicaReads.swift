import EventLoop
import Logging

/// Reads that may come from a replica, and come from the primary wherever the replica is away, slow, or behind.
///
/// Each connection to the replica is examined before it carries reads, and four times a second from then on: one name may
/// stand for several replicas. Not for a read that decides about a write. Confined to its loop.
// Unchecked: confined to its loop, as above.
package final class ReplicaReads: @unchecked Sendable {
    /// How long between two looks at how far both servers are.
    private static let interval = Duration.milliseconds(250)
    /// How long a read waits for the replica before the primary is asked.
    private static let patience = Duration.seconds(1)

    private let loop: EventLoop
    private let primary: PostgresPool
    private let replica: PostgresPool
    private let metrics = ReplicaMetrics()
    private let logger: Logger
    private var rule: ReplicaRule
    private var task: Task<Void, Never>?
    /// The replica gets no reads before this moment, as it left one unanswered.
    private var pausedUntil: UInt64 = 0
    private var lastExam: (at: UInt64, took: UInt64)?
    private var began: UInt64 = 0
    private var told: ReplicaStatus.Phase?

    /// - Parameters:
    ///   - configuration: of the replica, with this loop's share
    ///   - maximumLag: how much older than the primary the replica may be
    ///   - mark: gives, as one row of one bigint, a number that grows with each write that must be seen at once
    package init(
        primary: PostgresPool, replica configuration: PostgresConfiguration, maximumLag: Duration, mark: PostgresQuery,
        logger: Logger
    ) {
        loop = primary.loop
        self.primary = primary
        self.logger = logger
        rule = ReplicaRule(maximumLag: maximumLag.nanosecondsClamped)
        var configuration = configuration
        // Only reads are sent there, and these share.
        configuration.minimum = max(1, configuration.sharedConnections)
        configuration.maximum = configuration.minimum + 1
        configuration.queryTimeout = min(configuration.queryTimeout, Self.patience)
        replica = PostgresPool(
            loop: loop, configuration: configuration, logger: logger, exam: ReaderExam(query: ReplicaReport.query(mark: mark)))
        replica.exam?.passes = { [weak self] row, took in self?.examined(row, took) ?? false }
    }

    /// Connects in the background and begins to look. On the loop.
    package func start() {
        loop.assertInLoop()
        began = loop.now
        replica.start()
        task = loop.run { [self] in
            while !Task.isCancelled {
                await look()
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
        guard replica.carriesReads, loop.now >= pausedUntil else { return try await ask(query) }
        do {
            let rows = try await replica.query(query)
            metrics.replica.increment()
            return rows
        } catch let error as PostgresError {
            let isOver = Deadline.current.map { $0.instant <= loop.now } ?? false
            guard ReplicaRule.fallsBack(error), !isOver else { throw error }
            if error.code == .timedOut { pausedUntil = loop.now.adding(Self.patience.nanosecondsClamped) }
            metrics.fallbacks.increment()
            return try await ask(query)
        }
    }

    private func ask(_ query: PostgresQuery) async throws -> PostgresRows {
        metrics.primary.increment()
        return try await primary.query(query)
    }

    /// The primary has announced this mark: what lacks it is read from no more, beginning with this very turn.
    package func mark(is mark: Int64) {
        loop.assertInLoop()
        guard mark != rule.mark else { return }
        rule.mark = mark
        replica.suspendReads()
        replica.examineReaders()
    }

    /// How the replica stands. On the loop.
    package var standing: ReplicaStatus {
        let now = loop.now
        let silence = now > (lastExam?.at ?? began) ? now - (lastExam?.at ?? began) : 0
        guard let lastExam, replica.isUsable, silence < 2_000_000_000 else {
            return ReplicaStatus(phase: .down, latency: silence)
        }
        return ReplicaStatus(phase: replica.carriesReads ? .ok : .behind, latency: lastExam.took)
    }

    // MARK: Looking

    /// First the primary, then the replica: what the primary had written before is what the replica must show.
    private func look() async {
        let now = loop.now
        let end = try? await Deadline.$current.withValue(.after(Self.interval)) {
            try await primary.query(ReplicaReport.primaryQuery).first?[0, as: Int64.self]
        }
        if let end { rule.history.primaryWas(at: end, now: now) }
        replica.examineReaders()
        tell()
    }

    private func examined(_ row: PostgresRow, _ took: UInt64) -> Bool {
        lastExam = (loop.now, took)
        guard let report = try? ReplicaReport(row) else { return false }
        return rule.verdict(report) == .fit
    }

    private func tell() {
        let phase = standing.phase
        // It is given the time to come up.
        guard phase != told, told != nil || phase == .ok || loop.now > began.adding(3_000_000_000) else { return }
        told = phase
        let metadata: Logger.Metadata = ["replica": "\(replica.configuration.summary)"]
        switch phase {
        case .ok: logger.notice("postgres: catalogue reads go to the replica", metadata: metadata)
        case .behind: logger.warning("postgres: the replica is behind, or none; reads go to the primary", metadata: metadata)
        case .down: logger.warning("postgres: the replica is away; reads go to the primary", metadata: metadata)
        }
    }
}
