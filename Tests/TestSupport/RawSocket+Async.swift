extension RawSocket {
    /// A connection made without blocking the caller's thread.
    package static func connect(port: UInt16, address: String = "127.0.0.1", seconds: Double = 10) async throws -> RawSocket {
        try await onOwnThread { try RawSocket(port: port, address: address, seconds: seconds) }
    }

    /// As ``send(_:seconds:)-([UInt8],_)``.
    package func send(_ bytes: [UInt8], seconds: Double = 10) async throws {
        try await onOwnThread { try self.send(bytes, seconds: seconds) }
    }

    /// As ``send(_:seconds:)-(String,_)``.
    package func send(_ text: String, seconds: Double = 10) async throws {
        try await onOwnThread { try self.send(text, seconds: seconds) }
    }

    /// As ``receive(limit:seconds:)``.
    package func receive(limit: Int = 65_536, seconds: Double = 10) async throws -> [UInt8] {
        try await onOwnThread { try self.receive(limit: limit, seconds: seconds) }
    }

    /// As ``read(_:seconds:)``.
    package func read(_ count: Int, seconds: Double = 10) async throws -> [UInt8] {
        try await onOwnThread { try self.read(count, seconds: seconds) }
    }

    /// As ``readToEnd(seconds:)``.
    package func readToEnd(seconds: Double = 10) async throws -> [UInt8] {
        try await onOwnThread { try self.readToEnd(seconds: seconds) }
    }

    /// As ``readAvailable(seconds:)``.
    package func readAvailable(seconds: Double = 0.3) async throws -> [UInt8] {
        try await onOwnThread { self.readAvailable(seconds: seconds) }
    }
}
