import EventLoop
import Foundation
import Logging

/// An event loop for the length of a test.
enum LoopRun {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func run(_ body: @escaping (EventLoop) async throws -> Void) async throws {
        let loop = try EventLoop(label: "test.webhooks")
        defer { loop.stop() }
        // Safe: it runs once, on the loop.
        nonisolated(unsafe) let body = body
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            loop.execute {
                loop.run {
                    do {
                        try await body(loop)
                        continuation.resume()
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
            }
        }
    }
}
