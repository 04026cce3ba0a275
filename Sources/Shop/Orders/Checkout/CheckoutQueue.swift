import DequeModule
import EventLoop
import PostgresClient
import Web

/// Places orders. Orders that arrive at the same time share a transaction.
///
/// While transactions run, new orders wait, and the next transaction takes all of them: a single order is placed at once, and
/// under load orders share their round trips, their statements and their commit. However many orders want a variant, a
/// transaction locks and writes its row once.
///
/// Each order is decided by itself (``CheckoutBatch``), in the order of arrival. Where a transaction fails for a reason that
/// may lie with one order, each order of it runs again alone. Where a lock was not free in time, the queue finds out which
/// lock it was, of a SKU or of a client, and orders that need it wait in a lane of their own (``ContendedLocks``).
///
/// Confined to its loop.
package final class CheckoutQueue {
    private struct Lane {
        /// How many transactions may run at a time.
        let limit: Int
        var running = 0
        var waiting = Deque<CheckoutAttempt>()
    }

    private let loop: EventLoop
    private let store: CheckoutStore
    private let settings: CheckoutSettings
    private let metrics = CheckoutMetrics()
    private var lanes: [CheckoutLane: Lane]
    private var contended = ContendedLocks()
    /// The locks that transactions of the lane `waitingForLock` wait for.
    private var awaited: Set<CheckoutLock> = []
    /// The keys of the orders in the queue.
    private var keys: Set<[UInt8]> = []
    private var isFilling = false
    private var timer: LoopTimer?

    package init(loop: EventLoop, store: CheckoutStore, settings: CheckoutSettings = CheckoutSettings()) {
        self.loop = loop
        self.store = store
        self.settings = settings
        lanes = Dictionary(uniqueKeysWithValues: CheckoutLane.allCases.map { ($0, Lane(limit: settings.transactions(in: $0))) })
    }

    /// Places an order. On the loop.
    /// - Returns: the response for the client; a request that repeats a key gets the first response again
    /// - Throws: `Problem` as ``CheckoutRules`` decides, and 409 while another request with the key is in progress;
    ///   `PostgresError`.
    package func place(_ request: CheckoutRequest) async throws -> CheckoutResponse {
        loop.assertInLoop()
        guard keys.count < settings.capacity else { throw PostgresError(.poolExhausted, "too many orders wait") }
        guard keys.insert(request.record.id).inserted else { throw Problem.idempotencyInFlight }
        let attempt = CheckoutAttempt(request, deadline: Deadline.current ?? .after(.seconds(30)), on: loop)
        wait(attempt, in: lane(for: attempt))
        do { return try await attempt.promise.value(by: attempt.deadline) } catch {
            // Its transaction need not begin, if it has not begun yet.
            attempt.isAbandoned = true
            throw error
        }
    }

    // MARK: Lanes

    private func lane(for attempt: CheckoutAttempt) -> CheckoutLane {
        contended.contains(attempt.locks, at: loop.now) ? .waitingForLock : .batched
    }

    /// - Parameter isFirst: whether it goes before those that wait, because it has arrived before them
    private func wait(_ attempt: CheckoutAttempt, in lane: CheckoutLane, isFirst: Bool = false) {
        if isFirst { lanes[lane]?.waiting.prepend(attempt) } else { lanes[lane]?.waiting.append(attempt) }
        scheduleTimeouts()
        // At the turn's end, so that all orders of a turn share a transaction.
        guard !isFilling else { return }
        isFilling = true
        loop.atTurnEnd { [self] in
            isFilling = false
            fill()
        }
    }

    private func fill() {
        for name in CheckoutLane.allCases {
            while let lane = lanes[name], lane.running < lane.limit,
                let batch = name == .waitingForLock ? nextWaitingForLock() : next(in: name)
            {
                lanes[name]?.running += 1
                run(batch, name)
            }
        }
        metrics.waiting(lanes.values.reduce(0) { $0 + $1.waiting.count })
    }

    /// The next batch; nil where no order waits.
    private func next(in name: CheckoutLane) -> [CheckoutAttempt]? {
        var batch: [CheckoutAttempt] = []
        var lines = 0
        while let attempt = lanes[name]?.waiting.first {
            lines += attempt.lines
            let isFull = name != .batched || batch.count >= settings.orders || lines > settings.lines
            if !batch.isEmpty, isFull, !attempt.isAbandoned { break }
            lanes[name]?.waiting.removeFirst()
            if attempt.isAbandoned { end(attempt, .failure(CancellationError())) } else { batch.append(attempt) }
        }
        return batch.isEmpty ? nil : batch
    }

    /// The first order for whose locks no other transaction waits.
    private func nextWaitingForLock() -> [CheckoutAttempt]? {
        guard
            let place = lanes[.waitingForLock]?.waiting.firstIndex(where: {
                $0.isAbandoned || awaited.isDisjoint(with: $0.locks)
            }),
            let attempt = lanes[.waitingForLock]?.waiting.remove(at: place)
        else { return nil }
        if attempt.isAbandoned {
            end(attempt, .failure(CancellationError()))
            return nextWaitingForLock()
        }
        awaited.formUnion(attempt.locks)
        return [attempt]
    }

    private func run(_ batch: [CheckoutAttempt], _ lane: CheckoutLane) {
        // The connection may be dead; the next orders do not wait until that is certain.
        var isOverdue = false
        let overdue = settings.overdue(in: lane).map { limit in
            loop.schedule(after: limit) { [self] in
                isOverdue = true
                lanes[lane]?.running -= 1
                fill()
            }
        }
        loop.run { [self] in
            let outcomes = await Deadline.$current.withValue(batch.map(\.deadline).max()) {
                await store.place(batch, lockTimeout: settings.lockTimeout(in: lane, after: waited(batch)))
            }
            let found = await findContended(batch, outcomes, lane)
            overdue?.cancel()
            if !isOverdue { lanes[lane]?.running -= 1 }
            metrics.ended(lane, orders: batch.count)
            let again = zip(batch, outcomes).compactMap { attempt, outcome in
                ended(attempt, outcome, lane, isExplained: !found.isEmpty).map { (attempt, $0) }
            }
            for (attempt, lane) in again.reversed() { wait(attempt, in: lane, isFirst: true) }
            fill()
        }
    }

    private func waited(_ batch: [CheckoutAttempt]) -> Duration {
        .nanoseconds(Int64(clamping: loop.now &- (batch.first?.arrived ?? loop.now)))
    }

    // MARK: Outcomes

    /// - Parameter isExplained: whether the lock is known that the transaction waited for
    /// - Returns: the lane in which the order runs again, if it does
    private func ended(
        _ attempt: CheckoutAttempt, _ outcome: CheckoutOutcome, _ lane: CheckoutLane, isExplained: Bool
    ) -> CheckoutLane? {
        switch outcome {
        case .completed(let response): end(attempt, .success(response))
        case .refused(let problem): end(attempt, .failure(problem))
        case .failed(let error, let mayRetry):
            switch RetryPolicy.transaction.decide(error, retries: attempt.retries, in: lane) {
            case .retry where mayRetry:
                attempt.retries += 1
                return lane
            case .raced:
                attempt.races += 1
                return lane
            case .isolate: return .isolated
            case .waitForLock:
                attempt.retries += 1
                // The lines of a cart may not be known yet; then the order must not delay others again.
                return attempt.skus.isEmpty && !isExplained ? .waitingForLock : self.lane(for: attempt)
            case .retry, .fail: end(attempt, .failure(error))
            }
        }
        return nil
    }

    /// After a lock timeout, finds out which locks were not free. After a success in the lane `waitingForLock`, moves the
    /// orders that waited for the same locks back to the batches.
    /// - Returns: the locks that another session holds
    private func findContended(
        _ batch: [CheckoutAttempt], _ outcomes: [CheckoutOutcome], _ lane: CheckoutLane
    ) async -> [CheckoutLock] {
        let hasLockTimeout = outcomes.contains {
            if case .failed(let error, _) = $0 { RetryPolicy.isLockTimeout(error) } else { false }
        }
        guard hasLockTimeout || lane == .waitingForLock else { return [] }
        let locks = batch.flatMap(\.locks)
        if lane == .waitingForLock { awaited.subtract(locks) }
        if hasLockTimeout {
            // Also in the lane `waitingForLock`: an order that waited for its client's lock shows nothing about its SKUs.
            let found = await store.contended(of: locks)
            contended.note(found, at: loop.now)
            return found
        }
        contended.forget(locks)
        for attempt in lanes[.waitingForLock]?.waiting ?? [] where self.lane(for: attempt) == .batched {
            lanes[.waitingForLock]?.waiting.removeAll { $0 === attempt }
            wait(attempt, in: .batched)
        }
        return []
    }

    private func end(_ attempt: CheckoutAttempt, _ result: Result<CheckoutResponse, any Error>) {
        keys.remove(attempt.request.record.id)
        switch result {
        case .success(let response): attempt.promise.succeed(response)
        case .failure(let error): attempt.promise.fail(error)
        }
    }

    /// Ends the orders that have waited too long, every tenth of a second.
    private func scheduleTimeouts() {
        guard timer == nil else { return }
        timer = loop.schedule(after: .milliseconds(100)) { [self] in
            timer = nil
            let timeout = settings.queueTimeout.nanosecondsClamped
            for lane in CheckoutLane.allCases {
                let late = lanes[lane]?.waiting.filter { loop.now &- $0.arrived >= timeout } ?? []
                guard !late.isEmpty else { continue }
                lanes[lane]?.waiting.removeAll { loop.now &- $0.arrived >= timeout }
                for attempt in late { end(attempt, .failure(PostgresError(.poolExhausted, "its turn did not come in time"))) }
            }
            if lanes.values.contains(where: { !$0.waiting.isEmpty }) { scheduleTimeouts() }
        }
    }
}

