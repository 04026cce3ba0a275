import DequeModule
import EventLoop

/// The reads that share connections: all of a turn go out together, with one Sync and one flush.
///
/// Confined to its loop.
// Unchecked: confined to its loop, as above.
final class SharedReads: @unchecked Sendable {
    /// The numbers that limit the reads of a pool.
    struct Limits {
        /// How many reads may wait for a connection.
        var maxWaiting: Int
        /// The server's own limit for a read, in milliseconds; nil: that of its session.
        var readTimeout: UInt64?
        /// How long a connection may be silent before reads avoid it, in nanoseconds.
        var silence: UInt64
    }

    private let loop: EventLoop
    private let limits: Limits
    private let timer: DeadlineTimer
    private let isolation: SlowQueryIsolation
    private let retries: RetryLimiter
    private let metrics: PoolMetrics
    /// Nil: every shared connection carries reads.
    private let healthCheck: ReplicaHealthCheck?
    /// Why reads cannot wait for a connection; nil where they can. Set by the pool.
    var refusal: () -> PostgresError? = { nil }

    /// The connections that are shared, and those of them that carry reads.
    private var shared: [PostgresConnection] = []
    private var readers: [PostgresConnection] = []
    /// Reads of this turn.
    private var gathered: [PendingRead] = []
    /// Reads that are sent again at the end of this turn.
    private var repeated: [PendingRead] = []
    /// Reads that wait for a connection, or for one that has proved to be alive.
    private var waiting = Deque<PendingRead>()
    /// The shared connections are pinged at the end of this turn, since one of them broke.
    private var isPinging = false
    /// Reads without a result.
    private var unanswered = 0 { didSet { showAtTurnEnd() } }
    private var isShowPending = false

    init(
        loop: EventLoop, limits: Limits, timer: DeadlineTimer, isolation: SlowQueryIsolation, retries: RetryLimiter,
        metrics: PoolMetrics, healthCheck: ReplicaHealthCheck?
    ) {
        self.loop = loop
        self.limits = limits
        self.timer = timer
        self.isolation = isolation
        self.retries = retries
        self.metrics = metrics
        self.healthCheck = healthCheck
    }

    /// Whether a connection carries reads at present.
    var hasReaders: Bool { !readers.isEmpty }
    /// Whether reads wait for a connection.
    var hasWaiting: Bool { !waiting.isEmpty }
    /// A reader without outstanding answers.
    var idleReader: PostgresConnection? { readers.first { $0.outstanding == 0 && $0.isOpen } }

    // MARK: Connections

    /// Lets a connection carry reads, as soon as it has proved to be alive.
    func add(_ connection: PostgresConnection) {
        shared.append(connection)
        // A Sync group that fails rolls its neighbours back, so that only reads may go there.
        connection.sendHousekeeping("SET default_transaction_read_only = on")
        // It stays shared for good, so nothing has to reset this.
        if let limit = limits.readTimeout { connection.sendHousekeeping("SET statement_timeout = \(limit)") }
        // Reads follow once this is answered: an unused connection may have died without a sign.
        connection.sync(
            for: LivenessPing(loop: loop) { [weak self] in
                guard let self, isShared(connection), connection.isOpen else { return }
                guard healthCheck == nil else { return check(connection) }
                readers.append(connection)
                sendWaiting()
            })
        timer.armForAnswer()
    }

    /// The connection takes no more reads; those it has go on.
    func retire(_ id: Int) {
        shared.removeAll { $0.id == id }
        readers.removeAll { $0.id == id }
    }

    /// The connection broke.
    func lost(_ connection: PostgresConnection) {
        retire(connection.id)
        guard let healthCheck else { return }
        healthCheck.forget(connection)
        if readers.isEmpty { suspend() }
    }

    private func isShared(_ connection: PostgresConnection) -> Bool { shared.contains { $0 === connection } }

    // MARK: Reads

    /// Sends a read at the end of this turn, or lets it wait for a connection.
    /// - Throws: ``PostgresError`` where it cannot wait.
    func submit(_ read: PendingRead, isHung: Bool) throws(PostgresError) {
        if try !isolation.isolate(read) {
            if readers.isEmpty || isHung {
                try enqueue(read)
            } else {
                if gathered.isEmpty { loop.atTurnEnd { self.sendGathered() } }
                gathered.append(read)
            }
            if let deadline = read.deadline { timer.arm(deadline) }
        }
        unanswered += 1
    }

    /// A read that was submitted has its result.
    func readEnded() { unanswered -= 1 }

    /// Brings the metric of the pipeline up to date, once for all changes of a turn: whatever ends a read, also an outage.
    private func showAtTurnEnd() {
        guard !isShowPending else { return }
        isShowPending = true
        loop.atTurnEnd { [weak self] in
            guard let self else { return }
            isShowPending = false
            metrics.show(pipeline: unanswered)
        }
    }

    /// One Sync and one flush for all reads of the turn.
    private func sendGathered() {
        let reads = gathered
        gathered.removeAll(keepingCapacity: true)
        guard let connection = leastLoadedReader() else {
            for read in reads { sendAlone(read) }
            return
        }
        for read in reads where !read.isEnded { connection.send(read.query, index: 0, for: read) }
        connection.sync(for: nil)
        timer.armForAnswer()
    }

