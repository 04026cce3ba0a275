import CoreMetrics

/// What a pool shows of itself. Several pools of a process add up, so a gauge is moved by what has changed.
final class PoolMetrics {
    /// What connections are doing, and who waits for one.
    struct Levels: Equatable {
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
    private let acquired: Timer
    private let failed: [PostgresError.Code: Counter]
    private let retried: Counter
    private let notRetried: Counter
    private var shown = Levels()

    /// - Parameter isReplica: what belongs to a replica has a label that says so
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

    func show(_ levels: Levels) {
        guard levels != shown else { return }
        move(opening, levels.opening - shown.opening)
        move(shared, levels.shared - shown.shared)
        move(idle, levels.idle - shown.idle)
        move(leased, levels.leased - shown.leased)
        move(waiting, levels.waiting - shown.waiting)
        shown = levels
    }

    private func move(_ meter: Meter, _ change: Int) {
        if change != 0 { meter.increment(by: Double(change)) }
    }

    /// A connection was had after so many nanoseconds.
    func acquired(after nanoseconds: UInt64) { acquired.recordNanoseconds(Int64(clamping: nanoseconds)) }

    /// Something failed that could be tried again, and was or was not.
    func retry(isGranted: Bool) { (isGranted ? retried : notRetried).increment() }

    func acquiringFailed(_ code: PostgresError.Code) { failed[code]?.increment() }
}