/// How an order shares transactions with others. The raw values are labels of metrics.
enum CheckoutLane: String, CaseIterable {
    /// In one transaction with all orders that wait.
    case batched
    /// In a transaction of its own, because its batch has failed.
    case isolated
    /// In a transaction of its own that waits for a lock which another session holds; one transaction for each lock.
    case waitingForLock = "waiting_for_lock"
}

// MARK: Locks

/// A lock that an order takes.
enum CheckoutLock: Hashable, Sendable {
    /// The row of a SKU's stock.
    case stock(String)
    /// One of ``Holder/locks``.
    case holder(Int64)
}

/// The locks that other sessions have recently held for long, so that orders which need them do not delay others: a value
/// without I/O.
struct ContendedLocks: Sendable {
    /// How long a lock is remembered, in nanoseconds. After that, a batch tries it again.
    private static let memory: UInt64 = 2_000_000_000
    /// How many locks are remembered.
    private static let capacity = 1_024

    /// The end of each lock's time.
    private var ends: [CheckoutLock: UInt64] = [:]

    var count: Int { ends.count }

    /// Whether one of the locks was held recently.
    func contains(_ locks: @autoclosure () -> [CheckoutLock], at now: UInt64) -> Bool {
        !ends.isEmpty && locks().contains { (ends[$0] ?? 0) > now }
    }

    /// Notes that the locks are free again.
    mutating func forget(_ locks: [CheckoutLock]) {
        for lock in locks where !ends.isEmpty { ends[lock] = nil }
    }

    /// Notes that another session holds the locks.
    mutating func note(_ locks: [CheckoutLock], at now: UInt64) {
        for lock in locks {
            if ends.count >= Self.capacity, ends[lock] == nil {
                ends = ends.filter { $0.value > now }
                // All are current: forgetting them costs each lock one batch that finds it again.
                if ends.count >= Self.capacity { ends = [:] }
            }
            ends[lock] = now &+ Self.memory
        }
    }
}
