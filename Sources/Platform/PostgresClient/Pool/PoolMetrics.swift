import CoreMetrics

/// The metrics of a pool. Several pools of a process add up, so a gauge is moved by what has changed.
final class PoolMetrics {
    /// How many connections are in each state, and how many callers wait for one.
    private struct Levels: Equatable {
        var opening = 0
        var shared = 0
        var idle = 0
        var leased = 0
        var waiting = 0
    }

    private let opening: Meter
    private let shared: Meter
    private let idle: Meter
    private let leased: Meter
    private let waiting: Meter
    /// The pool's part of the queues before PostgreSQL: callers that wait for a lease, and reads that wait for their answer.
    private let leaseQueue: Meter
    private let pipelineQueue: Meter
    private let acquired: Timer
    private let failed: [PostgresError.Code: Counter]
    private let retried: Counter
    private let notRetried: Counter
    private var shown = Levels()
    private(set) var shownPipeline = 0

    /// - Parameter isReplica: adds a label to the metrics of a replica's pool
    init(isReplica: Bool = false, factory: any MetricsFactory = MetricsSystem.factory) {
        let role = isReplica ? [("role", "replica")] : []
        let connections = { (state: String) in
            Meter(label: "commerce_postgres_connections", dimensions: [("state", state)] + role, factory: factory)
        }
        opening = connections("opening")
        shared = connections("shared")
        idle = connections("idle")
        leased = connections("leased")
        waiting = Meter(label: "commerce_postgres_waiting", dimensions: role, factory: factory)
        let queue = { (name: String) in
            Meter(label: "commerce_queue_waiting", dimensions: [("queue", name)] + role, factory: factory)
        }
        leaseQueue = queue("lease")
        pipelineQueue = queue("pipeline")
        acquired = Timer(label: "commerce_postgres_acquire_seconds", dimensions: role, factory: factory)
        let retries = { (outcome: String) in
            Counter(label: "commerce_postgres_retries_total", dimensions: [("outcome", outcome)] + role, factory: factory)
        }
        retried = retries("sent")
        notRetried = retries("refused")
        let reasons: [(PostgresError.Code, String)] = [
            (.connectionUnavailable, "unavailable"), (.poolExhausted, "exhausted"), (.timedOut, "deadline"),
            (.cancelled, "cancelled"), (.closed, "closed"),
        ]
        failed = Dictionary(
            uniqueKeysWithValues: reasons.map { code, reason in
                (
                    code,
                    Counter(
                        label: "commerce_postgres_acquire_failures_total", dimensions: [("reason", reason)] + role,
                        factory: factory)
                )
            })
    }

    func show(_ state: PoolState) {
        let levels = Levels(
            opening: state.opening, shared: state.shared, idle: state.idling, leased: state.leased, waiting: state.waiting)
        guard levels != shown else { return }
        move(opening, levels.opening - shown.opening)
        move(shared, levels.shared - shown.shared)
        move(idle, levels.idle - shown.idle)
        move(leased, levels.leased - shown.leased)
        move(waiting, levels.waiting - shown.waiting)
        move(leaseQueue, levels.waiting - shown.waiting)
        shown = levels
    }

    /// - Parameter pipeline: reads that were accepted and have no result
    func show(pipeline: Int) {
        move(pipelineQueue, pipeline - shownPipeline)
        shownPipeline = pipeline
    }

    private func move(_ meter: Meter, _ change: Int) {
        if change != 0 { meter.increment(by: Double(change)) }
    }

    /// A caller has a connection after so many nanoseconds.
    func acquired(after nanoseconds: UInt64) { acquired.recordNanoseconds(Int64(clamping: nanoseconds)) }

    /// An operation failed that could be retried, and was or was not.
    func retry(isGranted: Bool) { (isGranted ? retried : notRetried).increment() }

    func acquiringFailed(_ code: PostgresError.Code) { failed[code]?.increment() }
}
