import TLS
import TestSupport
import Testing

@testable import HTTPServer

/// Every kind of transfer, plain and encrypted, in sizes around every boundary that a buffer, a record or a frame has.
@Suite struct TransferTests {
    enum Transport: String, CaseIterable, Sendable { case plain, encrypted }
    enum Kind: String, CaseIterable, Sendable { case reply, stream, events, webSocket }

    /// What is copied and what is not (32 KiB), a TLS record (16 KiB), a read (64 KiB), what may wait (1 MiB) and what is kept
    /// of it (256 KiB), a WebSocket's lengths (125, 65,535).
    private static let sizes: [Int] =
        [0, 1, 2, 124, 125, 126, 127] + [16, 32, 64].flatMap { around($0 << 10, by: 1) + around(($0 << 10) - 10, by: 4) }
    private static let large = around(256 << 10, by: 1) + around(1 << 20, by: 1) + [3 << 20, (5 << 20) + 1]

    private static func around(_ size: Int, by step: Int) -> [Int] { [size - step, size, size + step] }

    private func with(_ transport: Transport, _ body: @escaping @Sendable (Line) throws -> Void) async throws {
        let files = try ScratchDirectory("transfer")
        let certificates = CertificateStore(try EncryptedConnectionTests.context(in: files.path))
        try await RunningServer.with({
            $0.tls = TLSListener(port: 0, certificates: certificates)
            $0.limits.body = 8 << 20
        }) { running in
            try await onOwnThread {
                switch transport {
                case .plain: try body(Line(try RawSocket(port: running.port, seconds: 30)))
                case .encrypted: try body(Line(try TLSTestSocket(port: running.server.tlsPort)))
                }
            }
        }
    }

    @Test("everything the server sends arrives", arguments: Transport.allCases, Kind.allCases)
    func outbound(_ transport: Transport, _ kind: Kind) async throws {
        try await with(transport) { line in
            if kind == .webSocket { try line.upgrade() }
            for size in Self.sizes + Self.large {
                let expected = TestResponder.pattern(size)
                let got: [UInt8]
                switch kind {
                case .reply: got = try line.get("/sized/\(size)")
                case .stream: got = try line.get("/streamed/\(size)")
                case .events:
                    let event = try line.get("/event/\(size)")
                    #expect(event.starts(with: Array("data: ".utf8)) && event.suffix(5).elementsEqual("\n\n:\n\n".utf8))
                    got = Array(event.dropFirst(6).dropLast(5))
                case .webSocket:
                    try line.send(WebSocketClientFrame(1, "size \(size)").bytes)
                    got = try line.frame()
                }
                #expect(got == expected, "\(transport), \(kind): \(got.count) of \(size) bytes, or other ones")
            }
        }
    }

