import EventLoop
import Logging
import PostgresClient
import Synchronization
import Testing
import TestSupport

/// Runs `body` as a task on a new loop and hands back what it returns.
func onLoop<Value: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Value) async throws -> Value {
    let loop = try EventLoop(label: "test.loop")
    defer { loop.stop() }
    return try await withCheckedThrowingContinuation { continuation in
        loop.execute {
            loop.run {
                do { continuation.resume(returning: try await body(loop)) } catch { continuation.resume(throwing: error) }
            }
        }
    }
}

/// Runs `body` with a pool on a new loop, connected to `url` or the shared test server.
func withPool<Value: Sendable>(
    _ url: String? = nil, configure: @escaping @Sendable (inout PostgresConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (PostgresPool, EventLoop) async throws -> Value
) async throws -> Value {
    let url = try url ?? TestEnvironment.read().databaseURL
    return try await onLoop { loop in
        var configuration = try PostgresConfiguration(connectionString: url)
        configuration.maximum = 6
        configuration.minimum = 2
        configuration.sharedConnections = 2
        configuration.readTimeout = .zero
        configure(&configuration)
        let pool = PostgresPool(loop: loop, configuration: configuration, logger: quiet)
        pool.start()
        let result: Result<Value, any Error>
        do { result = .success(try await body(pool, loop)) } catch { result = .failure(error) }
        await pool.close()
        return try result.get()
    }
}

/// A logger without output.
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// The error that `body` throws, if it is a `PostgresError`.
func postgresError(_ body: () async throws -> Void) async -> PostgresError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? PostgresError
    }
}

/// Waits until the condition holds; false once `limit` has passed.
func eventually(
    within limit: Duration = .seconds(20), _ loop: EventLoop, _ isTrue: () async throws -> Bool
) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if (try? await isTrue()) == true { return true }
        try await loop.sleep(for: .milliseconds(10))
    }
    return false
}

/// Runs `count` tasks on the loop at the same time and waits for all of them.
func concurrently(_ count: Int, on loop: EventLoop, _ body: @escaping (Int) async throws -> Void) async throws {
    let done = Promise<Void>(on: loop)
    var left = count
    for number in 0..<count {
        loop.run {
            do { try await body(number) } catch { done.fail(error) }
            left -= 1
            if left == 0 { done.succeed(()) }
        }
    }
    try await done.value()
}

/// A barrier for tasks of a loop.
final class Meeting {
    private let all: Promise<Void>
    private var missing: Int

    init(of count: Int, on loop: EventLoop) {
        all = Promise(on: loop)
        missing = count
    }

    /// Returns once as many have arrived as are expected.
    func arrive() async throws {
        missing -= 1
        if missing == 0 { all.succeed(()) }
        try await all.value()
    }
}
