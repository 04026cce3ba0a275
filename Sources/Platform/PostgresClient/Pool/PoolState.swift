import DequeModule
import EventLoop

/// The pool as a state machine: its connections, what each is used for, and the callers that wait for one.
///
/// A value without sockets, clock or randomness: time comes in as nanoseconds, randomness as a number from 0 up to 1,
/// and what the pool has to do comes out as ``Action``s, in order.
package struct PoolState: Sendable {
    enum Action: Equatable, Sendable {
        /// Open a connection; ``opened(_:now:random:)`` or ``openingFailed(_:now:random:)`` follows.
        case open(Int)
        /// Let reads share the connection.
        case share(Int)
        /// Send no more reads over the connection; ``drained(_:now:)`` follows once it has none.
        case retire(Int)
        /// Give the connection to the waiter.
        case lease(Int, to: Int)
        case refuse(Int, Refusal)
        case close(Int)
    }

    enum Refusal: Equatable, Sendable {
        /// The server is known to be unreachable.
        case unavailable
        /// All connections stayed leased.
        case exhausted
        case closed
    }

    enum Phase: Equatable, Sendable {
        case opening(since: UInt64)
        case shared
        case retiring
        case idle(since: UInt64)
        case leased
    }

    struct ConnectionState: Equatable, Sendable {
        var phase: Phase
        var expires: UInt64 = .max
    }

    struct Waiter: Equatable, Sendable {
        let id: Int
        let deadline: UInt64
    }

    let limits: PoolLimits
    private(set) var connections: [Int: ConnectionState] = [:]
    /// Counted as phases change, since every lease reads them.
    package private(set) var opening = 0
    package private(set) var leased = 0
    package private(set) var shared = 0
    /// The most recently used last: its caches are warm, and the others may time out.
    private(set) var idle: [Int] = []
    private(set) var waiters = Deque<Waiter>()
    /// Attempts to connect that failed in a row.
    package private(set) var failures = 0
    private var retryAt: UInt64 = 0
    private var nextID = 0
    private(set) var isRunning = false
    /// The server accepts connections and answers nothing; the pool sets it by its ``LivenessDetector``.
    private(set) var isHung = false

    init(limits: PoolLimits) { self.limits = limits }

    // MARK: Numbers

    /// Connections that are open.
    package var open: Int { connections.count - opening }
    package var idling: Int { idle.count }
    package var waiting: Int { waiters.count }
    /// Whether a statement that is sent now is likely to be answered.
    package var isUsable: Bool { isRunning && !isHung && open > 0 }

    /// Changes the phase of a connection; nil removes it.
    private mutating func set(_ id: Int, _ phase: Phase?) {
        switch connections[id]?.phase {
        case .opening: opening -= 1
        case .leased: leased -= 1
        case .shared: shared -= 1
        case .idle, .retiring, nil: break
        }
        switch phase {
        case .opening: opening += 1
        case .leased: leased += 1
        case .shared: shared += 1
        case .idle, .retiring, nil: break
        }
        if let phase { connections[id, default: ConnectionState(phase: phase)].phase = phase } else { connections[id] = nil }
    }

    /// Whether a lease would certainly fail: there is no connection, and the last attempt failed or takes too long;
    /// or the server hangs.
    func isDown(now: UInt64) -> Bool {
        if isHung { return true }
        guard open == 0 else { return false }
        return failures > 0 || connections.values.contains { $0.phase.isOverdue(now: now, timeout: limits.openingTimeout) }
    }

    /// Whether a read would certainly fail: there is no shared connection, and none is likely soon.
    func isDownForReads(now: UInt64) -> Bool { isDown(now: now) || (shared == 0 && failures > 0) }

    // MARK: Events

    mutating func start(now: UInt64) -> [Action] {
        isRunning = true
        return openMissing(now: now)
    }

    /// Refuses callers and closes unused connections; the others close as they are released.
    mutating func stop() -> [Action] {
        isRunning = false
        var actions: [Action] = waiters.map { .refuse($0.id, .closed) }
        waiters = []
        for (id, connection) in connections.sorted(by: { $0.key < $1.key }) {
            switch connection.phase {
            case .idle: actions.append(close(id))
            case .shared:
                set(id, .retiring)
                actions.append(.retire(id))
            case .opening, .retiring, .leased: break
            }
        }
        idle = []
        return actions
    }

    /// A caller wants to lease a connection.
    mutating func acquire(_ waiter: Int, now: UInt64, deadline: UInt64) -> [Action] {
        guard isRunning else { return [.refuse(waiter, .closed)] }
        if isHung { return [.refuse(waiter, .unavailable)] }
        if let id = idle.popLast() {
            set(id, .leased)
            return [.lease(id, to: waiter)]
        }
        if isDown(now: now) { return [.refuse(waiter, .unavailable)] }
        guard waiters.count < limits.maxWaiters else { return [.refuse(waiter, .exhausted)] }
        waiters.append(Waiter(id: waiter, deadline: deadline))
        return openMissing(now: now)
    }

    /// The waiter was cancelled.
    mutating func abandon(_ waiter: Int) { waiters.removeAll { $0.id == waiter } }

    mutating func opened(_ id: Int, now: UInt64, random: Double) -> [Action] {
        failures = 0
        retryAt = 0
        guard connections[id] != nil else { return [.close(id)] }
        guard isRunning else { return [close(id)] }
        // Up to a tenth earlier, so that those opened together don't expire together.
        let earlier = UInt64(Double(limits.lifetime / 10) * min(max(0, random), 0.999))
        connections[id]?.expires = now.adding(limits.lifetime - min(earlier, limits.lifetime))
        return place(id, now: now) + openMissing(now: now)
    }

    mutating func openingFailed(_ id: Int, now: UInt64, random: Double) -> [Action] {
        set(id, nil)
        return countFailure(now: now, random: random)
    }

    /// The lease has ended. The connection is in no transaction.
    mutating func release(_ id: Int, now: UInt64) -> [Action] {
        guard let connection = connections[id] else { return [.close(id)] }
        guard isRunning, connection.expires > now else { return [close(id)] + openMissing(now: now) }
        return place(id, now: now)
    }

    /// A connection broke.
    mutating func lost(_ id: Int, now: UInt64) -> [Action] {
        remove(id)
        return fillShared() + openMissing(now: now)
    }

    /// A retired connection has nothing left to answer.
    mutating func drained(_ id: Int, now: UInt64) -> [Action] {
        guard connections[id]?.phase == .retiring else { return [] }
        return [close(id)] + openMissing(now: now)
    }

    /// A shared connection has too much queued to be of use soon: it closes once that is done, and another takes its place.
    mutating func replaceShared(_ id: Int, now: UInt64) -> [Action] {
        guard isRunning, connections[id]?.phase == .shared else { return [] }
        set(id, .retiring)
        return [.retire(id)] + fillShared() + openMissing(now: now)
    }

    /// The server hangs, or answers again.
    mutating func hung(_ hangs: Bool, now: UInt64) -> [Action] {
        isHung = hangs
        return hangs ? refuseAll() : openMissing(now: now)
    }

    /// Opens one connection to find out whether the server answers, if the pool may have one more.
    mutating func openProbe(now: UInt64) -> [Action] {
        guard isRunning, connections.count < limits.maximum, opening == 0 else { return [] }
        return [beginOpening(now: now)]
    }

    /// Time has passed; see ``nextTick``.
    mutating func tick(now: UInt64) -> [Action] {
        var actions: [Action] = []
        for waiter in waiters where waiter.deadline <= now { actions.append(.refuse(waiter.id, .exhausted)) }
        waiters.removeAll { $0.deadline <= now }
        if isDown(now: now) { actions += refuseAll() }
        for id in idle {
            guard case .idle(let since) = connections[id]?.phase, let expires = connections[id]?.expires else { continue }
            let isSpare = open > limits.minimum && now >= since && now - since >= limits.idleTimeout
            if isSpare || expires <= now { actions.append(close(id)) }
        }
        for (id, connection) in connections where connection.phase == .shared && connection.expires <= now {
            set(id, .retiring)
            actions.append(.retire(id))
        }
        return actions + fillShared() + openMissing(now: now)
    }

    /// When ``tick(now:)`` has something to do again; nil: never.
    var nextTick: UInt64? {
        var next = UInt64.max
        let hasSpare = open > limits.minimum
        for waiter in waiters { next = min(next, waiter.deadline) }
        if isRunning && missing > 0 && failures > 0 && opening == 0 { next = min(next, retryAt) }
        for connection in connections.values {
            switch connection.phase {
            case .idle(let since):
                next = min(next, connection.expires)
                if hasSpare { next = min(next, since.adding(limits.idleTimeout)) }
            case .shared: next = min(next, connection.expires)
            case .opening(let since) where !waiters.isEmpty && open == 0:
                next = min(next, since.adding(limits.openingTimeout).adding(1))
            case .opening, .leased, .retiring: break
            }
        }
        return next == .max ? nil : next
    }

    // MARK: Rules

    /// Uses a free connection: for reads first, then for the longest-waiting caller, and otherwise it stays unused.
    private mutating func place(_ id: Int, now: UInt64) -> [Action] {
        if shared < limits.shared {
            set(id, .shared)
            return [.share(id)]
        }
        if let waiter = waiters.popFirst() {
            set(id, .leased)
            return [.lease(id, to: waiter.id)]
        }
        set(id, .idle(since: now))
        idle.append(id)
        return []
    }

    /// Lets unused connections take the place of shared ones that are gone, as that is faster than opening new ones.
    private mutating func fillShared() -> [Action] {
        var actions: [Action] = []
        while isRunning, shared < limits.shared, let id = idle.popLast() {
            set(id, .shared)
            actions.append(.share(id))
        }
        return actions
    }

    /// How many connections to open, besides those being opened.
    private var missing: Int {
        let wanted = max(0, limits.shared - shared) + waiters.count
        return min(limits.maximum, max(limits.minimum, open + wanted)) - connections.count
    }

    private mutating func openMissing(now: UInt64) -> [Action] {
        guard isRunning, failures == 0 || now >= retryAt else { return [] }
        var actions: [Action] = []
        var missing = missing
        var opening = opening
        while missing > 0, opening < (failures > 0 ? 1 : limits.parallelOpenings) {
            actions.append(beginOpening(now: now))
            missing -= 1
            opening += 1
        }
        return actions
    }

    private mutating func beginOpening(now: UInt64) -> Action {
        nextID += 1
        set(nextID, .opening(since: now))
        return .open(nextID)
    }

    private mutating func countFailure(now: UInt64, random: Double) -> [Action] {
        // Attempts that ran side by side fail together, and count once.
        if failures == 0 || now >= retryAt {
            failures += 1
            retryAt = now.adding(max(1, limits.backoff.wait(after: failures, random: random)))
        }
        return isDown(now: now) ? refuseAll() : openMissing(now: now)
    }

    private mutating func refuseAll() -> [Action] {
        defer { waiters = [] }
        return waiters.map { .refuse($0.id, .unavailable) }
    }

    private mutating func remove(_ id: Int) {
        set(id, nil)
        idle.removeAll { $0 == id }
    }

    private mutating func close(_ id: Int) -> Action {
        remove(id)
        return .close(id)
    }
}

