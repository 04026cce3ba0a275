import CSystem
import CoreMetrics
import EventLoop
import Formats
import HTTPServer

/// Lets so much begin at a time as can be done, for one loop; the rest waits a moment or is refused at once.
///
/// Work passes that waits for something else, PostgreSQL mostly. What is answered from memory does not come here: refusing it
/// would cost what answering it does. What streams its answer has passed once its handler has returned.
///
/// Each loop finds its own limit, as senders of TCP do that share a link and know nothing of one another.
///
/// Confined to its loop, entry points assert it.
package final class AdmissionGate {
    private typealias Waiter = UnsafeContinuation<Shed?, any Error>

    private let loop: EventLoop
    private let metrics: AdmissionMetrics
    private let queueLength: Int
    private let patience: UInt64
    private var limit: ConcurrencyLimit
    private var queue = FairQueue()
    private var standing: StandingQueue
    private var pressure: LoopPressure
    private var waiters: [UInt64: Waiter] = [:]
    private var nextID: UInt64 = 0
    private var timer: LoopTimer?
    private let look: Duration
    /// How long work takes at present, in nanoseconds; mostly of the last eight.
    private var typical: UInt64 = 0

    package init(
        loop: EventLoop, settings: AdmissionSettings = AdmissionSettings(), metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.loop = loop
        self.metrics = AdmissionMetrics(factory: metrics)
        queueLength = settings.queueLength
        patience = settings.patience.nanosecondsClamped
        let monotonic = csystem_monotonic()
        let wall = UInt64(clamping: Timestamp.now.microseconds) &* 1_000
        limit = ConcurrencyLimit(settings, wallOffset: wall &- monotonic)
        standing = StandingQueue(
            patience: patience, standingPatience: settings.standingPatience.nanosecondsClamped)
        standing.look(isEmpty: true, at: monotonic)
        pressure = LoopPressure(target: settings.lag.nanosecondsClamped)
        look = max(.milliseconds(2), min(settings.patience, settings.standingPatience) / 4)
        show(at: monotonic)
    }

    /// A kind of work, whose time is compared with its own only.
    package func work() -> AdmissionWork { AdmissionWork() }

    /// Does work once there is room for it.
    /// - Throws: ``Shed`` where there is none, what `body` throws otherwise, or `CancellationError`.
    package func admit<Value>(
        _ context: RequestContext, to work: AdmissionWork, _ body: () async throws -> Value
    ) async throws -> Value {
        loop.assertInLoop()
        let client = context.client
        var now = csystem_monotonic()
        if pressure.isTooMuch(at: now, turn: loop.now), !isSparse(client, at: now) { throw shed(.loopLag) }
        if queue.waiting > 0 { letIn(at: now) }
        if queue.waiting == 0, queue.inFlight < limit.allowed(at: now) {
            standing.came(atOnce: true, at: now)
            queue.begin(client)
            show(at: now)
        } else {
            standing.came(atOnce: false, at: now)
            limit.held(at: now)
            if let shed = try await turn(of: client, at: now) { throw shed }
            now = csystem_monotonic()
        }
        do {
            let value = try await body()
            ended(client, work, since: now, isSuccess: true)
            return value
        } catch {
            ended(client, work, since: now, isSuccess: false)
            throw error
        }
    }

    // MARK: Waiting

    /// Waits until the client's turn; what it is refused with, if it is.
    private func turn(of client: String, at now: UInt64) async throws -> Shed? {
        standing.look(isEmpty: queue.waiting == 0, at: now)
        var capacity = queueLength
        if standing.isStanding {
            // More than will be at work next need not wait: who comes after them is fresher. And to be refused at once costs least.
            capacity = min(capacity, max(4, limit.allowed(at: now)))
            if queue.isFull(for: client, capacity: capacity) { return shed(.queueFull) }
        }
        nextID &+= 1
        let entry = FairQueue.Entry(id: nextID, client: client, arrived: now)
        if let victim = queue.enqueue(entry, capacity: capacity) {
            if victim == entry { return shed(.queueFull) }
            waiters.removeValue(forKey: victim.id)?.resume(returning: shed(.queueFull))
        }
        show(at: now)
        lookLater()
        // Safe: taken up again only on the loop.
        nonisolated(unsafe) let gate = self
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { (waiter: Waiter) in
                if Task.isCancelled {
                    _ = gate.queue.abandon(entry)
                    return waiter.resume(throwing: CancellationError())
                }
                gate.waiters[entry.id] = waiter
            }
        } onCancel: {
            gate.loop.execute {
                guard gate.queue.abandon(entry) else { return }
                gate.waiters.removeValue(forKey: entry.id)?.resume(throwing: CancellationError())
            }
        }
    }

    private func ended(_ client: String, _ work: AdmissionWork, since began: UInt64, isSuccess: Bool) {
        let now = csystem_monotonic()
        let latency = now > began ? now - began : 0
        let baseline = work.baseline.value
        typical = typical - typical / 8 + min(latency, 60_000_000_000) / 8
        // What fails may fail for no reason of load, and at once; but where it took long, that counts.
        if isSuccess { work.baseline.record(latency, in: limit.period(at: now)) }
        if isSuccess || latency > baseline ?? .max {
            limit.record(latency, baseline: baseline, inFlight: queue.inFlight, now: now)
        }
        queue.end(client)
        letIn(at: now)
        show(at: now)
    }

    /// Begins what there is room for.
    private func letIn(at now: UInt64) {
        let allowed = limit.allowed(at: now)
        while queue.inFlight < allowed, let entry = queue.next(newestFirst: standing.isStanding) {
            waiters.removeValue(forKey: entry.id)?.resume(returning: nil)
        }
        standing.look(isEmpty: queue.waiting == 0, at: now)
    }

    /// Whether a client has nothing here, among few: it is not why there is too much.
    private func isSparse(_ client: String, at now: UInt64) -> Bool {
        queue.clientCount < limit.allowed(at: now) && !queue.knows(client)
    }

    /// Looks now and then whether somebody has waited too long; by then there may be room again, too.
    private func lookLater() {
        guard timer == nil, queue.waiting > 0 else { return }
        timer = loop.schedule(after: look) { [weak self] in
            guard let self else { return }
            timer = nil
            let now = csystem_monotonic()
            letIn(at: now)
            // Whoever has less than an even share at work is not why the others wait, and has all the time there is (as RFC 8290,
            // FQ-CoDel, judges each flow by its own queue).
            let gone = queue.removeArrived(
                upTo: instant(now, before: standing.patience(work: typical)), modest: instant(now, before: patience),
                share: limit.allowed(at: now) / max(1, queue.clientCount))
            for entry in gone {
                waiters.removeValue(forKey: entry.id)?.resume(returning: shed(.queueTimeout))
            }
            standing.look(isEmpty: queue.waiting == 0, at: now)
            show(at: now)
            lookLater()
        }
    }

    private func instant(_ now: UInt64, before duration: UInt64) -> UInt64 { now > duration ? now - duration : 0 }

    private func shed(_ reason: Shed.Reason) -> Shed {
        metrics.shed(reason)
        return Shed(reason: reason)
    }

    private func show(at now: UInt64) {
        metrics.show(inFlight: queue.inFlight, queued: queue.waiting, limit: limit.allowed(at: now))
    }
}
