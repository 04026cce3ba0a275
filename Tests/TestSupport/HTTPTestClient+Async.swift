extension HTTPTestClient {
    /// Sends a request and waits for the answer without blocking the caller's thread.
    package func request(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> HTTPTestResponse {
        try await onOwnThread { try self.request(method, path, headers: headers, body: body) }
    }

    /// Sends a body of JSON text without blocking the caller's thread.
    package func request(
        _ method: String, _ path: String, headers: [(String, String)] = [], json: String
    ) async throws -> HTTPTestResponse {
        try await onOwnThread { try self.request(method, path, headers: headers, json: json) }
    }
}
