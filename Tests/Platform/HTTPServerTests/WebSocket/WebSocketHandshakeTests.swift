import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct WebSocketHandshakeTests {
    private static let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    private static let version = "Sec-WebSocket-Version: 13\r\n"
    private static let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n"

    @Test(
        "asked for in the right way, it is granted",
        arguments: [
            upgrade + key + version,
            "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n" + key + version,
            "Upgrade: h2c, websocket\r\nConnection: keep-alive\r\nConnection: \t upgrade ,\r\n" + key + version,
            upgrade + key + version + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
        ])
    func granted(fields: String) throws {
        let handshake = try WebSocketHandshake(Self.head("GET / HTTP/1.1", fields))
        // RFC 6455 §1.3 works this key out.
        #expect(
            String(decoding: handshake.headers.bytes, as: UTF8.self)
                == "Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
    }

    @Test(
        "asked for otherwise, it is refused",
        arguments: [
            ("GET / HTTP/1.1", "", 426), ("GET / HTTP/1.0", upgrade + key + version, 426),
            ("POST / HTTP/1.1", upgrade + key + version, 426),
            ("GET / HTTP/1.1", "Upgrade: websocket\r\n" + key + version, 426),
            ("GET / HTTP/1.1", "Connection: Upgrade\r\n" + key + version, 426),
            ("GET / HTTP/1.1", "Upgrade: websockets\r\nConnection: Upgrade\r\n" + key + version, 426),
            ("GET / HTTP/1.1", upgrade + key, 426), ("GET / HTTP/1.1", upgrade + key + "Sec-WebSocket-Version: 8\r\n", 426),
            ("GET / HTTP/1.1", upgrade + key + version + version, 426),
            ("GET / HTTP/1.1", upgrade + key + "Sec-WebSocket-Version: 13, 8\r\n", 426),
            ("GET / HTTP/1.1", upgrade + version, 400), ("GET / HTTP/1.1", upgrade + key + key + version, 400),
            ("GET / HTTP/1.1", upgrade + version + "Sec-WebSocket-Key: \r\n", 400),
            ("GET / HTTP/1.1", upgrade + version + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n", 400),
            ("GET / HTTP/1.1", upgrade + version + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWE=\r\n", 400),
            ("GET / HTTP/1.1", upgrade + version + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j*Q==\r\n", 400),
            ("GET / HTTP/1.1", upgrade + version + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSBhbmQgbW9yZQ==\r\n", 400),
        ])
    func refused(line: String, fields: String, status: Int) throws {
        let head = try Self.head(line, fields)
        let refusal = #expect(throws: WebSocketHandshakeError.self) { try WebSocketHandshake(head) }
        #expect(refusal?.status.code == status)
        let offer = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        #expect(refusal?.headers.bytes == (status == 426 ? Array(offer.utf8) : []))
    }

    private static func head(_ line: String, _ fields: String) throws -> RequestHead {
        var parser = RequestParser(limits: HTTPLimits())
        var position = 0
        let bytes = Array("\(line)\r\nHost: a\r\n\(fields)\r\n".utf8)
        guard case .complete(let request) = parser.next(bytes.span, from: &position) else { throw Malformed() }
        return request.head
    }

    private struct Malformed: Error {}
}
