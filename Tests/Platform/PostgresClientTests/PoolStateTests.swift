import Testing

@testable import PostgresClient

/// The pool's rules, without sockets or clocks.
@Suite struct PoolStateTests {
    private static func limits(
        maximum: Int = 4, minimum: Int = 2, shared: Int = 1, maxWaiters: Int = 3
    ) -> PoolLimits {
        PoolLimits(
            maximum: maximum, minimum: minimum, shared: shared, maxWaiters: maxWaiters, idleTimeout: 1_000,
            lifetime: 1_000_000, openingTimeout: 500)
    }

    /// A pool that has its minimum open: 1 shared, 2 unused.
    private func warm() -> PoolState {
        var state = PoolState(limits: Self.limits())
        #expect(state.start(now: 0) == [.open(1), .open(2)])
        #expect(state.opened(1, now: 1, random: 0) == [.share(1)])
        #expect(state.opened(2, now: 2, random: 0) == [])
        #expect(state.open == 2 && state.shared == 1 && state.idling == 1 && state.isUsable)
        return state
    }

    @Test func theMostRecentlyUsedConnectionIsLeasedFirst() {
        var state = warm()
        #expect(state.acquire(7, now: 3, deadline: 100) == [.lease(2, to: 7)])
        #expect(state.acquire(8, now: 3, deadline: 100) == [.open(3)])
        #expect(state.opened(3, now: 4, random: 0) == [.lease(3, to: 8)])
        #expect(state.release(2, now: 5) == [])
        #expect(state.release(3, now: 6) == [])
        #expect(state.acquire(9, now: 7, deadline: 100) == [.lease(3, to: 9)])
    }

