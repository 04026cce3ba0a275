import EventLoop

extension PostgresPool {
    /// Whether something that was sent here and failed may be sent once more; then that is counted. On the loop.
    ///
    /// For what is tried again because the server is in trouble. What never ran, or lost a race that somebody else has won, has
    /// no need to ask.
    package func mayRetry() -> Bool {
        loop.assertInLoop()
        let isGranted = retries.spend(now: loop.now)
        metrics.retry(isGranted: isGranted)
        return isGranted
    }

    /// The same, and returns after a wait by chance, so that what failed together is not tried again together.
    /// - Parameter run: how often it was tried again already
    package func mayRetry(after run: Int) async -> Bool {
        guard mayRetry() else { return false }
        let wait = Backoff(base: 5_000_000, cap: 100_000_000).wait(after: run + 1, chance: Double.random(in: 0..<1))
        try? await loop.sleep(for: .nanoseconds(Int64(clamping: wait)))
        return true
    }
}
