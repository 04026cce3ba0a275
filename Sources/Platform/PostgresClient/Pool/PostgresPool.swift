import CSystem
import DequeModule
import Dispatch
import EventLoop
import Logging

/// One loop's connections to a database: a few shared by everybody's reads, the others leased to transactions.
///
/// Confined to its loop; every method asserts it. Each loop has its own, with its share of the process's connections.
// Unchecked: confined to its loop, as above; what Dispatch and cancellation bring is handed to the loop.
package final class PostgresPool: @unchecked Sendable {
    package let loop: EventLoop
    let configuration: PostgresConfiguration
    let logger: Logger
    let metrics: PoolMetrics
    /// Nil: every shared connection carries reads.
    let exam: ReaderExam?
    /// What the pool holds and how it fares, as of now.
    package internal(set) var state: PoolState
    var vigil: LivenessDetector
    var retries = RetryBudget()

    /// Threads that connect: serial queues, since Dispatch gives each of those a thread whatever else is blocked.
    private var lanes: [DispatchQueue] = []
    var connections: [Int: PostgresConnection] = [:]
    /// Those that carry reads.
    var readers: [PostgresConnection] = []
    /// Reads of this turn.
    var gathered: [PendingRead] = []
    /// Reads that are to be sent once more at this turn's end.
    var repeated: [PendingRead] = []
    /// The shared connections are being asked whether they live, as one of them does not.
    var isProving = false
    /// Reads that wait for a connection to carry them, or for one that has proven to live.
    var parked = Deque<PendingRead>()
    /// Kinds of reads that keep others waiting, those of them that wait for their place, and those that have one.
    var slow = SlowStatements()
    var slowReads = Deque<PendingRead>()
    var slowAtWork: [(read: PendingRead, since: UInt64)] = []
    /// Reads that have a leased connection since they were behind a slow one.
    var relieved = 0
    private var leases: [Int: PendingLease] = [:]
    private var leaseCount = 0
    var timer: LoopTimer?
    var timerDue = UInt64.max
    /// When the server last said anything, to any connection, also one that is closed by now.
    var lastHeard: UInt64 = 0
    private var closing: Promise<Void>?
    /// Why the last connection was lost or could not be opened.
    package private(set) var lastError: PostgresError?
    private let canceller = ConnectionCanceller()
    let queryTimeout: UInt64
    let acquireTimeout: UInt64
    let stallTimeout: UInt64

    /// A pool that opens nothing before ``start()``. `configuration` holds this loop's share.
    package convenience init(loop: EventLoop, configuration: PostgresConfiguration, logger: Logger) {
        self.init(loop: loop, configuration: configuration, logger: logger, exam: nil)
    }

    /// - Parameter exam: what connections have to pass to carry reads
    init(loop: EventLoop, configuration: PostgresConfiguration, logger: Logger, exam: ReaderExam?) {
        self.loop = loop
        self.exam = exam
        metrics = PoolMetrics(isReplica: exam != nil)
        self.configuration = configuration
        self.logger = logger
        state = PoolState(limits: PoolLimits(configuration))
        vigil = LivenessDetector(
            suspicion: configuration.suspicionTimeout.nanosecondsClamped, patience: 300_000_000)
        queryTimeout = configuration.queryTimeout.nanosecondsClamped
        acquireTimeout = configuration.acquireTimeout.nanosecondsClamped
        stallTimeout = configuration.stallTimeout.nanosecondsClamped
    }

    /// Opens the minimum in the background and keeps trying until ``close()``. On the loop.
    package func start() {
        loop.assertInLoop()
        lastHeard = loop.now
        perform(state.start(now: loop.now))
    }

    /// Refuses new callers, lets those at work finish, and returns when every connection is closed. Transactions take as
    /// long as they take, so whoever has to end in time sets a limit of their own. On the loop.
    package func close() async {
        loop.assertInLoop()
        let promise = closing ?? Promise<Void>(on: loop)
        closing = promise
        perform(state.stop())
        failParked(PostgresError(.closed))
        finishClosing()
        try? await promise.value()
    }

    /// Whether a statement has a good chance at present.
    package var isUsable: Bool { state.isUsable }

    // MARK: Leasing

    /// A connection for the caller alone, until ``giveBack(_:)``.
    func lease() async throws(PostgresError) -> PostgresConnection {
        loop.assertInLoop()
        leaseCount &+= 1
        let id = leaseCount
        let now = loop.now
        let pending = PendingLease()
        leases[id] = pending
        retries.attempted()
        let deadline = min(now.adding(acquireTimeout), Deadline.current?.instant ?? .max)
        if deadline <= now {
            leases[id] = nil
            metrics.acquiringFailed(.timedOut)
            throw PostgresError(.timedOut, "the deadline had passed")
        }
        perform(state.acquire(id, now: now, deadline: deadline))
        arm(deadline)
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
        showLevels()
        pending.end(.failure(PostgresError(.cancelled)))
    }

    /// Takes a leased connection back; a transaction that is still open on it is rolled back.
    func giveBack(_ connection: PostgresConnection) {
        guard connection.isOpen else { return }
        if connection.outstanding == 0 && connection.isInTransaction {
            connection.sendHousekeeping("ROLLBACK")
            connection.sync(for: nil)
        }
        perform(state.release(connection.id, now: loop.now))
    }

    /// Gives a connection up in the midst of a statement, and has the server cancel that.
    func drop(_ connection: PostgresConnection, _ error: PostgresError) {
        guard let handle = connection.handle else { return }
        canceller.cancel(handle)
        connection.fail(error)
    }

    // MARK: Doing what the state says

    func perform(_ actions: [PoolState.Action]) {
        for action in actions {
            switch action {
            case .open(let id): open(id)
            case .share(let id): share(id)
            case .retire(let id):
                readers.removeAll { $0.id == id }
                if connections[id]?.outstanding == 0 { perform(state.drained(id, now: loop.now)) }
            case .lend(let id, let waiter):
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
        if !parked.isEmpty && state.isDownForReads(now: loop.now) { failParked(explain(.unavailable)) }
        if let next = state.nextTick { arm(next) }
        showLevels()
        finishClosing()
    }

    private func showLevels() {
        metrics.show(
            PoolMetrics.Levels(
                opening: state.opening, shared: state.shared, idle: state.idling, leased: state.leased,
                waiting: state.waiting))
    }

    private func open(_ id: Int) {
        let lane = lanes.popLast() ?? DispatchQueue(label: "postgres.connect")
        let (parameters, file) = (configuration.connectionParameters(limits: true), configuration.passwordFile)
        lane.async { [loop] in
            let result = Result { () throws(PostgresError) in try PostgresHandle.connect(parameters, passwordFile: file) }
            loop.execute { self.opened(id, result, lane: lane) }
        }
    }

    private func opened(_ id: Int, _ result: Result<PostgresHandle, PostgresError>, lane: DispatchQueue) {
        lanes.append(lane)
        let chance = Double.random(in: 0..<1)
        do throws(PostgresError) {
            let connection = try PostgresConnection(id: id, handle: result.get(), loop: loop)
            connection.owner = self
            connections[id] = connection
            lastHeard = loop.now
            if state.failures > 0 { logger.notice("postgres: connected again to \(configuration.summary)") }
            perform(state.opened(id, now: loop.now, chance: chance))
            look()
        } catch {
            lastError = error
            let failures = state.failures
            perform(state.openingFailed(id, now: loop.now, chance: chance))
            // The first, then ever fewer: at 1, 2, 4, 8, … failures in a row.
            if state.failures != failures && state.failures.nonzeroBitCount == 1 {
                logger.warning(
                    "postgres: cannot connect to \(configuration.summary)",
                    metadata: ["attempts": .stringConvertible(state.failures), "error": "\(error)"])
            }
        }
    }

    private func share(_ id: Int) {
        guard let connection = connections[id] else { return }
        // A Sync group that fails takes its neighbours back, so that nothing but reads may go there.
        connection.sendHousekeeping("SET default_transaction_read_only = on")
        // It stays shared for good, so nothing has to take this back.
        if let limit = configuration.readLimit { connection.sendHousekeeping("SET statement_timeout = \(limit)") }
        // Reads follow once this is answered: an unused connection may have died without telling.
        connection.sync(
            for: LivenessPing(loop: loop) { [weak self] in
                guard let self, state.members[id]?.phase == .shared, connection.isOpen else { return }
                guard exam == nil else { return examine(connection) }
                readers.append(connection)
                sendParked()
            })
        armForSilence()
    }

    private func explain(_ refusal: PoolState.Refusal) -> PostgresError {
        switch refusal {
        case .exhausted: PostgresError(.poolExhausted, "no connection was free in time")
        case .closed: PostgresError(.closed, "the pool is closed")
        case .unavailable:
            PostgresError(
                .connectionUnavailable, state.isHung ? "the server does not answer" : lastError?.message,
                sqlState: lastError?.sqlState)
        }
    }

    private func finishClosing() {
        guard let closing, !closing.isResolved, state.open == 0 else { return }
        timer?.cancel()
        closing.succeed(())
    }
}

extension PostgresPool: ConnectionOwner {
    func connectionLost(_ connection: PostgresConnection, _ error: PostgresError) {
        connections[connection.id] = nil
        readers.removeAll { $0 === connection }
        exam?.pending[connection.id] = nil
        if exam != nil, readers.isEmpty { suspendReads() }
        lastHeard = max(lastHeard, connection.lastHeard)
        if error.code != .cancelled {
            lastError = error
            logger.warning("postgres: connection lost", metadata: ["error": "\(error)"])
        }
        perform(state.lost(connection.id, now: loop.now))
    }

    func connectionDrained(_ connection: PostgresConnection) {
        if state.members[connection.id]?.phase == .retiring { perform(state.drained(connection.id, now: loop.now)) }
        if !vigil.isCalm { look() }
    }
}
