import EventLoop

@testable import PostgresClient

/// The parts of a pool without connections, and with leases that a test runs.
struct PoolParts {
    let loop: EventLoop
    let isolation: SlowQueryIsolation
    let reads: SharedReads
    let metrics: PoolMetrics

    init(loop: EventLoop, maxWaiting: Int = 4, maxLeases: Int = 2, healthCheck: ReplicaHealthCheck? = nil) {
        self.loop = loop
        let timer = DeadlineTimer(loop: loop, answerTime: .max)
        metrics = PoolMetrics()
        isolation = SlowQueryIsolation(loop: loop, timer: timer, maxLeases: maxLeases, maxWaiting: maxWaiting)
        reads = SharedReads(
            loop: loop, limits: SharedReads.Limits(maxWaiting: maxWaiting, readTimeout: nil, silence: 1_000_000_000),
            timer: timer, isolation: isolation, retries: RetryLimiter(metrics: metrics), metrics: metrics,
            healthCheck: healthCheck)
    }

    func read(_ query: PostgresQuery, until deadline: UInt64 = .max) -> PendingRead {
        PendingRead(query, until: deadline, reads: reads)
    }

    /// Waits for the result of a read, and returns its error.
    func error(of read: PendingRead) async -> PostgresError.Code? {
        let result = await withUnsafeContinuation { read.wait($0) }
        guard case .failure(let error) = result else { return nil }
        return error.code
    }
}

/// The code of the error that `body` throws.
func code(_ body: () throws(PostgresError) -> Void) -> PostgresError.Code? {
    do throws(PostgresError) {
        try body()
        return nil
    } catch {
        return error.code
    }
}
