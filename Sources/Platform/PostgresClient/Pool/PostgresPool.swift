import EventLoop
import Logging

/// One loop's connections to a database: a few that reads share, and others that are leased to transactions.
///
/// Confined to its loop; every method asserts it. Each loop has its own, with its share of the process's connections.
/// What happens to connections and waiters is decided by ``PoolState``; the pool carries that out.
// Unchecked: confined to its loop, as above; what Dispatch and cancellation bring is handed to the loop.
package final class PostgresPool: @unchecked Sendable {
    package let loop: EventLoop
    let configuration: PostgresConfiguration
    /// The current state of the pool.
    package private(set) var state: PoolState
    /// Why the last connection was lost or could not be opened.
    package private(set) var lastError: PostgresError?

    let isolation: SlowQueryIsolation
    private let reads: SharedReads
    private let retries: RetryLimiter
    private let timer: DeadlineTimer
    private let opener: ConnectionOpener
    private let canceller = ConnectionCanceller()
    private let isReplica: Bool
    private let metrics: PoolMetrics
    private let logger: Logger
    private let queryTimeout: UInt64
    private let acquireTimeout: UInt64
    private let stallTimeout: UInt64

    private var connections: [Int: PostgresConnection] = [:]
    private var leases: [Int: PendingLease] = [:]
    private var leaseCount = 0
    private var liveness: LivenessMonitor
    private var closing: Promise<Void>?

    /// A pool that opens nothing before ``start()``. `configuration` holds this loop's share.
    package convenience init(loop: EventLoop, configuration: PostgresConfiguration, logger: Logger) {
        self.init(loop: loop, configuration: configuration, logger: logger, healthCheck: nil)
    }

    /// - Parameter healthCheck: what the connections of a replica have to pass to carry reads; nil for a primary
    init(loop: EventLoop, configuration: PostgresConfiguration, logger: Logger, healthCheck: ReplicaHealthCheck?) {
        self.loop = loop
        self.configuration = configuration
        self.logger = logger
        isReplica = healthCheck != nil
        metrics = PoolMetrics(isReplica: isReplica)
        state = PoolState(limits: PoolLimits(configuration))
        let suspicion = configuration.suspicionTimeout.nanosecondsClamped
        liveness = LivenessMonitor(suspicion: suspicion)
        queryTimeout = configuration.queryTimeout.nanosecondsClamped
        acquireTimeout = configuration.acquireTimeout.nanosecondsClamped
        stallTimeout = configuration.stallTimeout.nanosecondsClamped
        let maxWaiting = max(1, configuration.maxWaiters)
        opener = ConnectionOpener(loop: loop, configuration: configuration, limits: true)
        retries = RetryLimiter(metrics: metrics)
        timer = DeadlineTimer(loop: loop, answerTime: min(suspicion, SlowQueryIsolation.threshold))
        isolation = SlowQueryIsolation(
            loop: loop, timer: timer, maxLeases: max(1, configuration.maximum / 4), maxWaiting: maxWaiting)
        reads = SharedReads(
            loop: loop,
            limits: SharedReads.Limits(
                maxWaiting: maxWaiting, readTimeout: configuration.readLimit, silence: suspicion),
            timer: timer, isolation: isolation, retries: retries, metrics: metrics, healthCheck: healthCheck)
        timer.fire = { [weak self] in self?.tick() }
        reads.refusal = { [weak self] in self?.readRefusal() }
        isolation.runOnLease = { [weak self] query in
            guard let self else { throw PostgresError(.closed) }
            return try await runOnLease(query)
        }
        isolation.hedgeEnded = { [weak self] in _ = self?.inspectSlowReads() }
    }

    /// Opens the minimum in the background and keeps trying until ``close()``. On the loop.
    package func start() {
        loop.assertInLoop()
        liveness.heard(at: loop.now)
        perform(state.start(now: loop.now))
    }

    /// Refuses new callers, lets running work finish, and returns when every connection is closed. Transactions have no
    /// time limit here: the caller sets one if it has to end in time. On the loop.
    package func close() async {
        loop.assertInLoop()
        let promise = closing ?? Promise<Void>(on: loop)
        closing = promise
        perform(state.stop())
        reads.failWaiting(PostgresError(.closed))
        finishClosing()
        try? await promise.value()
    }

    /// Whether a statement that is sent now is likely to be answered.
    package var isUsable: Bool { state.isUsable }

    // MARK: Reads

    /// Runs one read that belongs to no transaction, together with all others of this turn of the loop.
    ///
    /// Reads only, and short ones: they share connections, where a slow read holds up those behind it. PostgreSQL
    /// refuses writes there (25006); those go through ``batch(_:)``. A read whose connection breaks is sent once more.
    /// - Throws: ``PostgresError``. On the loop.
    package func query(_ query: PostgresQuery) async throws -> PostgresRows {
        loop.assertInLoop()
        guard !query.isInvalid else { throw PostgresError(.invalidParameter, "a parameter that PostgreSQL cannot hold") }
        let until = try deadline(after: queryTimeout)
        retries.attempted()
        guard state.isRunning else { throw PostgresError(.closed, "the pool is closed") }
        let read = PendingRead(query, until: until, reads: reads)
        try reads.submit(read, isHung: state.isHung)
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { read.wait($0) }
        } onCancel: { [loop] in
            loop.execute { read.end(.failure(PostgresError(.cancelled))) }
        }
        return try result.get()
    }

    /// How long the server takes to answer at present.
    /// - Throws: ``PostgresError``. On the loop.
    package func ping() async throws -> Duration {
        let clock = ContinuousClock()
        let start = clock.now
        _ = try await query("SELECT 1")
        return clock.now - start
    }

    private func readRefusal() -> PostgresError? {
        state.isDownForReads(now: loop.now) ? explain(.unavailable) : nil
    }

    // MARK: Reads of a replica

    /// Whether a read that is sent now is likely to be answered.
    var carriesReads: Bool { reads.hasReaders && state.isUsable }

    /// Runs the health check on every shared connection. On the loop.
    func checkHealth() { reads.checkHealth() }

    /// Sends no read anywhere until connections have passed the health check again. On the loop.
    func suspendReads() { reads.suspend() }

    // MARK: Statements on a leased connection

    /// Sends statements and a Sync on a leased connection and waits for their answers.
    func send(
        _ queries: [PostgresQuery], begin: String?, commit: CommitOutcomeRule.Commit, on connection: PostgresConnection
    ) async throws(PostgresError) -> [PostgresRows] {
        loop.assertInLoop()
        guard !queries.contains(where: \.isInvalid) else {
            throw PostgresError(.invalidParameter, "a parameter that PostgreSQL cannot hold")
        }
        guard connection.isOpen else { throw PostgresError(.connectionUnavailable, "the connection was lost") }
        let until = try deadline(after: queryTimeout)
        let pending = PendingBatch(count: queries.count, commit: commit, until: until) { [canceller] in
            connection.abort($0, canceller: canceller)
        }
        pending.send(queries, begin: begin, on: connection)
        timer.arm(until)
        timer.armForAnswer()
        return try await pending.answers(on: loop).get()
    }

    /// - Throws: ``PostgresError`` `timedOut` where the request's deadline has passed.
    private func deadline(after timeout: UInt64) throws(PostgresError) -> UInt64 {
        let now = loop.now
        let instant = min(now.adding(timeout), Deadline.current?.instant ?? .max)
        guard instant > now else { throw PostgresError(.timedOut, "the deadline had passed") }
        return instant
    }

    // MARK: Retries

    /// Whether an operation that failed may be tried again; the retry is counted then. On the loop.
    ///
    /// For retries because of the server's trouble. An operation that never ran, or lost a race against another, needs no
    /// permission.
    package func mayRetry() -> Bool {
        loop.assertInLoop()
        return retries.mayRetry(now: loop.now)
    }

    // MARK: Leases

    /// A connection for the caller alone, until ``release(_:)``.
    func lease() async throws(PostgresError) -> PostgresConnection {
        loop.assertInLoop()
        let now = loop.now
        retries.attempted()
        let until: UInt64
        do { until = try deadline(after: acquireTimeout) } catch {
            metrics.acquiringFailed(.timedOut)
            throw error
        }
        leaseCount &+= 1
        let id = leaseCount
        let pending = PendingLease()
        leases[id] = pending
        perform(state.acquire(id, now: now, deadline: until))
        timer.arm(until)
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { pending.wait($0) }
        } onCancel: { [loop] in
            loop.execute { self.abandonLease(id) }
        }
        switch result {
        case .success(let connection):
            metrics.acquired(after: loop.now > now ? loop.now - now : 0)
            return connection
        case .failure(let error):
            metrics.acquiringFailed(error.code)
            throw error
        }
    }

    private func abandonLease(_ id: Int) {
        guard let pending = leases.removeValue(forKey: id) else { return }
        state.abandon(id)
        metrics.show(state)
        pending.end(.failure(PostgresError(.cancelled)))
    }

    /// Takes a leased connection back; a transaction that is still open on it is rolled back.
    func release(_ connection: PostgresConnection) {
        guard connection.isOpen else { return }
        if connection.outstanding == 0 && connection.isInTransaction {
            connection.sendHousekeeping("ROLLBACK")
            connection.sync(for: nil)
        }
        perform(state.release(connection.id, now: loop.now))
    }

    // MARK: The state's actions

    private func perform(_ actions: [PoolState.Action]) {
        for action in actions {
            switch action {
            case .open(let id): opener.open { [self] in opened(id, $0) }
            case .share(let id):
                if let connection = connections[id] { reads.add(connection) }
            case .retire(let id):
                reads.retire(id)
                if connections[id]?.outstanding == 0 { perform(state.drained(id, now: loop.now)) }
            case .lease(let id, let waiter):
                guard let pending = leases.removeValue(forKey: waiter), let connection = connections[id] else {
                    perform(state.release(id, now: loop.now))
                    continue
                }
                pending.end(.success(connection))
            case .refuse(let waiter, let refusal):
                leases.removeValue(forKey: waiter)?.end(.failure(explain(refusal)))
            case .close(let id):
                connections.removeValue(forKey: id)?.close()
            }
        }
        if reads.hasWaiting, let refusal = readRefusal() { reads.failWaiting(refusal) }
        if let next = state.nextTick { timer.arm(next) }
        metrics.show(state)
        finishClosing()
    }

    private func opened(_ id: Int, _ result: Result<PostgresHandle, PostgresError>) {
        let random = Double.random(in: 0..<1)
        do throws(PostgresError) {
            let connection = try PostgresConnection(id: id, handle: result.get(), loop: loop)
            connection.owner = self
            connections[id] = connection
            liveness.heard(at: loop.now)
            if state.failures > 0 { logger.notice("postgres: connected again to \(configuration.summary)") }
            perform(state.opened(id, now: loop.now, random: random))
            checkLiveness()
        } catch {
            lastError = error
            let failures = state.failures
            perform(state.openingFailed(id, now: loop.now, random: random))
            // Logged at 1, 2, 4, 8, … failures in a row.
            if state.failures != failures && state.failures.nonzeroBitCount == 1 {
                logger.warning(
                    "postgres: cannot connect to \(configuration.summary)",
                    metadata: ["attempts": .stringConvertible(state.failures), "error": "\(error)"])
            }
        }
    }

    private func explain(_ refusal: PoolState.Refusal) -> PostgresError {
        PostgresError(refusal, isHung: state.isHung, lastError: lastError)
    }

    private func finishClosing() {
        guard let closing, !closing.isResolved, state.open == 0 else { return }
        timer.cancel()
        closing.succeed(())
    }

    // MARK: Time

    private func tick() {
        let now = loop.now
        var next = UInt64.max
        for connection in Array(connections.values) {
            next = min(next, connection.expireReceivers(now: now))
            if let stall = closeIfStalled(connection, now: now) { next = min(next, stall) }
        }
        next = min(next, reads.expire(now: now), isolation.expire(now: now))
        next = min(next, inspectSlowReads())
        perform(state.tick(now: now))
        checkLiveness()
        if next != .max { timer.arm(next) }
    }

    /// Looks for reads that hold up others; when to look again.
    private func inspectSlowReads() -> UInt64 {
        // A replica's leased connections pass no health check, and its reads can go to the primary.
        guard !isReplica else { return .max }
        return isolation.inspect(
            connections,
            carriesReads: { state.connections[$0]?.phase == .shared || state.connections[$0]?.phase == .retiring },
            replace: { perform(state.replaceShared($0, now: loop.now)) })
    }

    /// Closes a connection that has been silent for too long: a shared one, whose reads are not sent again, as they
    /// may be the cause; and a leased one while the server hangs, as its caller should rather retry.
    private func closeIfStalled(_ connection: PostgresConnection, now: UInt64) -> UInt64? {
        let phase = state.connections[connection.id]?.phase
        guard connection.outstanding > 0, phase == .shared || phase == .retiring || (phase == .leased && state.isHung)
        else { return nil }
        let due = connection.waitingSince.adding(stallTimeout)
        guard due <= now else { return due }
        closeUnused(silentSince: connection.waitingSince)
        connection.abort(PostgresError(.timedOut, "the server did not answer"), canceller: canceller)
        return nil
    }

    /// Closes unused connections that were not heard from since a connection fell silent: they may have died the same way,
    /// without a sign, and the caller that leased one would find out by waiting.
    private func closeUnused(silentSince since: UInt64) {
        for id in state.idle {
            guard let connection = connections[id], connection.lastHeard <= since else { continue }
            connections[id] = nil
            connection.close()
            perform(state.lost(id, now: loop.now))
        }
    }

    /// Finds out whether the server still answers.
    private func checkLiveness() {
        let now = loop.now
        let (decision, next) = liveness.look(at: connections, now: now)
        switch decision {
        case .none: break
        case .ping: pingServer()
        case .hung:
            logger.error("postgres: \(configuration.summary) does not answer")
            perform(state.hung(true, now: now))
            perform(state.openProbe(now: now))
            reads.failWaiting(PostgresError(.connectionUnavailable, "the server does not answer"))
            // From now on leased connections may stall too.
            timer.arm(now)
        case .recovered:
            logger.notice("postgres: \(configuration.summary) answers again")
            perform(state.hung(false, now: now))
        }
        // While it hangs, every answer is looked at as it comes; see connectionDrained.
        if let next { timer.arm(next) }
    }

    /// Sends a Sync over a connection without other statements; where there is none, opens one.
    private func pingServer() {
        if let connection = state.idle.last.flatMap({ connections[$0] }) ?? reads.idleReader {
            connection.sync(for: nil)
        } else {
            perform(state.openProbe(now: loop.now))
        }
    }
}

extension PostgresPool: ConnectionOwner {
    func connectionLost(_ connection: PostgresConnection, _ error: PostgresError) {
        connections[connection.id] = nil
        reads.lost(connection)
        liveness.heard(at: connection.lastHeard)
        if error.code != .cancelled {
            lastError = error
            logger.warning("postgres: connection lost", metadata: ["error": "\(error)"])
        }
        perform(state.lost(connection.id, now: loop.now))
    }

    func connectionDrained(_ connection: PostgresConnection) {
        if state.connections[connection.id]?.phase == .retiring { perform(state.drained(connection.id, now: loop.now)) }
        if !liveness.isCalm { checkLiveness() }
    }
}
