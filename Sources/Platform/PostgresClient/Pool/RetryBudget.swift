import EventLoop

/// How much may be sent again: a tenth of what is sent first, so that a server in trouble does not receive twice the load of a
/// healthy one (Brooker, "Timeouts, retries, and backoff with jitter", Amazon Builders' Library).
///
/// A token bucket. The tokens saved in good times cover the failures of all requests at once when connections are cut; beyond
/// that, callers get 503 with Retry-After. A value: time comes in as nanoseconds.
struct RetryBudget: Equatable, Sendable {
    /// What one retry costs, in tokens.
    static let cost: UInt64 = 1_000
    /// What one first attempt saves, in tokens.
    static let share: UInt64 = 100
    /// The most retries that can be saved.
    static let most: UInt64 = 100
    /// Retries per second that are allowed without traffic too, when a tenth is next to nothing.
    static let floor: UInt64 = 2

    private var saved: UInt64 = 50 * Self.cost
    private var lastFloor: UInt64 = 0

    /// Counts a first attempt.
    mutating func attempted() { saved = min(saved &+ Self.share, Self.most * Self.cost) }

    /// Takes the tokens of one retry; false where there are too few.
    mutating func spend(now: UInt64) -> Bool {
        if now > lastFloor {
            // A minute is more than fills the bucket.
            let waited = lastFloor == 0 ? 0 : min(now - lastFloor, 60_000_000_000)
            saved = min(saved &+ waited / 1_000_000 * Self.floor * Self.cost / 1_000, Self.most * Self.cost)
            lastFloor = now
        }
        guard saved >= Self.cost else { return false }
        saved -= Self.cost
        return true
    }
}

/// The retry budget of one pool, with its metric. Confined to its loop.
final class RetryLimiter {
    private var budget = RetryBudget()
    private let metrics: PoolMetrics

    init(metrics: PoolMetrics) { self.metrics = metrics }

    /// Counts a first attempt.
    func attempted() { budget.attempted() }

    /// Whether a failed attempt may be repeated; the metric counts the decision.
    func mayRetry(now: UInt64) -> Bool {
        let isGranted = budget.spend(now: now)
        metrics.retry(isGranted: isGranted)
        return isGranted
    }
}

extension PostgresPool {
    /// As ``mayRetry()``, and returns after a jittered delay, so that operations that failed together are not retried together.
    /// - Parameter run: how often it was retried already
    package func mayRetry(after run: Int) async -> Bool {
        guard mayRetry() else { return false }
        let wait = Backoff(base: 5_000_000, cap: 100_000_000).wait(after: run + 1, random: Double.random(in: 0..<1))
        try? await loop.sleep(for: .nanoseconds(Int64(clamping: wait)))
        return true
    }
}