    /// Sends a read in a Sync group of its own, or keeps it until there is a connection for it.
    private func sendAlone(_ read: PendingRead) {
        guard let connection = leastLoadedReader() else {
            do { try enqueue(read) } catch { read.end(.failure(error)) }
            return
        }
        connection.send(read.query, index: 0, for: read)
        connection.sync(for: nil)
        timer.armForAnswer()
    }

    /// The reader with the fewest outstanding answers; one that has been silent for long only where all have.
    private func leastLoadedReader() -> PostgresConnection? {
        var best: PostgresConnection?
        for reader in readers where reader.isOpen {
            guard let other = best else { best = reader; continue }
            let (silent, otherSilent) = (isSilent(reader), isSilent(other))
            if silent != otherSilent ? otherSilent : reader.outstanding < other.outstanding { best = reader }
        }
        return best
    }

    private func isSilent(_ connection: PostgresConnection) -> Bool {
        connection.outstanding > 0 && loop.now > connection.waitingSince
            && loop.now - connection.waitingSince >= limits.silence
    }

    // MARK: Repeating

    /// Whether a read whose connection broke may be sent again.
    func mayRetry() -> Bool { retries.mayRetry(now: loop.now) }

    /// Sends a read in a Sync group of its own at the end of this turn.
    ///
    /// Not at once: this is called while answers are taken from libpq, which loses count of them when a statement is
    /// queued between an answer and the NULL that ends it in a pipeline that was aborted (pqAppendCmdQueueEntry).
    func sendAgain(_ read: PendingRead) {
        if repeated.isEmpty {
            loop.atTurnEnd { [self] in
                let reads = repeated
                repeated = []
                for read in reads where !read.isEnded {
                    do throws(PostgresError) {
                        if try !isolation.isolate(read) { sendAlone(read) }
                    } catch { read.end(.failure(error)) }
                }
            }
        }
        repeated.append(read)
    }

    /// Sends a read whose connection broke once more, over a connection that is known to have outlived that: often all
    /// connections break together, and the others have not noticed yet.
    func sendAfterLoss(_ read: PendingRead) {
        do { try enqueue(read) } catch { return read.end(.failure(error)) }
        guard !isPinging else { return }
        isPinging = true
        loop.atTurnEnd { [self] in
            isPinging = false
            for reader in readers where reader.isOpen {
                reader.sync(for: LivenessPing(loop: loop) { [weak self] in self?.sendWaiting() })
            }
        }
    }

    // MARK: Waiting

    private func enqueue(_ read: PendingRead) throws(PostgresError) {
        if let refusal = refusal() { throw refusal }
        if healthCheck != nil, readers.isEmpty {
            throw PostgresError(.connectionUnavailable, "no connection to the replica may be read from")
        }
        guard waiting.count < limits.maxWaiting else {
            throw PostgresError(.poolExhausted, "too many wait for a connection")
        }
        waiting.append(read)
    }

    private func sendWaiting() {
        while !waiting.isEmpty, leastLoadedReader() != nil {
            let read = waiting.removeFirst()
            if !read.isEnded { sendAlone(read) }
        }
    }

    /// Fails the reads that wait for a connection.
    func failWaiting(_ error: PostgresError) {
        let reads = waiting
        waiting = []
        for read in reads { read.end(.failure(error)) }
    }

    /// Ends the reads that have waited until their deadline.
    /// - Returns: the next deadline.
    func expire(now: UInt64) -> UInt64 { waiting.expire(now: now) }

    // MARK: Health checks

    /// Sends no read anywhere until connections have passed the health check again.
    func suspend() {
        readers = []
        failWaiting(PostgresError(.connectionUnavailable, "the replica is being examined"))
    }

    /// Checks every shared connection that is not being checked. Does nothing without a health check.
    func checkHealth() {
        guard let healthCheck else { return }
        for connection in shared where connection.isOpen {
            switch healthCheck.progress(on: connection) {
            case .notRunning: check(connection)
            case .running: break
            case .overdue: withdraw(connection)
            }
        }
    }

    private func check(_ connection: PostgresConnection) {
        guard let healthCheck else { return }
        healthCheck.begin(on: connection) { [weak self] connection, row, took in
            guard let self, isShared(connection), connection.isOpen else { return }
            guard let row, healthCheck.isHealthy(row, took) else { return withdraw(connection) }
            if !readers.contains(where: { $0 === connection }) { readers.append(connection) }
            sendWaiting()
        }
        timer.armForAnswer()
    }

    private func withdraw(_ connection: PostgresConnection) {
        readers.removeAll { $0 === connection }
        if readers.isEmpty { suspend() }
    }
}

extension Deque<PendingRead> {
    /// Ends the reads whose deadline has passed, and removes all that have ended.
    /// - Returns: the next deadline.
    mutating func expire(now: UInt64) -> UInt64 {
        guard !isEmpty else { return .max }
        var next = UInt64.max
        for read in self {
            guard let deadline = read.deadline else { continue }
            if deadline <= now { read.deadlinePassed() } else { next = Swift.min(next, deadline) }
        }
        removeAll { $0.isEnded }
        return next
    }
}
