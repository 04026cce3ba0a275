import CoreMetrics
import Dispatch
import EventLoop
import Synchronization
import Testing

@testable import Passwords

/// Runs `body` as a task on a new loop and hands back what it returns.
func onLoop<Value: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Value) async throws -> Value {
    let loop = try EventLoop(label: "test.passwords")
    defer { loop.stop() }
    return try await withCheckedThrowingContinuation { continuation in
        loop.execute {
            loop.run {
                do { continuation.resume(returning: try await body(loop)) } catch { continuation.resume(throwing: error) }
            }
        }
    }
}

/// The queue of passwords.
@Suite("Password queue")
struct PasswordHasherTests {
    private static func hasher(threads: Int, queue: Int) -> PasswordHasher {
        var settings = PasswordHasherSettings()
        settings.threads = threads
        settings.queueLength = queue
        return PasswordHasher(settings, metrics: NOOPMetricsHandler.instance)
    }

    @Test("work runs off the loop, and its result or its error comes back")
    func work() async throws {
        struct Trouble: Error {}
        let hasher = Self.hasher(threads: 2, queue: 4)
        try await onLoop { loop in
            let value = try await hasher.run(on: loop) { () -> Int in
                #expect(!loop.inLoop)
                return 7
            }
            #expect(value == 7)
            await #expect(throws: Trouble.self) { try await hasher.run(on: loop) { throw Trouble() } }
        }
    }

    @Test("what does not fit into the queue is refused at once, and the queue goes on")
    func full() async throws {
        let hasher = Self.hasher(threads: 1, queue: 2)
        let gate = DispatchSemaphore(value: 0)
        try await onLoop { loop in
            let begun = Promise<Void>(on: loop)
            let results = Mutex<[Int]>([])
            let tasks = (0..<3).map { number in
                loop.run {
                    let value = try? await hasher.run(on: loop) { () -> Int in
                        loop.execute { begun.succeed(()) }
                        gate.wait()
                        return number
                    }
                    if let value { results.withLock { $0.append(value) } }
                }
            }
            try await begun.value()
            await #expect(throws: PasswordQueueFullError.self) { try await hasher.run(on: loop) { 9 } }
            for _ in tasks { gate.signal() }
            for task in tasks { await task.value }
            #expect(results.withLock { $0 } == [0, 1, 2])
            #expect(try await hasher.run(on: loop) { 9 } == 9)
        }
    }
}
