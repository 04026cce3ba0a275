import EventLoop
import Formats
import FoundationEssentials
import Logging
import PostgresClient

/// Delivers the events of the outbox: at least once, and those of an aggregate in their order.
///
/// One worker at a time reads the outbox and makes a delivery for each target that wants an event (``OutboxCursor``). All
/// workers claim deliveries and attempt them (``TargetRunner``). What a worker has claimed is free again once the worker is gone.
/// Confined to its loop.
// Unchecked: confined to its loop, as above; hints from other threads go through the loop.
package final class EventRelay: @unchecked Sendable {
    /// Makes the target of a row; nil for a kind that this process does not deliver to.
    package typealias TargetFactory = (EventTarget) -> (any DeliveryTarget)?

    private let loop: EventLoop
    private let pool: PostgresPool
    private let context: RelayContext
    private let makeTarget: TargetFactory
    private let disable: (EventTarget, DisableReason) -> PostgresQuery?
    /// Targets that the settings configure.
    private let configured: [EventTarget]
    /// When their rows are written next, in nanoseconds of the monotonic clock.
    private var configuresAt: UInt64 = 0
    private let hint: OutboxHint
    private let logger: Logger
    private let settings: RelaySettings

    private var task: Task<Void, Never>?
    private var runners: [UUID: TargetRunner] = [:]
    /// Closed ones that still have attempts in flight.
    private var leaving: [TargetRunner] = []
    private var revision: String?
    /// Nil while another worker makes the deliveries.
    private var cursor: OutboxCursor?
    /// The server that the cursor is for, and the position that was stored there last.
    private var history = RelayHistory(server: Timestamp(microseconds: 0), position: 0)
    /// When a poll last looked at all deliveries, in nanoseconds of the monotonic clock.
    private var lookedAt: UInt64 = 0
    /// How many polls have failed in a row.
    private var failures = 0
    /// How many events a poll takes: fewer after a failure.
    private var batch: Int
    /// Until then another worker may make the deliveries, because this one cannot.
    private var standsBackUntil: UInt64 = 0
    private var wakeUp: Promise<Void>?
    private var isWoken = false
    private var warning: UInt64 = 0

    /// - Parameters:
    ///   - worker: the id of this worker's row in `worker`, which says that it lives; nil while it has none, and may claim nothing
    ///   - configured: the targets that settings configure
    ///   - hint: what the features notify when they have committed events
    ///   - makeTarget: called for each active row of `event_target`
    ///   - disable: the statement that disables a target, if it is one that can be
    package init(
        loop: EventLoop, pool: PostgresPool, worker: @escaping () -> UUID?, configured: [EventTarget] = [], hint: OutboxHint,
        settings: RelaySettings = RelaySettings(), logger: Logger, makeTarget: @escaping TargetFactory,
        disable: @escaping (EventTarget, DisableReason) -> PostgresQuery? = { _, _ in nil }
    ) {
        self.loop = loop
        self.pool = pool
        self.hint = hint
        self.settings = settings
        batch = settings.batch
        self.logger = logger
        self.makeTarget = makeTarget
        self.disable = disable
        self.configured = configured
        let recorder = DeliveryRecorder(loop: loop, pool: pool, logger: logger)
        context = RelayContext(
            loop: loop, pool: pool, recorder: recorder, worker: worker, settings: settings, metrics: RelayMetrics(),
            logger: logger)
        recorder.recorded = { [weak self] targets in
            guard let self else { return }
            // All of them: while many outcomes waited, none of them began attempts.
            for (id, runner) in runners { targets.contains(id) ? runner.hint() : runner.resume() }
        }
    }

    /// Starts to poll. On the loop.
    package func start() {
        loop.assertInLoop()
        hint.connect { [self] in loop.execute { [self] in wake() } }
        task = loop.run { [self] in await run() }
    }

    /// There may be new events. On the loop.
    package func wake() {
        isWoken = true
        wakeUp?.succeed(())
    }

    /// The worker's claims were freed, because it seemed to be gone: others may attempt them.
    package func claimsWereFreed() {
        cursor = nil
        for runner in runners.values { runner.forgetClaims() }
    }

    /// Begins nothing new at once. On the loop.
    package func stop() {
        hint.disconnect()
        task?.cancel()
        for runner in Array(runners.values) + leaving { runner.close() }
    }

    /// Begins nothing new, waits for the attempts in flight, and gives back what was claimed. On the loop.
    package func drain() async {
        hint.disconnect()
        task?.cancel()
        wake()
        await task?.value
        // At once, so that another worker goes on with the events that are committed from now on.
        if let position = cursor?.position, let worker = context.worker() {
            context.recorder.add(RelayStatements.release(worker, at: position))
        }
        let all = Array(runners.values) + leaving
        for runner in all { runner.beginDraining() }
        for runner in all { await runner.drain() }
        await context.recorder.finish()
    }

    // MARK: Polling

    private func run() async {
        var pause = settings.shortestPoll
        while !Task.isCancelled {
            isWoken = false
            hint.taken()
            let began = loop.now
            let found = await poll()
            guard !Task.isCancelled else { return }
            if found >= batch { continue }
            // Without targets there is no hurry: they are passed over once a second, in large pieces.
            guard !runners.isEmpty else {
                await rest(since: began)
                continue
            }
            pause = found > 0 ? settings.shortestPoll : min(settings.longestPoll, pause * 2)
            // A poll that takes long, because transactions stay open and leave many gaps, is not repeated at once.
            let rest = Duration.nanoseconds(Int64(clamping: (loop.now &- began) &* 2))
            await sleep(max(pause, min(settings.longestPoll, rest)), since: began)
            if isWoken { pause = settings.shortestPoll }
        }
    }

    /// Waits for the longest time between two polls, whatever hints come.
    private func rest(since began: UInt64) async {
        let next = began &+ settings.longestPoll.nanosecondsClamped
        if loop.now < next { try? await loop.sleep(for: .nanoseconds(Int64(clamping: next - loop.now))) }
    }

    /// Waits, or until a hint; in any case for the shortest time between two polls.
    private func sleep(_ pause: Duration, since began: UInt64) async {
        if !isWoken {
            let promise = Promise<Void>(on: loop)
            wakeUp = promise
            try? await promise.value(by: .after(pause))
            wakeUp = nil
        }
        let next = began &+ settings.shortestPoll.nanosecondsClamped
        if loop.now < next { try? await loop.sleep(for: .nanoseconds(Int64(clamping: next - loop.now))) }
    }

    /// - Returns: how many events were found.
    private func poll() async -> Int {
        guard let worker = context.worker() else { return 0 }
        do {
            if loop.now >= configuresAt {
                try await pool.batch(RelayStatements.configure(configured))
                configuresAt = loop.now &+ Self.configuringInterval
            }
            let found: Int
            let revision: String
            let due: [UUID]
            if let cursor {
                (found, revision, due) = try await read(cursor, by: worker)
            } else {
                let takesOver = loop.now >= standsBackUntil
                let rows = try await pool.execute(RelayStatements.idlePoll(by: worker, takesOver: takesOver))
                guard let row = rows.named(RelayStatements.IdlePollColumn.self).first else { return 0 }
                if let position = try row[.claimed, as: Int64?.self] {
                    cursor = OutboxCursor(after: position)
                    history = RelayHistory(server: try row[.server], position: position)
                }
                (found, revision, due) = (cursor == nil ? 0 : batch, try row[.revision], try row[.due])
            }
            if revision != self.revision { try await loadTargets(revision) }
            for target in due { runners[target]?.hint() }
            failures = 0
            batch = min(settings.batch, batch * 2)
            return found
        } catch {
            if !Task.isCancelled { await failed(error, worker) }
            return 0
        }
    }

    /// How often the rows of the targets that settings configure are written, in nanoseconds.
    private static let configuringInterval: UInt64 = 300_000_000_000

    /// A poll has failed. The server may have been replaced by one that lacks the last commits, so the cursor is read again from
    /// the database. After some failures in a row another worker is given the chance.
    private func failed(_ error: any Error, _ worker: UUID) async {
        let position = cursor?.position
        cursor = nil
        failures += 1
        batch = max(min(settings.batch, 50), batch / 2)
        if failures >= 3, position != nil {
            standsBackUntil = loop.now &+ 10_000_000_000
            // The position stays as it is stored.
            _ = try? await pool.execute(RelayStatements.release(worker, at: 0))
        }
        // The worker's row, which decides whether it may claim, and all that is read here are in the database.
        guard loop.now &- warning > 60_000_000_000 else { return }
        warning = loop.now
        logger.warning("the outbox cannot be read", metadata: ["error": "\(error)"])
    }

    private func read(
        _ before: OutboxCursor, by worker: UUID
    ) async throws -> (found: Int, revision: String, due: [UUID]) {
        let looks = loop.now &- lookedAt >= 1_000_000_000
        if looks { lookedAt = loop.now }
        let limit = batch
        let rows = try await pool.execute(
            RelayStatements.poll(
                before, by: worker, at: history, limit: limit, due: looks ? .everything : .recent))
        guard let found = rows.first, let row = rows.named(RelayStatements.PollColumn.self).first else {
            return (0, revision ?? "", [])
        }
        let due = try found[RelayStatements.PollColumn.due, as: [UUID].self]
        guard try row[.isMine, as: Bool.self] else {
            // Another worker has taken over, or another server answers.
            cursor = nil
            return (0, try row[.revision], due)
        }
        history.position = max(history.position, before.position)
        let positions = try row[.positions, as: [Int64].self]
        let oldest = UInt64(clamping: try row[.oldest, as: Int64.self])
        var after = before
        after.read(positions, isComplete: positions.count < limit, oldest: oldest)
        // Claims may have been freed meanwhile.
        guard cursor != nil else { return (0, try row[.revision], due) }
        cursor = after
        context.metrics.gaps(after.gaps.count)
        if after.needsBound {
            let id = try await pool.execute(RelayStatements.newTransactionID).first?[0, as: Int64.self]
            if let id, cursor != nil { cursor?.bound(by: UInt64(clamping: id)) }
        }
        if !positions.isEmpty {
            context.metrics.relayed(positions.count, age: .microseconds(try row[.lag, as: Int64.self]))
        }
        return (positions.count, try row[.revision], due)
    }

    // MARK: Targets

    private func loadTargets(_ revision: String) async throws {
        let rows = try await pool.query(RelayStatements.targets)
        var rest = runners
        for row in rows.named(RelayStatements.TargetColumn.self) {
            guard let kind = EventTarget.Kind(rawValue: try row[.kind]) else { continue }
            let target = EventTarget(
                id: try row[.id], kind: kind, address: try row[.address], events: try row[.events], secrets: try row[.secrets])
            if let runner = rest[target.id], runner.row == target, runner.isRunning {
                rest[target.id] = nil
                continue
            }
            guard let receiver = makeTarget(target) else { continue }
            runners[target.id] = TargetRunner(
                target, receiver, after: runners[target.id], relay: context, disable: disable)
            runners[target.id]?.hint()
        }
        for (id, runner) in rest {
            // Changed, disabled or removed: what it has begun ends, with its old settings.
            if runners[id] === runner {
                runners[id] = nil
                logger.notice(
                    "a target gets no more deliveries: it was disabled or removed",
                    metadata: ["target": "\(id.text)", "kind": "\(runner.row.kind.rawValue)"])
            }
            leaving.append(runner)
            loop.run { [self] in
                await runner.drain()
                leaving.removeAll { $0 === runner }
            }
        }
        self.revision = revision
    }
}
