import DequeModule
import EventLoop
import Formats
import FoundationEssentials
import Logging
import PostgresClient

/// Delivers the events of one target: claims what is due, attempts several deliveries at a time, and records how they end.
///
/// Each target has a runner of its own, with its own claims and its own breaker, so that a target which is slow or down delays
/// only itself. Confined to its loop.
final class TargetRunner {
    /// A claimed delivery.
    private struct Claim {
        let event: Event
        let attempts: Int
        /// The time since the delivery was made, when it was claimed.
        let age: Duration
    }

    private enum Phase: Equatable {
        case running
        /// Begins nothing new.
        case draining
        case closed
    }

    /// How many times as many deliveries as can be in flight are claimed ahead.
    private static let claimsAhead = 6

    let row: EventTarget
    private let target: any DeliveryTarget
    private let loop: EventLoop
    private let pool: PostgresPool
    private let recorder: DeliveryRecorder
    private let worker: () -> UUID?
    private let settings: RelaySettings
    private let metrics: RelayMetrics
    private let logger: Logger
    private let disable: (EventTarget, DisableReason) -> PostgresQuery?

    private var phase = Phase.running
    private var queue = Deque<Claim>()
    /// The positions of deliveries that are being attempted.
    private var inFlight: Set<Int64> = []
    private var isClaiming = false
    /// Whether there may be something to claim.
    private var mayBeDue = false
    private var doubt = ClaimDoubt()
    private var breaker = TargetBreaker()
    private var probe: LoopTimer?
    private var look: LoopTimer?
    /// Until then nothing is claimed, because the database did not answer.
    private var retry: LoopTimer?
    private var lastLook: UInt64 = 0
    private var drained: Promise<Void>?

    /// The runner that it replaces, while that has attempts in flight.
    private weak var predecessor: TargetRunner?
    /// Where the last claim began, and when a claim last looked at everything, in nanoseconds of the monotonic clock.
    private var reached: Timestamp?
    private var lookedAt: UInt64 = 0

    init(
        _ row: EventTarget, _ target: any DeliveryTarget, after predecessor: TargetRunner?, relay: RelayContext,
        disable: @escaping (EventTarget, DisableReason) -> PostgresQuery?
    ) {
        self.row = row
        self.target = target
        self.predecessor = predecessor
        self.disable = disable
        loop = relay.loop
        pool = relay.pool
        recorder = relay.recorder
        worker = relay.worker
        settings = relay.settings
        metrics = relay.metrics
        logger = relay.logger
        // Its claim may be under way.
        if predecessor != nil { doubt.began(at: loop.now) }
    }

    /// There may be something to claim.
    func hint() {
        mayBeDue = true
        pump()
    }

    /// Whether it begins attempts.
    var isRunning: Bool { phase == .running }

    /// Goes on with what it has claimed.
    func resume() { pump() }

    /// Ends without waiting for attempts: the target is gone.
    func close() {
        phase = .closed
        giveBack()
        finishDraining()
    }

    /// Begins nothing new, and gives back what was not attempted.
    func beginDraining() {
        if phase == .running { phase = .draining }
        giveBack()
    }

    /// Begins nothing new, gives back what was not attempted, and returns once nothing is in flight.
    func drain() async {
        beginDraining()
        guard !inFlight.isEmpty || isClaiming else { return }
        let promise = drained ?? Promise<Void>(on: loop)
        drained = promise
        try? await promise.value()
    }

    /// Forgets what was claimed and not attempted: the claims are no longer this worker's.
    func forgetClaims() { queue.removeAll() }

    // MARK: Claiming

    /// How many deliveries are attempted at a time.
    private var width: Int { max(1, target.concurrency) * max(1, target.largestBatch) }

    private func pump() {
        guard phase == .running else { return }
        dispatch()
        guard mayBeDue, !isClaiming, retry == nil, !recorder.isFull else { return }
        // Claims several times what can be in flight, so that a claim is worth its round trip, and again when half is used up.
        let ahead = Self.claimsAhead * width
        let room = ahead + width - queue.count - inFlight.count
        guard room >= ahead / 2 || queue.isEmpty && inFlight.isEmpty else { return }
        let allowed = breaker.allowance(of: room, at: loop.now)
        guard allowed > 0 else { return scheduleProbe() }
        isClaiming = true
        mayBeDue = false
        loop.run { [self] in await claim(allowed) }
    }

