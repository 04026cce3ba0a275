import Cart
import Inventory
import DequeModule
import EventLoop
import PostgresClient
import Web

/// Places orders, those that many ask for at the same time in one transaction.
///
/// While transactions are at work, the orders that come wait, and the next takes all of them: a lone order is placed at once,
/// and under load they share their round trips, their statements and their commit. However many want the same variant, its
/// row is locked and written once for all of them.
///
/// Each order is decided by itself (``CheckoutBatch``), in the order in which they came. Where the transaction fails for a
/// reason that may lie with one of them, each is tried again alone. Where it fails since somebody holds a lock for long, it is
/// found out which, of SKUs and of clients, and orders that need it wait apart (``ContendedLocks``).
///
/// Confined to its loop.
package final class CheckoutQueue {
    private struct Lane {
        /// How many transactions may be at work.
        let limit: Int
        var running = 0
        var waiting = Deque<CheckoutAttempt>()
    }

    private let loop: EventLoop
    private let store: OrderStore
    private let settings: CheckoutSettings
    private let metrics = CheckoutMetrics()
    private var lanes: [CheckoutLane: Lane]
    private var held = ContendedLocks()
    /// What patient orders wait for at present.
    private var awaited: Set<CheckoutLock> = []
    /// The keys of orders that are here.
    private var keys: Set<[UInt8]> = []
    private var isFilling = false
    private var timer: LoopTimer?

    package init(loop: EventLoop, store: OrderStore, settings: CheckoutSettings = CheckoutSettings()) {
        self.loop = loop
        self.store = store
        self.settings = settings
        lanes = Dictionary(uniqueKeysWithValues: CheckoutLane.allCases.map { ($0, Lane(limit: settings.transactions(in: $0))) })
    }

    /// Places an order.
    /// - Parameter cartTokenHash: that of the cart's secret, where the order comes from a cart
    /// - Returns: the answer for the client; the same one for a request repeated with its key
    /// - Throws: `Problem` as ``CheckoutRules`` decides, and 409 while the same key is in flight; `PostgresError`. On the loop.
    package func place(
        _ request: OrderRequest, cartTokenHash: [UInt8]?, record: IdempotencyRecord, holder: Holder? = nil
    ) async throws -> PlacementAnswer {
        loop.assertInLoop()
        var demand: RequestedQuantities?
        switch request.source {
        case .cart: if cartTokenHash == nil { throw Problem.notFound("There is no such cart.") }
        case .items(let items):
            demand = RequestedQuantities(items)
            if demand == nil {
                throw Problem.invalid("/items", "an order can have at most \(LineQuantity.maximum) of one SKU")
            }
        }
        guard keys.count < settings.capacity else { throw PostgresError(.poolExhausted, "too many orders wait") }
        guard keys.insert(record.id).inserted else { throw Problem.idempotencyInFlight }
        let placement = CheckoutAttempt(
            request, cartTokenHash: cartTokenHash ?? [], record: record, holder: holder, demand: demand,
            deadline: Deadline.current ?? .after(.seconds(30)), on: loop)
        wait(placement, in: lane(for: placement))
        do { return try await placement.promise.value(by: placement.deadline) } catch {
            // Nobody waits for it any more: what has not begun need not.
            placement.isAbandoned = true
            throw error
        }
    }

    // MARK: Lanes

    private func lane(for placement: CheckoutAttempt) -> CheckoutLane {
        held.contains(placement.locks, at: loop.now) ? .patient : .together
    }

    /// - Parameter isFirst: whether it goes before those that wait: it has come before them
    private func wait(_ placement: CheckoutAttempt, in lane: CheckoutLane, isFirst: Bool = false) {
        if isFirst { lanes[lane]?.waiting.prepend(placement) } else { lanes[lane]?.waiting.append(placement) }
        lookLater()
        // At the turn's end, so that all of a turn go together.
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
                let batch = name == .patient ? nextPatient() : next(in: name)
            {
                lanes[name]?.running += 1
                run(batch, name)
            }
        }
        metrics.waiting(lanes.values.reduce(0) { $0 + $1.waiting.count })
    }

    /// Those that go together next; nil where nobody waits.
    private func next(in name: CheckoutLane) -> [CheckoutAttempt]? {
        var batch: [CheckoutAttempt] = []
        var lines = 0
        while let placement = lanes[name]?.waiting.first {
            lines += placement.lines
            let isFull = name != .together || batch.count >= settings.orders || lines > settings.lines
            if !batch.isEmpty, isFull, !placement.isAbandoned { break }
            lanes[name]?.waiting.removeFirst()
            if placement.isAbandoned { end(placement, .failure(CancellationError())) } else { batch.append(placement) }
        }
        return batch.isEmpty ? nil : batch
    }

    /// The first whose locks nobody waits for already.
    private func nextPatient() -> [CheckoutAttempt]? {
        guard let place = lanes[.patient]?.waiting.firstIndex(where: { $0.isAbandoned || awaited.isDisjoint(with: $0.locks) }),
            let placement = lanes[.patient]?.waiting.remove(at: place)
        else { return nil }
        if placement.isAbandoned {
            end(placement, .failure(CancellationError()))
            return nextPatient()
        }
        awaited.formUnion(placement.locks)
        return [placement]
    }

    private func run(_ batch: [CheckoutAttempt], _ lane: CheckoutLane) {
        // Its connection may have fallen silent for good, and those that wait are not to learn that by waiting as long.
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
            let found = await lookForHeld(batch, outcomes, lane)
            overdue?.cancel()
            if !isOverdue { lanes[lane]?.running -= 1 }
            metrics.ended(lane, orders: batch.count)
            let again = zip(batch, outcomes).compactMap { placement, outcome in
                ended(placement, outcome, lane, isExplained: !found.isEmpty).map { (placement, $0) }
            }
            for (placement, lane) in again.reversed() { wait(placement, in: lane, isFirst: true) }
            fill()
        }
    }

    private func waited(_ batch: [CheckoutAttempt]) -> Duration {
        .nanoseconds(Int64(clamping: loop.now &- (batch.first?.arrived ?? loop.now)))
    }

    // MARK: Outcomes

    /// Where it is to wait once more, if it is.
    /// - Parameter isExplained: whether it is known who had the lock that its transaction waited for
    private func ended(
        _ placement: CheckoutAttempt, _ outcome: CheckoutOutcome, _ lane: CheckoutLane, isExplained: Bool
    ) -> CheckoutLane? {
        switch outcome {
        case .answered(let answer): end(placement, .success(answer))
        case .refused(let problem): end(placement, .failure(problem))
        case .failed(let error, let mayRetry):
            switch RetryPolicy.transaction.decide(error, runs: placement.runs, in: lane) {
            case .again where mayRetry:
                placement.runs += 1
                return lane
            case .raced:
                placement.races += 1
                return lane
            case .alone: return .alone
            case .held:
                placement.runs += 1
                // What a cart holds may not have been read yet; then it must not make others wait again.
                return placement.skus.isEmpty && !isExplained ? .patient : self.lane(for: placement)
            case .again, .fail: end(placement, .failure(error))
            }
        }
        return nil
    }

    /// Where a lock did not come free, finds out which; where a patient order has had its locks, lets in who waited behind it.
    /// - Returns: what another session holds
    private func lookForHeld(
        _ batch: [CheckoutAttempt], _ outcomes: [CheckoutOutcome], _ lane: CheckoutLane
    ) async -> [CheckoutLock] {
        let isHeld = outcomes.contains { if case .failed(let error, _) = $0 { RetryPolicy.isHeld(error) } else { false } }
        guard isHeld || lane == .patient else { return [] }
        let locks = batch.flatMap(\.locks)
        if lane == .patient { awaited.subtract(locks) }
        if isHeld {
            // Of a patient order, too: one that waited for its client's lock says nothing about its SKUs.
            let found = await store.held(of: locks)
            held.note(found, at: loop.now)
            return found
        }
        held.forget(locks)
        for placement in lanes[.patient]?.waiting ?? [] where self.lane(for: placement) == .together {
            lanes[.patient]?.waiting.removeAll { $0 === placement }
            wait(placement, in: .together)
        }
        return []
    }

    private func end(_ placement: CheckoutAttempt, _ result: Result<PlacementAnswer, any Error>) {
        keys.remove(placement.record.id)
        switch result {
        case .success(let answer): placement.promise.succeed(answer)
        case .failure(let error): placement.promise.fail(error)
        }
    }

    /// Tells those that have waited too long; looked at so often that they hear of it in time.
    private func lookLater() {
        guard timer == nil else { return }
        timer = loop.schedule(after: .milliseconds(100)) { [self] in
            timer = nil
            let patience = settings.patience.nanosecondsClamped
            for lane in CheckoutLane.allCases {
                let late = lanes[lane]?.waiting.filter { loop.now &- $0.arrived >= patience } ?? []
                guard !late.isEmpty else { continue }
                lanes[lane]?.waiting.removeAll { loop.now &- $0.arrived >= patience }
                for placement in late { end(placement, .failure(PostgresError(.poolExhausted, "its turn did not come in time"))) }
            }
            if lanes.values.contains(where: { !$0.waiting.isEmpty }) { lookLater() }
        }
    }
}
