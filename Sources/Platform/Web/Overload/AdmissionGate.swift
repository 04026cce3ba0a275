import CoreMetrics
import CSystem
import EventLoop
import Formats
import HTTPServer

/// Bounds how much work one loop does at a time. Other work waits for a moment, or is refused at once.
///
/// The gate is for work that waits for something, mostly for PostgreSQL. Responses from memory do not pass it: a refusal would cost
/// as much. A streamed response has passed when its handler returns.
///
/// Each loop finds its own limit, as TCP senders on one link do without knowledge of each other.
///
/// Confined to its loop; the entry points assert it.
package final class AdmissionGate {
    private typealias Waiter = UnsafeContinuation<OverloadError?, any Error>

    private let loop: EventLoop
    private let metrics: AdmissionMetrics
    private let queueLength: Int
    private let timeout: UInt64
    private var limit: ConcurrencyLimit
    private var queue = FairQueue()
    private var standing: StandingQueue
    private var pressure: LoopPressure
    private var waiters: [UInt64: Waiter] = [:]
    private var nextID: UInt64 = 0
    private var timer: LoopTimer?
    private let checkInterval: Duration
    /// A moving average of how long work takes, in nanoseconds, with a weight of an eighth for the newest.
    private var typical: UInt64 = 0

    package init(
        loop: EventLoop, settings: AdmissionSettings = AdmissionSettings(), metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.loop = loop
        self.metrics = AdmissionMetrics(factory: metrics)
        queueLength = settings.queueLength
        timeout = settings.timeout.nanosecondsClamped
        let monotonic = csystem_monotonic()
        let wall = UInt64(clamping: Timestamp.now.microseconds) &* 1_000
        limit = ConcurrencyLimit(settings, wallOffset: wall &- monotonic)
        standing = StandingQueue(
            timeout: timeout, standingTimeout: settings.standingTimeout.nanosecondsClamped)
        standing.update(isEmpty: true, at: monotonic)
        pressure = LoopPressure(target: settings.lag.nanosecondsClamped)
        checkInterval = max(.milliseconds(2), min(settings.timeout, settings.standingTimeout) / 4)
        updateMetrics(at: monotonic)
    }

    /// A new kind of work, whose times are compared only with each other.
    package func work() -> AdmissionWork { AdmissionWork() }

    /// Runs `body` when the limit allows it.
    /// - Throws: ``OverloadError`` where the work is refused, `CancellationError`, or the error of `body`
    package func admit<Value>(
        _ context: RequestContext, to work: AdmissionWork, _ body: () async throws -> Value
    ) async throws -> Value {
        loop.assertInLoop()
        let client = context.client
        var now = csystem_monotonic()
        if pressure.isTooMuch(at: now, turn: loop.now), !isSparse(client, at: now) { throw refusal(.loopLag) }
        if queue.waiting > 0 { admitWaiting(at: now) }
        if queue.waiting == 0, queue.inFlight < limit.allowed(at: now) {
            standing.arrived(waits: false, at: now)
            queue.begin(client)
            updateMetrics(at: now)
        } else {
            standing.arrived(waits: true, at: now)
            limit.waited(at: now)
            if let refusal = try await wait(client, since: now) { throw refusal }
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

    /// Waits for an admission. Returns the error where the client is refused.
    private func wait(_ client: String, since now: UInt64) async throws -> OverloadError? {
        standing.update(isEmpty: queue.waiting == 0, at: now)
        var capacity = queueLength
        if standing.isStanding {
            // A place beyond the next batch of work is worthless: newer requests go first. An immediate refusal costs least.
            capacity = min(capacity, max(4, limit.allowed(at: now)))
            if queue.isFull(for: client, capacity: capacity) { return refusal(.queueFull) }
        }
        nextID &+= 1
        let entry = FairQueue.Entry(id: nextID, client: client, arrived: now)
        if let victim = queue.enqueue(entry, capacity: capacity) {
            if victim == entry { return refusal(.queueFull) }
            waiters.removeValue(forKey: victim.id)?.resume(returning: refusal(.queueFull))
        }
        updateMetrics(at: now)
        scheduleCheck()
        // Safe: used only on the loop.
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
        // A failure may be immediate and without regard to load, so only a slow one counts.
        if isSuccess { work.baseline.record(latency, in: limit.period(at: now)) }
        if isSuccess || latency > baseline ?? .max {
            limit.record(latency, baseline: baseline, inFlight: queue.inFlight, now: now)
        }
        queue.end(client)
        admitWaiting(at: now)
        updateMetrics(at: now)
    }

    /// Admits waiting work up to the limit.
    private func admitWaiting(at now: UInt64) {
        let allowed = limit.allowed(at: now)
        while queue.inFlight < allowed, let entry = queue.next(newestFirst: standing.isStanding) {
            waiters.removeValue(forKey: entry.id)?.resume(returning: nil)
        }
        standing.update(isEmpty: queue.waiting == 0, at: now)
    }

    /// Whether a client has no work here while few clients have: it does not cause the overload.
    private func isSparse(_ client: String, at now: UInt64) -> Bool {
        queue.clientCount < limit.allowed(at: now) && !queue.knows(client)
    }

    /// Checks the waiting work regularly: some may have waited too long, and some may now be admitted.
    private func scheduleCheck() {
        guard timer == nil, queue.waiting > 0 else { return }
        timer = loop.schedule(after: checkInterval) { [weak self] in
            guard let self else { return }
            timer = nil
            let now = csystem_monotonic()
            admitWaiting(at: now)
            // A client with less than an even share of the work does not make the others wait, so the long timeout holds for it (as
            // FQ-CoDel, RFC 8290, treats each flow by its own queue).
            let gone = queue.removeArrived(
                upTo: instant(now, before: standing.timeout(work: typical)), modest: instant(now, before: timeout),
                share: limit.allowed(at: now) / max(1, queue.clientCount))
            for entry in gone {
                waiters.removeValue(forKey: entry.id)?.resume(returning: refusal(.queueTimeout))
            }
            standing.update(isEmpty: queue.waiting == 0, at: now)
            updateMetrics(at: now)
            scheduleCheck()
        }
    }

    private func instant(_ now: UInt64, before duration: UInt64) -> UInt64 { now > duration ? now - duration : 0 }

    private func refusal(_ reason: OverloadError.Reason) -> OverloadError {
        metrics.refused(reason)
        return OverloadError(reason: reason)
    }

    private func updateMetrics(at now: UInt64) {
        metrics.update(inFlight: queue.inFlight, queued: queue.waiting, limit: limit.allowed(at: now))
    }
}

/// One kind of work and its times, mostly a route's handler. Confined to its loop.
package final class AdmissionWork {
    var baseline = LatencyBaseline()

    init() {}
}

/// A request is refused because of overload.
package struct OverloadError: Error, ProblemConvertible {
    package enum Reason: String, CaseIterable, Sendable {
        /// The queue was full, and this client had the most requests in it.
        case queueFull = "queue_full"
        /// The request waited too long.
        case queueTimeout = "queue_timeout"
        /// The loop lagged behind.
        case loopLag = "loop_lag"
    }

    package let reason: Reason

    package var problem: Problem { Problem(.overloaded).retrying(after: 1) }
}

/// Metrics of admissions. The gates of all loops add up, so each moves the gauges by its own changes.
final class AdmissionMetrics {
    private let inFlight: Meter
    private let queued: Meter
    /// This gate's part of the queues before PostgreSQL.
    private let queue: Meter
    private let limit: Meter
    private let refusals: [OverloadError.Reason: Counter]
    private var shown = (inFlight: 0, queued: 0, limit: 0)

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        let requests = { (state: String) in
            Meter(label: "http_server_admission_requests", dimensions: [("state", state)], factory: factory)
        }
        inFlight = requests("in_flight")
        queued = requests("queued")
        queue = Meter(label: "commerce_queue_waiting", dimensions: [("queue", "admission")], factory: factory)
        limit = Meter(label: "http_server_admission_limit", factory: factory)
        refusals = Dictionary(
            uniqueKeysWithValues: OverloadError.Reason.allCases.map { reason in
                (reason, Counter(label: "http_server_sheds_total", dimensions: [("reason", reason.rawValue)], factory: factory))
            })
    }

    func update(inFlight: Int, queued: Int, limit: Int) {
        move(self.inFlight, inFlight - shown.inFlight)
        move(self.queued, queued - shown.queued)
        move(queue, queued - shown.queued)
        move(self.limit, limit - shown.limit)
        shown = (inFlight, queued, limit)
    }

    private func move(_ meter: Meter, _ change: Int) {
        if change != 0 { meter.increment(by: Double(change)) }
    }

    func refused(_ reason: OverloadError.Reason) { refusals[reason]?.increment() }
}