    private func claim(_ limit: Int) async {
        guard let worker = worker() else {
            isClaiming = false
            return
        }
        let looks = doubt.looks(at: loop.now)
        let (size, scope) = (Self.size(of: limit), scope())
        var statements = [RelayStatements.settings]
        if looks { statements.append(RelayStatements.freeUnknown(row.id, except: known, by: worker)) }
        statements.append(RelayStatements.claim(row.id, by: worker, limit: size, scope))
        do {
            let rows = try await pool.batch(statements)
            if looks { doubt.looked(at: loop.now) }
            let claimed = rows.last?.named(RelayStatements.DeliveryColumn.self)
            // Otherwise the worker was silent for too long while the claim was under way, and others may have its claims.
            if self.worker() == worker { try claimed.map { try take($0) } } else { doubt.began(at: loop.now) }
            if rows.last?.count ?? 0 >= size { mayBeDue = true } else { reached = nil }
        } catch {
            mayBeDue = true
            doubt.began(at: loop.now)
            claimLater()
            logger.debug("deliveries cannot be claimed", metadata: ["error": "\(error)"])
        }
        isClaiming = false
        guard phase == .running else {
            giveBack()
            return finishDraining()
        }
        dispatch()
        scheduleLook()
        pump()
    }

    /// Claims are of a few sizes, since each is a prepared statement: the largest power of two that is not more.
    private static func size(of limit: Int) -> Int { 1 << (Int.bitWidth - 1 - max(1, limit).leadingZeroBitCount) }

    /// Where the next claim begins. Once a second a claim looks at everything: what other workers have given back may be earlier.
    private func scope() -> RelayStatements.Scope {
        guard let reached, loop.now &- lookedAt < 1_000_000_000 else {
            lookedAt = loop.now
            return .everything
        }
        return .since(reached)
    }

    private func take(_ rows: PostgresNamedRows<RelayStatements.DeliveryColumn>) throws {
        reached = nil
        for row in rows {
            let position = try row[.position, as: Int64.self]
            let due = try row[.due, as: Timestamp.self]
            reached = min(reached ?? due, due)
            // It was claimed by this worker before, in the name of a row that others have deleted.
            guard !inFlight.contains(position) else { continue }
            let attempts = Int(try row[.attempts, as: Int32.self])
            if let event = try Self.event(row) {
                queue.append(Claim(event: event, attempts: attempts, age: .microseconds(try row[.age, as: Int64.self])))
            } else {
                // The event was deleted while the delivery was made, by a replay: there is nothing to deliver.
                let report = DeliveryReport(duration: .zero, error: "the event is no longer kept")
                recorder.add([
                    RecordedAttempt(
                        target: self.row.id, position: position, aggregate: try row[.aggregate], state: .dead, outcome: .refused,
                        pause: nil, report: report)
                ])
            }
        }
    }

    /// What this worker has claimed and knows of.
    private var known: [Int64] {
        queue.map(\.event.position) + inFlight + recorder.positions(of: row.id) + (predecessor?.known ?? [])
    }

    /// A claim has failed. It may have failed at once, because the pool knows that the database does not answer, so the next one
    /// waits also where an attempt ends meanwhile.
    private func claimLater() {
        guard retry == nil else { return }
        retry = loop.schedule(after: .milliseconds(500)) { [weak self] in
            self?.retry = nil
            self?.pump()
        }
    }

    private func scheduleLook() {
        guard look == nil, let time = doubt.next else { return }
        look = loop.schedule(at: time) { [weak self] in
            self?.look = nil
            self?.hint()
        }
    }

    private func scheduleProbe() {
        guard probe == nil, let time = breaker.probesAt else { return }
        probe = loop.schedule(at: time) { [weak self] in
            self?.probe = nil
            self?.pump()
        }
    }

    private static func event(_ row: PostgresNamedRow<RelayStatements.DeliveryColumn>) throws -> Event? {
        guard let id = try row[.id, as: UUID?.self] else { return nil }
        return Event(
            id: id, position: try row[.position], type: try row[.type],
            version: Int(try row[.version, as: Int32.self]), aggregateType: try row[.aggregateType],
            aggregate: try row[.aggregate], sequence: Int(try row[.sequence, as: Int32.self]),
            payload: Array(try row[.payload, as: String.self].utf8), traceID: try row[.traceID], occurredAt: try row[.occurredAt])
    }

    private func giveBack() {
        guard !queue.isEmpty else { return }
        if let worker = worker() {
            recorder.add(RelayStatements.unclaim(row.id, queue.map(\.event.position), by: worker))
        }
        queue.removeAll()
    }

    // MARK: Attempting

