import DequeModule
import EventLoop

/// Keeps slow reads from holding up the others. Shared connections answer in order, so that one slow read delays all behind it.
///
/// The reads behind a slow one are hedged: they are also sent over a leased connection, and the first answer counts. Reads
/// with the slow one's SQL go to a few leased connections of their own until they are fast again. Confined to its loop.
// Unchecked: confined to its loop, as above.
final class SlowQueryIsolation: @unchecked Sendable {
    /// How long a read may hold up others, in nanoseconds.
    static let threshold: UInt64 = 150_000_000
    /// How often a connection with a slow read is looked at.
    private static let interval: UInt64 = 20_000_000

    private let loop: EventLoop
    private let timer: DeadlineTimer
    /// How many leased connections hedged reads may have at a time, and as many again for slow reads.
    private let maxLeases: Int
    private let maxWaiting: Int
    /// Runs a read on a leased connection. Set by the pool.
    var runOnLease: (PostgresQuery) async throws -> PostgresRows = { _ in throw PostgresError(.closed) }
    /// A hedged read has ended, and another may take its place. Set by the pool.
    var hedgeEnded: () -> Void = {}

    private var slow = SlowStatements()
    /// Slow reads that wait for a leased connection, and those that have one.
    private var waiting = Deque<PendingRead>()
    private var running: [(read: PendingRead, since: UInt64)] = []
    private var hedged = 0

    /// - Parameters:
    ///   - maxLeases: the connections that slow reads may lease, and as many again for hedged reads
    ///   - maxWaiting: the slow reads that may wait for one
    init(loop: EventLoop, timer: DeadlineTimer, maxLeases: Int, maxWaiting: Int) {
        self.loop = loop
        self.timer = timer
        self.maxLeases = maxLeases
        self.maxWaiting = maxWaiting
    }

    /// Whether it leases no connection at present.
    var isIdle: Bool { running.isEmpty && hedged == 0 }

    /// From now on reads with this SQL are isolated.
    func mark(_ sql: String) { slow.mark(sql, now: loop.now) }

    /// Takes over a read whose SQL has been slow lately, and sends it over a leased connection.
    /// - Returns: false for every other read.
    /// - Throws: ``PostgresError`` `poolExhausted` where too many slow reads wait.
    func isolate(_ read: PendingRead) throws(PostgresError) -> Bool {
        guard !slow.isEmpty, slow.contains(read.query.sql, now: loop.now) else { return false }
        guard waiting.count < maxWaiting else { throw PostgresError(.poolExhausted, "too many slow reads wait") }
        waiting.append(read)
        if let deadline = read.deadline { timer.arm(deadline) }
        sendWaiting()
        return true
    }

    /// Looks for reads that hold up others, and hedges those behind them.
    /// - Parameters:
    ///   - carriesReads: whether reads share the connection with this number
    ///   - replace: shares another connection in the place of this one
    /// - Returns: when to look again.
    func inspect(
        _ connections: [Int: PostgresConnection], carriesReads: (Int) -> Bool, replace: (Int) -> Void
    ) -> UInt64 {
        let now = loop.now
        var next = UInt64.max
        for (id, connection) in connections where connection.outstanding > 0 && carriesReads(id) {
            let due = connection.waitingSince.adding(Self.threshold)
            guard due <= now else {
                next = min(next, due)
                continue
            }
            // Where no connection is answered, as in an outage, this read is not to blame, and no other connection helps.
            let mark = connection.waitingSince.adding(Self.threshold / 2)
            let isOutage = !connections.values.contains {
                $0 !== connection && ($0.outstanding == 0 || $0.lastHeard > mark)
            }
            if !isOutage { hedge(connection.expectedReceivers.compactMap { $0 as? PendingRead }) { replace(id) } }
            next = min(next, now.adding(Self.interval))
        }
        for (read, since) in running where since.adding(Self.threshold) <= now { slow.mark(read.query.sql, now: now) }
        return running.isEmpty ? next : min(next, now.adding(SlowStatements.memory / 2))
    }

    /// - Parameter reads: of a connection, in order; the first is being run
    private func hedge(_ reads: [PendingRead], replace: () -> Void) {
        let now = loop.now
        guard let first = reads.first else { return }
        slow.mark(first.query.sql, now: now)
        let behind = reads.dropFirst().filter { !$0.isEnded }
        // More slow reads come before whatever is sent now.
        if behind.contains(where: { slow.contains($0.query.sql, now: now) }) { replace() }
        for read in behind where !read.isHedged && !slow.contains(read.query.sql, now: now) {
            guard hedged < maxLeases else { return }
            read.isHedged = true
            hedged += 1
            run(read) { [self] result in
                hedged -= 1
                // The first answer counts; where this attempt failed, the shared connection may still answer.
                if case .success = result { read.end(result) }
                hedgeEnded()
            }
        }
    }

    private func sendWaiting() {
        while running.count < maxLeases, let read = waiting.popFirst() {
            guard !read.isEnded else { continue }
            running.append((read, loop.now))
            timer.arm(loop.now.adding(Self.threshold))
            run(read) { [self] result in
                running.removeAll { $0.read === read }
                read.end(result)
                sendWaiting()
            }
        }
    }

    /// Runs a read on a leased connection.
    private func run(_ read: PendingRead, then end: @escaping (Result<PostgresRows, PostgresError>) -> Void) {
        loop.run { [self] in
            let deadline = read.deadline.map { Deadline(instant: $0) }
            let result: Result<PostgresRows, PostgresError>
            do {
                result = .success(try await Deadline.$current.withValue(deadline) { try await runOnLease(read.query) })
            } catch {
                result = .failure(error as? PostgresError ?? PostgresError(.cancelled))
            }
            end(result)
        }
    }

    /// Ends the slow reads that have waited until their deadline.
    /// - Returns: the next deadline.
    func expire(now: UInt64) -> UInt64 { waiting.expire(now: now) }
}

/// The SQL of reads that have held up others lately. A value: time comes in as nanoseconds.
struct SlowStatements: Equatable, Sendable {
    /// How long a statement stays marked after it was last slow.
    static let memory: UInt64 = 2_000_000_000
    /// The most statements that are marked: a service has fewer than that.
    static let most = 64

    private var until: [String: UInt64] = [:]
    /// When the last mark ends.
    private var latest: UInt64 = 0

    /// Whether no statement is marked. Each read asks this first, as it costs nothing.
    var isEmpty: Bool { until.isEmpty }

    mutating func mark(_ sql: String, now: UInt64) {
        if until[sql] == nil, until.count >= Self.most { forget(now: now) }
        guard until.count < Self.most || until[sql] != nil else { return }
        until[sql] = now.adding(Self.memory)
        latest = max(latest, now.adding(Self.memory))
    }

    mutating func contains(_ sql: String, now: UInt64) -> Bool {
        // Empties the table once the last mark has ended: otherwise every read would go on hashing its SQL.
        guard now < latest else {
            until.removeAll(keepingCapacity: true)
            return false
        }
        guard let end = until[sql] else { return false }
        if end > now { return true }
        until[sql] = nil
        return false
    }

    private mutating func forget(now: UInt64) { until = until.filter { $0.value > now } }
}
