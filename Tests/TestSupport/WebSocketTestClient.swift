/// A WebSocket client that sends exactly the frames a test wants, right or wrong, and reads a server's strictly.
package final class WebSocketTestClient: Sendable {
    /// A frame from the server.
    package struct Frame: Sendable, Equatable {
        package let opcode: UInt8
        package let payload: [UInt8]

        package init(opcode: UInt8, payload: [UInt8]) {
            self.opcode = opcode
            self.payload = payload
        }

        package var text: String { String(decoding: payload, as: UTF8.self) }

        /// The code of a close frame.
        package var code: Int? { opcode == 8 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
    }

    /// What was answered to the handshake.
    package let head: HTTPTestResponse
    package let connection: HTTPTestConnection

    /// Connects and asks for a WebSocket. Throws ``TestFailure`` where the answer is another than 101.
    /// - Parameter first: frames to send in one write with the handshake
    package init(
        port: UInt16, _ path: String, headers: [(String, String)] = [], first: [WebSocketClientFrame] = [], seconds: Double = 10
    ) throws {
        connection = HTTPTestConnection(try RawSocket(port: port, seconds: seconds))
        try connection.socket.send(Array(Self.request(path, headers).utf8) + first.flatMap(\.bytes))
        head = try connection.head(seconds: seconds)
        guard head.status == 101 else { throw TestFailure("no WebSocket: status \(head.status)") }
        // RFC 6455 §1.3 works this key out.
        guard head.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", head.header("Upgrade") == "websocket",
            head.header("Connection")?.lowercased() == "upgrade"
        else { throw TestFailure("an answer to the handshake that is none: \(head.headers)") }
    }

    /// As above, without blocking the caller's thread.
    package static func connect(
        port: UInt16, _ path: String, headers: [(String, String)] = [], first: [WebSocketClientFrame] = []
    ) async throws -> WebSocketTestClient {
        try await onOwnThread { try WebSocketTestClient(port: port, path, headers: headers, first: first) }
    }

    /// The request for a WebSocket.
    package static func request(_ path: String, _ headers: [(String, String)] = []) -> String {
        var text = "GET \(path) HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        text += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        return text + "\r\n"
    }

    package func send(_ frames: WebSocketClientFrame...) async throws {
        try await connection.socket.send(frames.flatMap(\.bytes))
    }

    /// The next frame. Throws ``TestFailure`` for one that a server must not send.
    package func receive(seconds: Double = 10) async throws -> Frame {
        try await onOwnThread { [connection] in
            let head = try connection.read(2, seconds: seconds)
            guard head[0] & 0xF0 == 0x80 else { throw TestFailure("a frame that begins with \(head[0])") }
            guard head[1] & 0x80 == 0 else { throw TestFailure("a server's frame with a mask") }
            var length = Int(head[1])
            if length >= 126 {
                let bytes = try connection.read(length == 126 ? 2 : 8, seconds: seconds)
                length = bytes.reduce(0) { $0 << 8 | Int($1) }
                guard length > (bytes.count == 2 ? 125 : 0xFFFF) else { throw TestFailure("a length in too long a form") }
            }
            return Frame(opcode: head[0] & 0x0F, payload: length == 0 ? [] : try connection.read(length, seconds: seconds))
        }
    }

    /// The next frame that is no ping.
    package func receiveBeyondPings(seconds: Double = 10) async throws -> Frame {
        while true {
            let frame = try await receive(seconds: seconds)
            if frame.opcode != 9 { return frame }
        }
    }

    /// Whether the server ends the connection, and sends nothing more before.
    package func ends(seconds: Double = 10) async throws -> Bool {
        try await onOwnThread { [connection] in
            do {
                _ = try connection.read(1, seconds: seconds)
                return false
            } catch {
                return "\(error)".contains("ended")
            }
        }
    }
}