    private func dispatch() {
        let batch = max(1, target.largestBatch)
        guard queue.isEmpty || worker() != nil else {
            // The worker was silent for too long: others may attempt its claims.
            queue.removeAll()
            return doubt.began(at: loop.now)
        }
        while phase == .running, !queue.isEmpty, inFlight.count < width, !recorder.isFull {
            let allowed = breaker.allowance(of: min(batch, queue.count), at: loop.now)
            guard allowed > 0 else {
                // While the target is left alone, other workers have no use of the claims either; but they must not get old.
                giveBack()
                return scheduleProbe()
            }
            let some = Array(queue.prefix(allowed))
            queue.removeFirst(some.count)
            inFlight.formUnion(some.map(\.event.position))
            breaker.began()
            loop.run { [self] in await attempt(some) }
        }
    }

    private func attempt(_ claims: [Claim]) async {
        let start = loop.now
        let outcomes = await Deadline.$current.withValue(.after(settings.attemptTimeout)) {
            await target.deliver(claims.map(\.event))
        }
        inFlight.subtract(claims.map(\.event.position))
        let elapsed = Duration.nanoseconds(Int64(clamping: loop.now &- start))
        var records: [RecordedAttempt] = []
        for (index, claim) in claims.enumerated() {
            let outcome =
                index < outcomes.count
                ? outcomes[index] : .failed(DeliveryReport(duration: elapsed, error: "the target has given no outcome"))
            records.append(record(claim, outcome, after: elapsed))
        }
        recorder.add(records)
        if phase == .running { pump() } else { finishDraining() }
    }

    private func record(_ claim: Claim, _ outcome: DeliveryOutcome, after elapsed: Duration) -> RecordedAttempt {
        let report = outcome.report.cleaned
        var state = RecordedAttempt.State.delivered
        var says = RecordedAttempt.Outcome.delivered
        var pause: Duration?
        switch outcome {
        case .delivered:
            breaker.succeeded()
        case .refused:
            // It answers, so others may succeed.
            breaker.succeeded()
            state = .dead
            says = .refused
        case .failed(_, let retryAfter):
            if breaker.failed(at: loop.now, random: .random(in: 0..<1), retryAfter: retryAfter) { warn(report) }
            says = .failed
            disableIfFailingForTooLong()
            pause = settings.retries.pause(
                afterAttempts: claim.attempts + 1, age: claim.age + elapsed, retryAfter: retryAfter, random: .random(in: 0..<1))
            state = pause == nil ? .dead : .pending
        case .gone:
            state = .dead
            says = .refused
            if let statement = disable(row, .gone) { recorder.add(statement) }
            phase = .draining
            giveBack()
        }
        metrics.attempted(row.kind, state, after: elapsed)
        if state == .dead {
            logger.warning(
                "an event was not delivered and is not attempted again",
                metadata: [
                    "target": "\(row.id.text)", "kind": "\(row.kind.rawValue)", "event": "\(claim.event.id.text)",
                    "type": "\(claim.event.type)", "attempts": .stringConvertible(claim.attempts + 1),
                    "reason": "\(report.error ?? report.status.map { "status \($0)" } ?? "unknown")",
                ])
        }
        return RecordedAttempt(
            target: row.id, position: claim.event.position, aggregate: claim.event.aggregate, state: state, outcome: says,
            pause: pause, report: report)
    }

    /// A target begins to fail.
    private func warn(_ report: DeliveryReport) {
        logger.warning(
            "deliveries fail; the target is left alone for a while, again and again, until one succeeds",
            metadata: [
                "target": "\(row.id.text)", "kind": "\(row.kind.rawValue)",
                "reason": "\(report.error ?? report.status.map { "status \($0)" } ?? "unknown")",
            ])
    }

    /// At most once a minute: the statement looks whether every delivery has failed for long enough.
    private func disableIfFailingForTooLong() {
        guard lastLook == 0 || loop.now &- lastLook > 60_000_000_000,
            let statement = disable(row, .failing(settings.disableAfter))
        else { return }
        lastLook = loop.now
        recorder.add(statement)
    }

    private func finishDraining() {
        guard phase != .running, inFlight.isEmpty, !isClaiming else { return }
        drained?.succeed(())
        drained = nil
    }
}

/// Why a target is disabled.
package enum DisableReason: Equatable, Sendable {
    /// It has answered that it wants no events any more.
    case gone
    /// If all deliveries have failed for so long.
    case failing(Duration)
}

/// What the runners of a relay share.
struct RelayContext {
    let loop: EventLoop
    let pool: PostgresPool
    let recorder: DeliveryRecorder
    let worker: () -> UUID?
    let settings: RelaySettings
    let metrics: RelayMetrics
    let logger: Logger
}
