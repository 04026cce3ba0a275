import EventLoop
import Foundation
import Logging
import TestSupport
import Testing

@testable import HTTPClient

/// Runs `body` as a task on a new loop and hands back what it returns.
func onLoop<Value: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Value) async throws -> Value {
    let loop = try EventLoop(label: "test.http")
    defer { loop.stop() }
    return try await withCheckedThrowingContinuation { continuation in
        loop.execute {
            loop.run {
                do { continuation.resume(returning: try await body(loop)) } catch { continuation.resume(throwing: error) }
            }
        }
    }
}

/// Runs `body` on a loop with a client, and closes it.
func withHTTPClient<Value: Sendable>(
    _ settings: HTTPClientSettings = HTTPClientSettings(name: "test"),
    _ body: @escaping @Sendable (HTTPClient) async throws -> Value
) async throws -> Value {
    try await onLoop { loop in
        let client = HTTPClient(loop: loop, settings: settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
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

extension HTTPClient {
    /// Sends a request to a peer with a patient timeout.
    func get(
        _ url: String, maximumBodyBytes: Int = 1 << 20, oversizedBody: HTTPClientRequest.OversizedBody = .fail
    ) async throws
        -> HTTPClientResponse
    {
        try await send(
            HTTPClientRequest(url: url, timeout: .seconds(30), maximumBodyBytes: maximumBodyBytes, oversizedBody: oversizedBody))
    }

    /// The error of a request, if it fails.
    func failure(_ request: HTTPClientRequest) async -> HTTPClientError? {
        do throws(HTTPClientError) { _ = try await send(request) } catch { return error }
        return nil
    }

    /// The error of a GET, if it fails.
    func failure(_ url: String, timeout: Duration = .seconds(30)) async -> HTTPClientError? {
        await failure(HTTPClientRequest(url: url, timeout: timeout))
    }
}

extension PeerProcess {
    /// The plain HTTP server of `http_peer`.
    var http: String {
        get throws { "http://127.0.0.1:\(try value("http"))" }
    }
}

extension HTTPClientResponse {
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a JSON object.
    var object: [String: Any] {
        get throws { try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]) }
    }
}

/// The number of this process's open descriptors.
func openDescriptors() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }

/// The memory of this process that is in RAM, in bytes (proc_pid_statm(5)).
func residentMemory() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return try #require(Int(fields[1])) * 4_096
}

/// Waits until the condition holds; records an issue where it does not within the time.
func expectEventually(
    _ loop: EventLoop, seconds: Double = 20, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = TestSupport.Deadline(seconds: seconds)
    while !deadline.isOver {
        if try await condition() { return }
        try await loop.sleep(for: .milliseconds(10))
    }
    Issue.record("it did not come about within \(seconds) s", sourceLocation: sourceLocation)
}
