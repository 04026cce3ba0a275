/// The token bucket of one client, by the generic cell rate algorithm (ITU-T I.371, 2004, annex A): a pure value.
///
/// Its whole state is the time at which it will be full again: one number, and no timer to refill it.
struct RateBucket: Sendable, Equatable {
    /// Whether a request is allowed, and the bucket after it.
    struct Decision: Sendable, Equatable {
        let isAllowed: Bool
        /// How many more requests are allowed now.
        let remaining: Int
        /// The time until the bucket is full, in nanoseconds.
        let reset: UInt64
        /// The time until the next request is allowed, in nanoseconds.
        let wait: UInt64
    }

    /// When the bucket will be full, in nanoseconds of the monotonic clock.
    private(set) var full: UInt64 = 0

    /// Takes a request, if the bucket has enough left.
    /// - Parameter cost: how many plain requests it counts as, at most the quota
    mutating func take(_ policy: RatePolicy, at now: UInt64, cost: Int = 1) -> Decision {
        let level = level(at: now)
        let amount = policy.amount(of: cost)
        let isAllowed = level + amount <= policy.capacity
        if isAllowed { full = now + level + amount }
        return decision(policy, at: now, isAllowed, cost: isAllowed ? 1 : cost)
    }

    /// Records that a shared bucket is this far from full, in nanoseconds. This one then has no more left.
    mutating func learn(_ level: UInt64, _ policy: RatePolicy, at now: UInt64) {
        full = max(full, now + min(level, policy.capacity))
    }

    /// - Parameter cost: how many plain requests the next request counts as
    func decision(_ policy: RatePolicy, at now: UInt64, _ isAllowed: Bool, cost: Int = 1) -> Decision {
        let amount = policy.amount(of: cost)
        let level = min(level(at: now), policy.capacity)
        let room = policy.capacity - level
        return Decision(
            isAllowed: isAllowed, remaining: Int(clamping: room / policy.interval), reset: level,
            wait: room >= amount ? 0 : amount - room)
    }

    /// How far the bucket is from full, in nanoseconds.
    func level(at now: UInt64) -> UInt64 { full > now ? full - now : 0 }
}
