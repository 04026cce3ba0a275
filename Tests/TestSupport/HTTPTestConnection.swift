import Synchronization

/// Reads what a server sends over one socket; strict, so that a malformed response fails the test.
///
/// Whole responses one after the other, or a head and then its chunks (Server-Sent Events) or bytes (WebSocket).
package final class HTTPTestConnection: Sendable {
    /// The socket, to send on; what is read must be read through this object.
    package let socket: RawSocket
    private let buffer = Mutex<[UInt8]>([])

    package init(_ socket: RawSocket) {
        self.socket = socket
    }

    /// Whether it can carry another request: the peer has not ended, and nothing unrequested came.
    package var isIdle: Bool {
        buffer.withLock(\.isEmpty) && socket.isIdle
    }

    /// The next final response (1xx but 101 are skipped), and whether the connection may carry another request.
    package func response(
        to method: String = "GET", seconds: Double = 10
    ) throws -> (response: HTTPTestResponse, reusable: Bool) {
        try reading(seconds) { try $0.response(to: method) }
    }

    /// The head of the next response, whatever its status; its body is left to be read.
    package func head(seconds: Double = 10) throws -> HTTPTestResponse {
        try reading(seconds) { try $0.head() }
    }

    /// The next chunk of a chunked body; nil at its end.
    package func chunk(seconds: Double = 10) throws -> [UInt8]? {
        try reading(seconds) { try $0.chunk() }
    }

    /// Exactly `count` bytes.
    package func read(_ count: Int, seconds: Double = 10) throws -> [UInt8] {
        try reading(seconds) { try $0.take(count) }
    }

    private func reading<Value: Sendable>(
        _ seconds: Double, _ body: (inout HTTPTestReader) throws -> Value
    ) throws -> Value {
        try buffer.withLock { buffer in
            var reader = HTTPTestReader(socket: socket, buffer: buffer, deadline: Deadline(seconds: seconds))
            defer { buffer = reader.buffer }
            return try body(&reader)
        }
    }
}