extension PoolState.Phase {
    func isOverdue(now: UInt64, timeout: UInt64) -> Bool {
        guard case .opening(let since) = self else { return false }
        return now > since && now - since > timeout
    }
}

/// The limits of a pool; times in nanoseconds.
struct PoolLimits: Equatable, Sendable {
    var maximum: Int
    var minimum: Int
    var shared: Int
    var maxWaiters: Int
    /// How many connections are opened at a time; one while the server is unreachable.
    var parallelOpenings = 4
    var idleTimeout: UInt64
    var lifetime: UInt64
    /// An attempt that takes longer than this counts as failed, though its thread still waits.
    var openingTimeout: UInt64
    var backoff = Backoff()
}

extension PoolLimits {
    init(_ configuration: PostgresConfiguration) {
        let maximum = max(2, configuration.maximum)
        self.init(
            maximum: maximum, minimum: min(maximum, max(1, configuration.minimum)),
            shared: min(maximum - 1, max(1, configuration.sharedConnections)), maxWaiters: max(0, configuration.maxWaiters),
            idleTimeout: configuration.idleTimeout.nanosecondsClamped,
            lifetime: configuration.maxLifetime.nanosecondsClamped,
            openingTimeout: configuration.connectTimeout.nanosecondsClamped)
    }
}

extension PostgresError {
    /// The error of a caller that the pool refuses.
    /// - Parameter lastError: why the last connection was lost or could not be opened
    init(_ refusal: PoolState.Refusal, isHung: Bool, lastError: PostgresError?) {
        switch refusal {
        case .exhausted: self.init(.poolExhausted, "no connection was free in time")
        case .closed: self.init(.closed, "the pool is closed")
        case .unavailable:
            self.init(
                .connectionUnavailable, isHung ? "the server does not answer" : lastError?.message, sqlState: lastError?.sqlState)
        }
    }
}
