import EventLoop
import Logging
import PostgresClient

/// Runs a test on a loop with a pool.
package enum StoreLoop {
    package static func run(_ url: String, _ body: @escaping (PostgresPool, EventLoop) async throws -> Void) async throws {
        let loop = try EventLoop(label: "test.store")
        defer { loop.stop() }
        // Safe: it runs once, on the loop.
        nonisolated(unsafe) let body = body
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            loop.execute {
                loop.run {
                    do {
                        var configuration = try PostgresConfiguration(connectionString: url)
                        configuration.maximum = 4
                        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                        let pool = PostgresPool(loop: loop, configuration: configuration, logger: quiet)
                        pool.start()
                        do {
                            try await body(pool, loop)
                        } catch {
                            await pool.close()
                            throw error
                        }
                        await pool.close()
                        continuation.resume()
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
            }
        }
    }
}
