/// One client's bucket: a pure value, by the generic cell rate algorithm (ITU-T I.371, 2004, annex A).
///
/// All there is to know is when the bucket will be full again, which needs no timer to fill it and one number to keep.
struct RateBucket: Sendable, Equatable {
    /// What came of a request, and how the bucket is after it.
    struct Decision: Sendable, Equatable {
        let isAllowed: Bool
        /// How many more may come at once.
        let remaining: Int
        /// Until the bucket is full, in nanoseconds.
        let reset: UInt64
        /// Until the next may come, in nanoseconds; 0 if it may.
        let wait: UInt64
    }

    /// When it is full, in nanoseconds of the monotonic clock.
    private(set) var full: UInt64 = 0

    /// Takes a request's worth, if that is there.
    /// - Parameter cost: how many plain requests it counts as; one that is above the quota counts as that
    mutating func take(_ policy: RatePolicy, at now: UInt64, cost: Int = 1) -> Decision {
        let level = level(at: now)
        let amount = policy.amount(of: cost)
        let isAllowed = level + amount <= policy.capacity
        if isAllowed { full = now + level + amount }
        return decision(policy, at: now, isAllowed, cost: isAllowed ? 1 : cost)
    }

    /// Learns from elsewhere how far the bucket is from being full, in nanoseconds; it is not fuller than that.
    mutating func learn(_ level: UInt64, _ policy: RatePolicy, at now: UInt64) {
        full = max(full, now + min(level, policy.capacity))
    }

    /// - Parameter cost: what the one that may come next counts as
    func decision(_ policy: RatePolicy, at now: UInt64, _ isAllowed: Bool, cost: Int = 1) -> Decision {
        let amount = policy.amount(of: cost)
        let level = min(level(at: now), policy.capacity)
        let room = policy.capacity - level
        return Decision(
            isAllowed: isAllowed, remaining: Int(clamping: room / policy.interval), reset: level,
            wait: room >= amount ? 0 : amount - room)
    }

    /// How far it is from being full.
    func level(at now: UInt64) -> UInt64 { full > now ? full - now : 0 }
}
