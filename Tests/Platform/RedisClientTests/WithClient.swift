import EventLoop
import Logging
import TestSupport
import Testing

@testable import RedisClient

/// Runs `body` as a task on a new loop and hands back what it returns.
func onLoop<Value: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Value) async throws -> Value {
    let loop = try EventLoop(label: "test.redis")
    defer { loop.stop() }
    return try await withCheckedThrowingContinuation { continuation in
        loop.execute {
            loop.run {
                do { continuation.resume(returning: try await body(loop)) } catch { continuation.resume(throwing: error) }
            }
        }
    }
}

/// Runs `body` on a loop with a started client, and closes it.
func withClient<Value: Sendable>(
    _ configuration: RedisConfiguration, logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    _ body: @escaping @Sendable (RedisClient) async throws -> Value
) async throws -> Value {
    try await onLoop { loop in
        let client = RedisClient(loop: loop, configuration: configuration, logger: logger)
        client.start()
        do {
            let value = try await body(client)
            await client.close()
            return value
        } catch {
            await client.close()
            throw error
        }
    }
}

extension RedisConfiguration {
    /// For a test server, with timeouts for a busy machine.
    static func patient(_ url: String) throws -> RedisConfiguration {
        var configuration = try RedisConfiguration(url: url)
        configuration.commandTimeout = .seconds(10)
        configuration.connectTimeout = .seconds(10)
        return configuration
    }
}

/// Checks the condition every few milliseconds until it holds; records an issue where it never does.
func expectEventually(
    _ loop: EventLoop, seconds: Double = 10, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = TestSupport.Deadline(seconds: seconds)
    while !deadline.isOver {
        if try await condition() { return }
        try await loop.sleep(for: .milliseconds(5))
    }
    Issue.record("it did not come about within \(seconds) s", sourceLocation: sourceLocation)
}

/// The error that `body` throws, if it is a `RedisError`.
func redisError(_ body: () async throws -> Void) async -> RedisError? {
    do { try await body() } catch { return error as? RedisError }
    return nil
}

extension RedisClient {
    /// The error of a GET, if it fails.
    func errorOfGet() async -> RedisError? { await redisError { _ = try await self.get("k") } }

    /// The error of a PING, if it fails.
    func errorOfPing() async -> RedisError? { await redisError { _ = try await self.ping() } }
}