    @Test(
        "pipelined responses arrive complete and in order", arguments: Transport.allCases, [Kind.reply, .stream, .webSocket])
    func pipelined(_ transport: Transport, _ kind: Kind) async throws {
        // Small between large ones: what is gathered, and what is left as it is, in turns.
        let sizes = Self.sizes.flatMap { [$0, 40_000, 3] }
        try await with(transport) { line in
            if kind == .webSocket { try line.upgrade() }
            let asked = sizes.flatMap { size -> [UInt8] in
                if kind == .webSocket { return WebSocketClientFrame(1, "size \(size)").bytes }
                return Array("GET /\(kind == .reply ? "sized" : "streamed")/\(size) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            }
            try line.send(asked)
            for size in sizes {
                let got = kind == .webSocket ? try line.frame() : try line.reply()
                #expect(got == TestResponder.pattern(size), "\(transport), \(kind): \(got.count) of \(size) bytes, or other ones")
            }
        }
    }

    @Test("everything a client sends arrives", arguments: Transport.allCases)
    func inbound(_ transport: Transport) async throws {
        try await with(transport) { line in
            for size in Self.sizes + Self.large {
                let body = TestResponder.pattern(size)
                let chunked = Array("\(String(size, radix: 16))\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8)
                for path in ["/echo/import", "/stream/back"] where path == "/echo/import" || size <= 256 << 10 {
                    try line.send(Array("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n".utf8) + body)
                    #expect(try line.reply() == body, "\(transport), \(path): \(size) bytes")
                    guard size > 0 else { continue }
                    try line.send(Array("POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8) + chunked)
                    #expect(try line.reply() == body, "\(transport), \(path): a chunk of \(size) bytes")
                }
                try line.send(Array("POST /stream/count HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n".utf8) + body)
                // Without a body there is no stream.
                #expect(try line.reply() == Array(size == 0 ? "".utf8 : "\(size)".utf8), "\(transport): \(size) bytes")
            }
            try line.upgrade()
            for size in Self.sizes + Self.large where size <= 1 << 20 {
                let message = TestResponder.pattern(size)
                try line.send(WebSocketClientFrame(1, message).bytes)
                #expect(try line.frame() == message, "\(transport): a message of \(size) bytes")
                let half = size / 2
                try line.send(
                    WebSocketClientFrame(2, Array(message[..<half]), isFinal: false).bytes
                        + WebSocketClientFrame(0, Array(message[half...])).bytes)
                #expect(try line.frame() == message, "\(transport): \(size) bytes in fragments")
            }
        }
    }
}

/// A client's end of one connection, which reads replies and frames one after the other.
private final class Line {
    private let write: ([UInt8]) throws -> Void
    private let receive: () throws -> [UInt8]
    private var bytes: [UInt8] = []
    private var start = 0

    init(_ socket: RawSocket) {
        write = { try socket.send($0, seconds: 30) }
        receive = { try socket.receive(seconds: 30) }
    }

    init(_ socket: TLSTestSocket) {
        write = { try socket.send($0) }
        receive = { try socket.receive() ?? [] }
    }

    func send(_ bytes: [UInt8]) throws { try write(bytes) }

    func get(_ path: String) throws -> [UInt8] {
        try send(Array("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        return try reply()
    }

    func upgrade() throws {
        try send(Array(WebSocketTestClient.request("/ws").utf8))
        guard try line() == "HTTP/1.1 101 Switching Protocols" else { throw TestFailure("no WebSocket") }
        while try !line().isEmpty {}
    }

    /// The body of the next reply, which must be 200.
    func reply() throws -> [UInt8] {
        guard try line() == "HTTP/1.1 200 OK" else { throw TestFailure("another status") }
        var length: Int?
        while case let field = try line(), !field.isEmpty {
            if field.hasPrefix("Content-Length: ") { length = Int(field.dropFirst(16)) }
        }
        if let length { return try take(length) }
        var body: [UInt8] = []
        while true {
            guard let count = Int(try line(), radix: 16) else { throw TestFailure("no chunk") }
            body += try take(count)
            guard try line().isEmpty else { throw TestFailure("a chunk that is longer than it says") }
            if count == 0 { return body }
        }
    }

    /// The payload of the next frame that is no ping.
    func frame() throws -> [UInt8] {
        while true {
            let head = try take(2)
            var length = Int(head[1])
            if length >= 126 { length = try take(length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) } }
            let payload = try take(length)
            if head[0] & 15 != 9 { return payload }
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while bytes.count - start < count { try more() }
        defer { start += count }
        return Array(bytes[start..<start + count])
    }

    private func line() throws -> String {
        var from = start
        while true {
            if let end = bytes[from...].firstIndex(of: 0x0A) {
                defer { start = end + 1 }
                return String(decoding: bytes[start..<max(start, end - 1)], as: UTF8.self)
            }
            from = bytes.count
            let held = start
            try more()
            from -= held - start
        }
    }

    private func more() throws {
        if start > 1 << 20 {
            bytes.removeSubrange(..<start)
            start = 0
        }
        let received = try receive()
        guard !received.isEmpty else { throw TestFailure("the connection ended") }
        bytes += received
    }
}
