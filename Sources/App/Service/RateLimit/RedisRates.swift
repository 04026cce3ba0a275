import RedisClient
import Web

/// The clients' buckets in Redis, where all loops and tasks share them. Confined to its loop.
///
/// A bucket is one number, when it will be full by Redis' own clock, so that clocks of tasks need not agree; and it is gone when it
/// is full, so that Redis remembers nobody for longer than the policy's window. Looking and taking are one script, which Redis runs
/// without anything in between (EVALSHA).
final class RedisRates: SharedRates {
    /// Arguments: what to take, what a full bucket holds (microseconds both), and whether it was used already.
    /// Returns whether it was there, and how far the bucket is from being full.
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
    /// What Redis calls the script; nil as long as it was not given to it.
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
            // A Redis that was started anew, or another one since a failover, has no script yet.
            guard case .error(let message) = reply, message.hasPrefix("NOSCRIPT") else { return try Self.read(reply) }
        }
        guard case .string(let bytes) = try await redis.send(["SCRIPT", "LOAD", .text(Self.script)]) else {
            throw RedisError(.unexpectedReply, "the script was not taken")
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
