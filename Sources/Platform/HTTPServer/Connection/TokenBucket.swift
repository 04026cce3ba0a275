/// Limits a rate and a burst, with the generic cell rate algorithm (ITU-T I.371).
///
/// A value without a clock: its state is the time when the bucket is full again, in nanoseconds of the monotonic clock.
struct TokenBucket: Sendable, Equatable {
    /// How long one token takes to return, in nanoseconds; 0 is without limit.
    private let interval: UInt64
    /// How long the whole burst takes to return.
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

    /// Whether no token is missing, as in a new bucket.
    func isFull(at now: UInt64) -> Bool { full <= now }

    /// Whether a token is available.
    func isReady(at now: UInt64) -> Bool {
        var copy = self
        return copy.take(at: now)
    }

    /// Takes this many tokens, or none where they are not available.
    mutating func take(_ count: Int = 1, at now: UInt64) -> Bool {
        guard interval > 0, count > 0 else { return true }
        let level = full > now ? full - now : 0
        let (cost, overflow) = interval.multipliedReportingOverflow(by: UInt64(clamping: count))
        guard !overflow, cost <= capacity, level <= capacity - cost else { return false }
        full = now &+ level &+ cost
        return true
    }
}

/// A bucket for each client, up to a few thousand. A flood from more clients than that needs other means.
struct ClientBuckets {
    static let most = 4_096

    private let new: TokenBucket
    private var buckets: [String: TokenBucket] = [:]

    /// Every client's bucket has this rate and burst.
    init(rate: Int, burst: Int) { new = TokenBucket(rate: rate, burst: burst) }

    var count: Int { buckets.count }

    /// Takes one token of a client; whether it was available.
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
