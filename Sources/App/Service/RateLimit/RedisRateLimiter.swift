import RedisClient
import Web

/// The clients' token buckets in Redis, shared by all loops and processes. Confined to its loop.
///
/// A bucket is one number: the time at which it is full, by the clock of Redis, so the clocks of processes need not agree. A full
/// bucket is not stored, so Redis keeps a client no longer than the policy's window. One script reads and takes, which Redis runs
/// atomically (EVALSHA).
final class RedisRateLimiter: SharedRates {
    /// Arguments: the amount to take and the capacity of a bucket, both in microseconds, and `1` if the amount was used already.
    /// It returns whether the bucket held the amount, and how far the bucket now is from being full.
    private static let script = """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local full = tonumber(redis.call('GET', KEYS[1]) or 0)
        if full < now then full = now end
        local take, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])
        if full + take - now > capacity then
            if ARGV[3] == '0' then return {0, full - now} end
            full = now + capacity - take
        end
        full = full + take
        redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.max(1, math.ceil((full - now) / 1000)))
        return {1, full - now}
        """

    private let redis: RedisClient
    /// The script's name in Redis; nil until Redis has loaded the script.
    private var digest: String?

    init(_ redis: RedisClient) { self.redis = redis }

    func take(_ policy: RatePolicy, of client: String) async throws -> (isAllowed: Bool, level: UInt64) {
        try await run(1, policy, client, isUsed: false)
    }

    func report(_ count: Int, _ policy: RatePolicy, of client: String) async throws -> UInt64 {
        try await run(count, policy, client, isUsed: true).level
    }

    private func run(
        _ count: Int, _ policy: RatePolicy, _ client: String, isUsed: Bool
    ) async throws -> (isAllowed: Bool, level: UInt64) {
        let window = Int64(clamping: policy.window) * 1_000_000
        let take = min(window, max(1, window / Int64(clamping: policy.quota)) * Int64(clamping: min(count, policy.quota)))
        let rest: [RedisArgument] = [
            "1", .text("commerce:rate:\(policy.name):\(client)"), .integer(take), .integer(window), isUsed ? "1" : "0",
        ]
        if let digest {
            let reply = try await redis.send(["EVALSHA", .text(digest)] + rest)
            // After a restart or a failover, Redis does not have the script.
            guard case .error(let message) = reply, message.hasPrefix("NOSCRIPT") else { return try Self.read(reply) }
        }
        guard case .string(let bytes) = try await redis.send(["SCRIPT", "LOAD", .text(Self.script)]) else {
            throw RedisError(.unexpectedReply, "the script was not loaded")
        }
        let digest = String(decoding: bytes, as: UTF8.self)
        self.digest = digest
        return try Self.read(try await redis.send(["EVALSHA", .text(digest)] + rest))
    }

    private static func read(_ reply: RedisValue) throws -> (isAllowed: Bool, level: UInt64) {
        guard case .array(let parts) = reply, parts.count == 2, case .integer(let isAllowed) = parts[0],
            case .integer(let level) = parts[1]
        else {
            if case .error(let message) = reply { throw RedisError(.server, message) }
            throw RedisError(.unexpectedReply, "not what the script returns")
        }
        let (nanoseconds, overflow) = UInt64(clamping: level).multipliedReportingOverflow(by: 1_000)
        return (isAllowed == 1, overflow ? .max : nanoseconds)
    }
}
