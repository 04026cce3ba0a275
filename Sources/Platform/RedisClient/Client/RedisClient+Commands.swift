import CSystem

extension RedisClient {
    /// The value of `key`; nil where there is none (GET).
    package func get(_ key: String) async throws -> [UInt8]? {
        switch try await send(["GET", .text(key)]) {
        case .string(let bytes): return bytes
        case .null: return nil
        case let other: throw unexpected(other)
        }
    }

    /// Sets a value that expires, in whole milliseconds and at least one (SET … PX).
    package func set(_ key: String, _ value: [UInt8], expiresIn: Duration) async throws {
        let milliseconds = Int64(clamping: max(1, expiresIn.nanosecondsClamped / 1_000_000))
        let reply = try await send(["SET", .text(key), .bytes(value), "PX", .integer(milliseconds)])
        guard reply == .status("OK") else { throw unexpected(reply) }
    }

    /// Sets a key without a value of interest, unless it exists; whether it did not (SET … NX PX).
    package func setIfAbsent(_ key: String, expiresIn time: Duration) async throws -> Bool {
        let milliseconds = Int64(clamping: max(1, time.nanosecondsClamped / 1_000_000))
        switch try await send(["SET", .text(key), "1", "NX", "PX", .integer(milliseconds)]) {
        case .status("OK"): return true
        case .null: return false
        case let other: throw unexpected(other)
        }
    }

    /// Deletes keys, whether they exist or not; their memory is freed by Redis in the background (UNLINK).
    package func delete(_ keys: [String]) async throws {
        guard !keys.isEmpty else { return }
        let reply = try await send(["UNLINK"] + keys.map { .text($0) })
        guard case .integer = reply else { throw unexpected(reply) }
    }

    /// How long a round trip takes (PING).
    package func ping() async throws -> Duration {
        let start = csystem_monotonic()
        let reply = try await send(["PING"])
        guard reply == .status("PONG") else { throw unexpected(reply) }
        return .nanoseconds(Int64(clamping: csystem_monotonic() &- start))
    }

    private func unexpected(_ reply: RedisValue) -> RedisError {
        if case .error(let message) = reply { return RedisError(.server, message) }
        return RedisError(.unexpectedReply, "a reply of another kind than the command has")
    }
}