    @Test func waitersAreServedInOrderAndLimited() {
        var state = warm()
        for (waiter, id) in [(1, 2), (2, 3), (3, 4)] {
            let actions = state.acquire(waiter, now: 3, deadline: 100)
            #expect(actions == (id == 2 ? [.lease(2, to: 1)] : [.open(id)]))
            if id != 2 { #expect(state.opened(id, now: 3, random: 0) == [.lease(id, to: waiter)]) }
        }
        for waiter in 4...6 { #expect(state.acquire(waiter, now: 4, deadline: 100) == []) }
        #expect(state.acquire(7, now: 4, deadline: 100) == [.refuse(7, .exhausted)])
        state.abandon(5)
        #expect(state.release(3, now: 5) == [.lease(3, to: 4)])
        #expect(state.release(2, now: 5) == [.lease(2, to: 6)])
    }

    @Test func waitersAreRefusedAtTheirDeadline() {
        var state = warm()
        for waiter in 1...3 {
            for case .open(let id) in state.acquire(waiter, now: 3, deadline: 1_000_000) {
                _ = state.opened(id, now: 3, random: 0)
            }
        }
        _ = state.acquire(4, now: 4, deadline: 50)
        _ = state.acquire(5, now: 4, deadline: 60)
        #expect(state.nextTick == 50)
        #expect(state.tick(now: 49) == [])
        #expect(state.tick(now: 50) == [.refuse(4, .exhausted)])
        #expect(state.tick(now: 60) == [.refuse(5, .exhausted)])
    }

    @Test func waitersForADeadServerAreRefusedAtOnce() {
        var state = PoolState(limits: Self.limits())
        _ = state.start(now: 0)
        #expect(state.acquire(1, now: 1, deadline: 1_000) == [])
        #expect(state.openingFailed(1, now: 2, random: 1) == [.refuse(1, .unavailable)])
        #expect(state.acquire(2, now: 3, deadline: 1_000) == [.refuse(2, .unavailable)])
        #expect(state.isDown(now: 3) && state.isDownForReads(now: 3) && !state.isUsable)
    }

    @Test func attemptsThatFailTogetherCountOnceAndThenOneRunsAtATime() {
        var state = PoolState(limits: Self.limits())
        _ = state.start(now: 0)
        _ = state.openingFailed(1, now: 2, random: 1)
        _ = state.openingFailed(2, now: 3, random: 1)
        #expect(state.failures == 1)
        #expect(state.opening == 0)
        let retry = state.nextTick ?? 0
        #expect(retry == 2 + Backoff().wait(after: 1, random: 1))
        #expect(state.tick(now: retry - 1) == [])
        #expect(state.tick(now: retry) == [.open(3)])
        #expect(state.nextTick == nil)
        #expect(state.opened(3, now: retry + 1, random: 0) == [.share(3), .open(4)])
        #expect(state.failures == 0)
    }

    @Test func anAttemptThatTakesTooLongCountsAsAFailureForWaiters() {
        var state = PoolState(limits: Self.limits())
        _ = state.start(now: 0)
        _ = state.acquire(1, now: 1, deadline: 100_000)
        #expect(state.nextTick == 501)
        #expect(state.tick(now: 501) == [.refuse(1, .unavailable)])
        #expect(state.opened(1, now: 600, random: 0) == [.share(1)])
        #expect(!state.isDown(now: 600))
    }

    @Test func anUnusedConnectionTakesTheSharedOnesPlace() {
        var state = warm()
        #expect(state.lost(1, now: 5) == [.share(2), .open(3)])
        #expect(state.opened(3, now: 6, random: 0) == [])
        #expect(state.shared == 1 && state.idling == 1)
    }

    @Test func aSharedConnectionThatIsHeldUpIsReplacedAndClosesWhenDrained() {
        var state = PoolState(limits: Self.limits(maximum: 3, minimum: 2, shared: 1))
        #expect(state.start(now: 0) == [.open(1), .open(2)])
        #expect(state.opened(1, now: 1, random: 0) == [.share(1)])
        #expect(state.opened(2, now: 1, random: 0) == [])
        #expect(state.replaceShared(2, now: 2) == [])
        #expect(state.replaceShared(1, now: 2) == [.retire(1), .share(2)])
        #expect(state.replaceShared(1, now: 3) == [])
        #expect(state.replaceShared(2, now: 3) == [.retire(2), .open(3)])
        #expect(state.drained(1, now: 4).first == .close(1))
    }

    @Test func connectionsBeyondTheMinimumAreClosedWhenIdleForLong() {
        var state = warm()
        _ = state.acquire(1, now: 3, deadline: 100)
        _ = state.acquire(2, now: 3, deadline: 100)
        _ = state.opened(3, now: 3, random: 0)
        _ = state.release(2, now: 10)
        _ = state.release(3, now: 20)
        #expect(state.nextTick == 1_010)
        #expect(state.tick(now: 1_010) == [.close(2)])
        #expect(state.tick(now: 5_000) == [])
        #expect(state.open == 2)
    }

    @Test func oldConnectionsAreReplacedWhenUnused() {
        var state = warm()
        _ = state.acquire(1, now: 3, deadline: 100)
        #expect(state.tick(now: 1_000_001) == [.retire(1), .open(3)])
        #expect(state.opened(3, now: 1_000_002, random: 0) == [.share(3)])
        #expect(state.drained(1, now: 1_000_003) == [.close(1)])
        #expect(state.release(2, now: 1_000_004) == [.close(2), .open(4)])
    }

    @Test func extremeTimesDoNotTrap() {
        var limits = Self.limits()
        (limits.lifetime, limits.idleTimeout, limits.openingTimeout) = (.max, .max, .max)
        var state = PoolState(limits: limits)
        _ = state.start(now: .max - 5)
        for id in [1, 2] { _ = state.opened(id, now: .max - 4, random: 0) }
        _ = state.acquire(1, now: .max - 3, deadline: .max)
        #expect(state.tick(now: .max - 1) == [])
        #expect(state.open == 2)
    }

    @Test func lifetimesHaveJitter() {
        var state = PoolState(limits: Self.limits())
        _ = state.start(now: 0)
        _ = state.opened(1, now: 0, random: 0)
        _ = state.opened(2, now: 0, random: 0.5)
        #expect(state.connections[1]?.expires == 1_000_000)
        #expect(state.connections[2]?.expires == 950_000)
    }

    @Test func aHungServerRefusesAllCallersUntilItAnswers() {
        var state = warm()
        _ = state.acquire(1, now: 3, deadline: 100)
        _ = state.acquire(2, now: 3, deadline: 100)
        #expect(state.hung(true, now: 4) == [.refuse(2, .unavailable)])
        #expect(state.acquire(3, now: 5, deadline: 100) == [.refuse(3, .unavailable)])
        #expect(!state.isUsable)
        _ = state.hung(false, now: 6)
        #expect(state.isUsable)
    }

    @Test func aStoppedPoolLetsLeasesFinish() {
        var state = warm()
        _ = state.acquire(1, now: 3, deadline: 100)
        #expect(state.stop() == [.retire(1)])
        #expect(state.acquire(2, now: 4, deadline: 100) == [.refuse(2, .closed)])
        #expect(state.drained(1, now: 5) == [.close(1)])
        #expect(state.release(2, now: 6) == [.close(2)])
        #expect(state.open + state.opening == 0)
        #expect(state.nextTick == nil)
    }

    /// Thousands of random histories, in each of which the rules hold at every step.
    @Test(arguments: 0..<8) func invariantsHoldInRandomHistories(seed: UInt64) {
        for history in 0..<250 {
            var random = SplitMix(seed: seed &* 1_000 + UInt64(history))
            let maximum = Int.random(in: 2...6, using: &random)
            var state = PoolState(
                limits: Self.limits(
                    maximum: maximum, minimum: Int.random(in: 1...maximum, using: &random),
                    shared: Int.random(in: 1..<maximum, using: &random), maxWaiters: Int.random(in: 0...4, using: &random)))
            var world = World(start: state.start(now: 0))
            var now: UInt64 = 1
            for _ in 0..<200 {
                now += UInt64.random(in: 0...400, using: &random)
                world.step(&state, now: now, random: &random)
                #expect(world.complaint(state) == nil, "seed \(seed), history \(history)")
                if world.complaint(state) != nil { return }
            }
            world.settle(&state, now: now + 10_000_000)
            #expect(world.waiting.isEmpty && state.open + state.opening == 0, "seed \(seed), history \(history)")
        }
    }
}

/// A driver of ``PoolState`` that keeps its own account of all connections and waiters.
private struct World {
    var opening: Set<Int> = []
    var open: Set<Int> = []
    var shared: Set<Int> = []
    var retiring: Set<Int> = []
    var leased: [Int: Int] = [:]
    var waiting: Set<Int> = []
    var fault: String?
    private var nextWaiter = 0

    init(start actions: [PoolState.Action]) { obey(actions) }

    mutating func obey(_ actions: [PoolState.Action]) {
        for action in actions {
            switch action {
            case .open(let id): if !opening.insert(id).inserted { fault = "opened twice" }
            case .share(let id):
                if !open.contains(id) || leased[id] != nil || !shared.insert(id).inserted { fault = "shared wrongly" }
            case .retire(let id):
                if shared.remove(id) == nil { fault = "retired what was not shared" }
                retiring.insert(id)
            case .lease(let id, let waiter):
                if !open.contains(id) || shared.contains(id) || leased[id] != nil { fault = "leased what is not free" }
                if waiting.remove(waiter) == nil { fault = "leased to no waiter" }
                leased[id] = waiter
            case .refuse(let waiter, _): if waiting.remove(waiter) == nil { fault = "refused no waiter" }
            case .close(let id):
                if leased[id] != nil || open.remove(id) == nil { fault = "closed wrongly" }
                shared.remove(id)
                retiring.remove(id)
            }
        }
    }

    mutating func step(_ state: inout PoolState, now: UInt64, random: inout SplitMix) {
        let chance = Double.random(in: 0..<1, using: &random)
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6:
            nextWaiter += 1
            waiting.insert(nextWaiter)
            obey(state.acquire(nextWaiter, now: now, deadline: now + UInt64.random(in: 1...2_000, using: &random)))
        case 6..<10: if let id = opening.sorted().first { succeed(&state, id, now: now, random: chance) }
        case 10:
            if let id = opening.sorted().first {
                opening.remove(id)
                obey(state.openingFailed(id, now: now, random: chance))
            }
        case 11..<15: if let id = leased.keys.sorted().randomElement(using: &random) { release(&state, id, now: now) }
        case 15:
            if let id = open.sorted().randomElement(using: &random) {
                open.remove(id)
                shared.remove(id)
                retiring.remove(id)
                leased[id] = nil
                obey(state.lost(id, now: now))
            }
        case 16:
            if let waiter = waiting.sorted().first {
                waiting.remove(waiter)
                state.abandon(waiter)
            }
        case 17: if let id = retiring.sorted().first { obey(state.drained(id, now: now)) }
        case 18 where Bool.random(using: &random):
            if let id = shared.sorted().first { obey(state.replaceShared(id, now: now)) }
        case 18: obey(state.hung(Bool.random(using: &random), now: now) + state.openProbe(now: now))
        default: obey(state.tick(now: now))
        }
    }

    private mutating func succeed(_ state: inout PoolState, _ id: Int, now: UInt64, random chance: Double) {
        opening.remove(id)
        open.insert(id)
        obey(state.opened(id, now: now, random: chance))
    }

    private mutating func release(_ state: inout PoolState, _ id: Int, now: UInt64) {
        leased[id] = nil
        obey(state.release(id, now: now))
    }

    /// The broken rule, if any.
    func complaint(_ state: PoolState) -> String? {
        if let fault { return fault }
        if open.count + opening.count > state.limits.maximum { return "more connections than allowed" }
        if state.open != open.count || state.opening != opening.count { return "counts differ" }
        if state.leased != leased.count || state.waiting != waiting.count { return "leases or waiters differ" }
        if shared.count > state.limits.shared { return "too many shared" }
        if !waiting.isEmpty && state.idling > 0 { return "a waiter waits beside an unused connection" }
        if waiting.count > state.limits.maxWaiters { return "too many wait" }
        return nil
    }

    /// Stops the pool; all leases are released.
    mutating func settle(_ state: inout PoolState, now: UInt64) {
        obey(state.stop())
        for id in opening { succeed(&state, id, now: now, random: 0) }
        for id in leased.keys { release(&state, id, now: now) }
        for id in retiring { obey(state.drained(id, now: now)) }
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
