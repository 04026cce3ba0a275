extension HTTPTestConnection {
    /// As ``response(to:seconds:)``, without blocking the caller's thread.
    package func response(
        to method: String = "GET", seconds: Double = 10
    ) async throws -> (response: HTTPTestResponse, reusable: Bool) {
        try await onOwnThread { try self.response(to: method, seconds: seconds) }
    }

    /// As ``head(seconds:)``, without blocking the caller's thread.
    package func head(seconds: Double = 10) async throws -> HTTPTestResponse {
        try await onOwnThread { try self.head(seconds: seconds) }
    }

    /// As ``chunk(seconds:)``, without blocking the caller's thread.
    package func chunk(seconds: Double = 10) async throws -> [UInt8]? {
        try await onOwnThread { try self.chunk(seconds: seconds) }
    }

    /// As ``read(_:seconds:)``, without blocking the caller's thread.
    package func read(_ count: Int, seconds: Double = 10) async throws -> [UInt8] {
        try await onOwnThread { try self.read(count, seconds: seconds) }
    }
}
