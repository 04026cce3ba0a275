import COpenSSL
import HTTPTypes

/// The opening handshake of a WebSocket: checks the request, and makes the fields of the 101 (RFC 6455 §4.2).
///
/// The service checks the page's origin (`Origin`) and the client's rights before.
package struct WebSocketHandshake: Sendable {
    /// The fields of the 101, which switches protocols.
    package let headers: HeaderBlock
    /// The subprotocols that the client offers, in its order.
    package let offered: [String]

    /// The text that is appended to a key before it is hashed (RFC 6455 §1.3).
    private static let suffix: StaticString = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    /// The only version of the protocol.
    package static let version = "13"

    /// - Parameter subprotocols: those that the service supports. The client's first choice among them is accepted, and none where it
    ///   offers none of them (RFC 6455 §4.2.2).
    /// - Throws: the response to send instead.
    package init(_ head: RequestHead, subprotocols: [String] = []) throws(WebSocketHandshakeError) {
        guard head.method == .get, head.isHTTP11 else { throw .notWebSocket }
        guard Self.has("websocket", in: head.values(of: .upgrade)), Self.has("upgrade", in: head.values(of: .connection)) else {
            throw .notWebSocket
        }
        guard head.values(of: .secWebSocketVersion) == [Self.version] else { throw .unsupportedVersion }
        let keys = head.values(of: .secWebSocketKey)
        guard keys.count == 1, let key = keys.first, Self.isKey(key) else { throw .malformedKey }
        var headers = HeaderBlock()
        headers.append(.upgrade, "websocket")
        headers.append(.secWebSocketAccept, Self.accept(key))
        offered = head.values(of: .secWebSocketProtocol).flatMap { value in
            value.split(separator: ",").map { part in
                let blanks: (Character) -> Bool = { $0 == " " || $0 == "\t" }
                return String(part.drop(while: blanks).reversed().drop(while: blanks).reversed())
            }
        }.filter { !$0.isEmpty }
        let chosen = offered.first { name in subprotocols.contains { $0.utf8.elementsEqual(name.utf8) } }
        if let chosen { headers.append(.secWebSocketProtocol, chosen) }
        self.headers = headers
    }

    /// Whether a list contains a token in any letter case (RFC 9110 §5.6.1).
    private static func has(_ token: String, in values: [String]) -> Bool {
        values.contains { value in
            value.split(separator: ",").contains { part in
                part.utf8.drop { $0 == 0x20 || $0 == 0x09 }.reversed().drop { $0 == 0x20 || $0 == 0x09 }
                    .map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 } == token.utf8.reversed()
            }
        }
    }

    /// Base64 of 16 bytes (RFC 4648 §4).
    private static func isKey(_ key: String) -> Bool {
        guard key.utf8.count == 24, key.hasSuffix("==") else { return false }
        return key.utf8.dropLast(2).allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }

    /// Base64 of the SHA-1 of key and suffix. SHA-1 protects nothing here: it shows that the server speaks the protocol.
    private static func accept(_ key: String) -> [UInt8] {
        var text = Array(key.utf8)
        text.append(contentsOf: UnsafeBufferPointer(start: suffix.utf8Start, count: suffix.utf8CodeUnitCount))
        var digest = [UInt8](repeating: 0, count: 20)
        var encoded = [UInt8](repeating: 0, count: 29)
        var written: UInt32 = 0
        guard EVP_Digest(text, text.count, &digest, &written, EVP_sha1(), nil) == 1, written == 20 else { return [] }
        // 28 characters, and a terminating zero.
        let length = EVP_EncodeBlock(&encoded, digest, 20)
        return Array(encoded.prefix(Int(length)))
    }
}

/// A request that gets no WebSocket, and the response that says why.
package struct WebSocketHandshakeError: Error, Sendable, Equatable {
    package let status: HTTPResponse.Status
    /// For the client.
    package let reason: String
    /// Fields that the response needs.
    package let headers: HeaderBlock

    private init(_ status: HTTPResponse.Status, _ reason: String, _ fields: [(HTTPField.Name, String)] = []) {
        self.status = status
        self.reason = reason
        var headers = HeaderBlock()
        for (name, value) in fields { headers.append(name, value) }
        self.headers = headers
    }

    /// The request does not ask for a WebSocket. A 426 says what is needed (RFC 9110 §15.5.22).
    static let notWebSocket = WebSocketHandshakeError(
        .upgradeRequired, "A WebSocket handshake is required: a GET in HTTP/1.1 with Upgrade: websocket and Connection: Upgrade.",
        offer)
    /// The version is not 13 (RFC 6455 §4.4).
    static let unsupportedVersion = WebSocketHandshakeError(.upgradeRequired, "Only WebSocket version 13 is supported.", offer)
    static let malformedKey = WebSocketHandshakeError(.badRequest, "Sec-WebSocket-Key must be 16 bytes in base64.")

    private static let offer: [(HTTPField.Name, String)] = [
        (.connection, "Upgrade"), (.upgrade, "websocket"), (.secWebSocketVersion, WebSocketHandshake.version),
    ]
}
