import EventLoop
import Foundation
import Formats
import HTTPClient
import Logging
import TestSupport
import Testing

@testable import AWS

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Runs `body` as a task on a new loop with an HTTP client, and hands back what it returns.
func withClient<Value: Sendable>(_ body: @escaping @Sendable (HTTPClient) async throws -> Value) async throws -> Value {
    let loop = try EventLoop(label: "test.aws")
    defer { loop.stop() }
    return try await withCheckedThrowingContinuation { continuation in
        loop.execute {
            loop.run {
                let client = HTTPClient(loop: loop, settings: HTTPClientSettings(name: "test"), logger: quiet)
                do {
                    let value = try await body(client)
                    await client.close()
                    continuation.resume(returning: value)
                } catch {
                    await client.close()
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}

extension HTTPClient {
    /// A provider of the peer's credentials.
    func provider(
        _ url: String, _ authorization: AWSCredentialsSource.Authorization? = nil, now: @escaping () -> Timestamp = { .now }
    )
        -> AWSCredentialsProvider
    {
        AWSCredentialsProvider(
            loop: loop, source: .container(.init(url: url, authorization: authorization)), client: self, logger: quiet, now: now)
    }
}

/// The error of `body`, if it fails.
func awsError(_ body: () async throws(AWSError) -> Void) async -> AWSError? {
    do { try await body() } catch { return error }
    return nil
}
