import DequeModule

/// Which connections there are, who has them, who waits, and what is to be done about it.
///
/// A value without sockets, clock or chance: time comes in as nanoseconds, chance as a number from 0 up to 1,
/// and what has to happen comes out as ``Action``s in the order they are to be done.
package struct PoolState: Sendable {
    enum Action: Equatable, Sendable {
        /// Open a connection; ``opened(_:now:chance:)`` or ``openingFailed(_:now:chance:)`` follows.
        case open(Int)
        /// Let the connection carry reads for everybody.
        case share(Int)
        /// Let no more reads onto it; ``drained(_:now:)`` follows once it has none.
        case retire(Int)
        /// Give the connection to the waiter.
        case lend(Int, to: Int)
        case refuse(Int, Refusal)
        case close(Int)
    }

    enum Refusal: Equatable, Sendable {
        /// The server is known to be away.
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

    struct Member: Equatable, Sendable {
        var phase: Phase
        var expires: UInt64 = .max
    }

    struct Waiter: Equatable, Sendable {
        let id: Int
        let deadline: UInt64
    }

    let limits: PoolLimits
    private(set) var members: [Int: Member] = [:]
    /// Counted as members change, since every lease asks for them.
    package private(set) var opening = 0
    package private(set) var leased = 0
    package private(set) var shared = 0
    /// The most recently used last: that one's caches are warm, the others may time out.
    private(set) var idle: [Int] = []
    private(set) var waiters = Deque<Waiter>()
    /// Attempts to connect that failed in a row.
    package private(set) var failures = 0
    private var retryAt: UInt64 = 0
    private var nextID = 0
    private(set) var isRunning = false
    /// The server accepts and answers nothing: set and lifted by whoever watches for signs of life.
    private(set) var isHung = false

    init(limits: PoolLimits) { self.limits = limits }

    // MARK: What others may see

    /// Connections that are open.
    package var open: Int { members.count - opening }
    package var idling: Int { idle.count }
    package var waiting: Int { waiters.count }
    /// Whether a statement sent now has a good chance.
    package var isUsable: Bool { isRunning && !isHung && open > 0 }

    /// Changes what a connection is for; nil where it is no more.
    private mutating func set(_ id: Int, _ phase: Phase?) {
        switch members[id]?.phase {
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
        if let phase { members[id, default: Member(phase: phase)].phase = phase } else { members[id] = nil }
    }

    /// Whether it is known that asking is in vain: no connection, and the last attempt failed or takes too long;
    /// or the server hangs.
    func isDown(now: UInt64) -> Bool {
        if isHung { return true }
        guard open == 0 else { return false }
        return failures > 0 || members.values.contains { $0.phase.isOverdue(now: now, timeout: limits.openingTimeout) }
    }

    /// Whether reads can't be had: no shared connection, and little hope of one soon.
    func isDownForReads(now: UInt64) -> Bool { isDown(now: now) || (shared == 0 && failures > 0) }

    // MARK: Events

    mutating func start(now: UInt64) -> [Action] {
        isRunning = true
        return openMissing(now: now)
    }

    /// Takes no more callers, closes what is unused; the rest follows as it comes back.
    mutating func stop() -> [Action] {
        isRunning = false
        var actions: [Action] = waiters.map { .refuse($0.id, .closed) }
        waiters = []
        for (id, member) in members.sorted(by: { $0.key < $1.key }) {
            switch member.phase {
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

    /// Somebody wants a connection for themselves.
    mutating func acquire(_ waiter: Int, now: UInt64, deadline: UInt64) -> [Action] {
        guard isRunning else { return [.refuse(waiter, .closed)] }
        if isHung { return [.refuse(waiter, .unavailable)] }
        if let id = idle.popLast() {
            set(id, .leased)
            return [.lend(id, to: waiter)]
        }
        if isDown(now: now) { return [.refuse(waiter, .unavailable)] }
        guard waiters.count < limits.maxWaiters else { return [.refuse(waiter, .exhausted)] }
        waiters.append(Waiter(id: waiter, deadline: deadline))
        return openMissing(now: now)
    }

    /// The waiter was cancelled.
    mutating func abandon(_ waiter: Int) { waiters.removeAll { $0.id == waiter } }

    mutating func opened(_ id: Int, now: UInt64, chance: Double) -> [Action] {
        failures = 0
        retryAt = 0
        guard members[id] != nil else { return [.close(id)] }
        guard isRunning else { return [close(id)] }
        // Up to a tenth earlier, so that those opened together don't expire together.
        let earlier = UInt64(Double(limits.lifetime / 10) * min(max(0, chance), 0.999))
        members[id]?.expires = now.adding(limits.lifetime - min(earlier, limits.lifetime))
        return place(id, now: now) + openMissing(now: now)
    }

    mutating func openingFailed(_ id: Int, now: UInt64, chance: Double) -> [Action] {
        set(id, nil)
        return countFailure(now: now, chance: chance)
    }

    /// The borrower is done. The connection is in no transaction.
    mutating func release(_ id: Int, now: UInt64) -> [Action] {
        guard let member = members[id] else { return [.close(id)] }
        guard isRunning, member.expires > now else { return [close(id)] + openMissing(now: now) }
        return place(id, now: now)
    }

    /// A connection broke.
    mutating func lost(_ id: Int, now: UInt64) -> [Action] {
        remove(id)
        return fillShared() + openMissing(now: now)
    }

    /// A retired connection has nothing left to answer.
    mutating func drained(_ id: Int, now: UInt64) -> [Action] {
        guard members[id]?.phase == .retiring else { return [] }
        return [close(id)] + openMissing(now: now)
    }

    /// A shared connection has too much before it to be of use soon: it ends once it is through, and another takes its place.
    mutating func replaceShared(_ id: Int, now: UInt64) -> [Action] {
        guard isRunning, members[id]?.phase == .shared else { return [] }
        set(id, .retiring)
        return [.retire(id)] + fillShared() + openMissing(now: now)
    }

    /// The server gives no sign of life, or does again.
    mutating func hung(_ hangs: Bool, now: UInt64) -> [Action] {
        isHung = hangs
        return hangs ? refuseAll() : openMissing(now: now)
    }

    /// Opens one connection to see whether the server answers at all, if there may be one more.
    mutating func openProbe(now: UInt64) -> [Action] {
        guard isRunning, members.count < limits.maximum, opening == 0 else { return [] }
        return [beginOpening(now: now)]
    }

    /// Time has passed: see ``nextTick``.
    mutating func tick(now: UInt64) -> [Action] {
        var actions: [Action] = []
        for waiter in waiters where waiter.deadline <= now { actions.append(.refuse(waiter.id, .exhausted)) }
        waiters.removeAll { $0.deadline <= now }
        if isDown(now: now) { actions += refuseAll() }
        for id in idle {
            guard case .idle(let since) = members[id]?.phase, let expires = members[id]?.expires else { continue }
            let isSpare = open > limits.minimum && now >= since && now - since >= limits.idleTimeout
            if isSpare || expires <= now { actions.append(close(id)) }
        }
        for (id, member) in members where member.phase == .shared && member.expires <= now {
            set(id, .retiring)
            actions.append(.retire(id))
        }
        return actions + fillShared() + openMissing(now: now)
    }

    /// When ``tick(now:)`` has something to do again, if ever.
    var nextTick: UInt64? {
        var next = UInt64.max
        let hasSpare = open > limits.minimum
        for waiter in waiters { next = min(next, waiter.deadline) }
        if isRunning && missing > 0 && failures > 0 && opening == 0 { next = min(next, retryAt) }
        for member in members.values {
            switch member.phase {
            case .idle(let since):
                next = min(next, member.expires)
                if hasSpare { next = min(next, since.adding(limits.idleTimeout)) }
            case .shared: next = min(next, member.expires)
            case .opening(let since) where !waiters.isEmpty && open == 0:
                next = min(next, since.adding(limits.openingTimeout).adding(1))
            case .opening, .leased, .retiring: break
            }
        }
        return next == .max ? nil : next
    }

    // MARK: Rules

    /// Where a connection that is free goes: reads first, then whoever waits longest, then to the unused.
    private mutating func place(_ id: Int, now: UInt64) -> [Action] {
        if shared < limits.shared {
            set(id, .shared)
            return [.share(id)]
        }
        if let waiter = waiters.popFirst() {
            set(id, .leased)
            return [.lend(id, to: waiter.id)]
        }
        set(id, .idle(since: now))
        idle.append(id)
        return []
    }

    /// An unused connection takes the place of a shared one that is gone: sooner there than a new one.
    private mutating func fillShared() -> [Action] {
        var actions: [Action] = []
        while isRunning, shared < limits.shared, let id = idle.popLast() {
            set(id, .shared)
            actions.append(.share(id))
        }
        return actions
    }

    /// How many connections ought to be opened, besides those being opened.
    private var missing: Int {
        let wanted = max(0, limits.shared - shared) + waiters.count
        return min(limits.maximum, max(limits.minimum, open + wanted)) - members.count
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

    private mutating func countFailure(now: UInt64, chance: Double) -> [Action] {
        // Attempts that ran side by side fail together, and count once.
        if failures == 0 || now >= retryAt {
            failures += 1
            retryAt = now.adding(max(1, limits.backoff.wait(after: failures, chance: chance)))
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
