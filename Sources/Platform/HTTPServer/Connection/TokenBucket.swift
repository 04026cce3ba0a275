/// How much may come in a time, and how much at once: a pure value, by the generic cell rate algorithm (ITU-T I.371).
///
/// All there is to know is when the bucket will be full again; time comes in as nanoseconds of the monotonic clock.
struct TokenBucket: Sendable, Equatable {
    /// How long one token takes to come back, in nanoseconds; 0: there are always enough.
    private let interval: UInt64
    /// How long the whole burst takes to come back.
    private let capacity: UInt64
    private var full: UInt64 = 0

    /// - Parameters:
    ///   - rate: tokens a second; 0 or less is without limit
    ///   - burst: tokens of a full bucket, at least 1
    init(rate: Int, burst: Int) {
        interval = rate > 0 ? max(1, 1_000_000_000 / UInt64(rate)) : 0
        let (capacity, overflow) = interval.multipliedReportingOverflow(by: UInt64(clamping: max(1, burst)))
        self.capacity = overflow ? .max / 2 : min(capacity, .max / 2)
    }

    /// Whether nothing is missing, so that it is like a new one.
    func isFull(at now: UInt64) -> Bool { full <= now }

    /// Whether one token is there.
    func isReady(at now: UInt64) -> Bool {
        var copy = self
        return copy.take(at: now)
    }

    /// Takes as many tokens; whether they were there. Where they were not, none is taken.
    mutating func take(_ count: Int = 1, at now: UInt64) -> Bool {
        guard interval > 0, count > 0 else { return true }
        let level = full > now ? full - now : 0
        let (cost, overflow) = interval.multipliedReportingOverflow(by: UInt64(clamping: count))
        guard !overflow, cost <= capacity, level <= capacity - cost else { return false }
        full = now &+ level &+ cost
        return true
    }
}

/// A bucket for each client, made when it is first asked for. Not more than a few thousand: a flood from more clients than that
/// has to be met by other means.
struct ClientBuckets {
    static let most = 4_096

    private let new: TokenBucket
    private var buckets: [String: TokenBucket] = [:]

    /// - Parameters: those of every client's bucket.
    init(rate: Int, burst: Int) { new = TokenBucket(rate: rate, burst: burst) }

    var count: Int { buckets.count }

    /// Takes one token of this client's; whether it was there.
    mutating func take(of client: String, at now: UInt64) -> Bool {
        var bucket = buckets[client] ?? new
        guard bucket.take(at: now) else { return false }
        if bucket == new { return true }
        if buckets.count >= Self.most, buckets[client] == nil {
            buckets = buckets.filter { !$0.value.isFull(at: now) }
            if buckets.count >= Self.most { buckets = [:] }
        }
        buckets[client] = bucket
        return true
    }
}
