import COpenSSL
import HTTPTypes

/// Whether a request asks for a WebSocket in the right way, and the fields of the 101 that grants it (RFC 6455 §4.2).
///
/// Where the page comes from (`Origin`), and who asks, is for the service to judge before.
package struct WebSocketHandshake: Sendable {
    /// Fields of the answer 101, which switches protocols.
    package let headers: HeaderBlock
    /// The subprotocols that the client offers, in its order.
    package let offered: [String]

    /// What a key is followed by before it is hashed (RFC 6455 §1.3).
    private static let suffix: StaticString = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    /// Version 13 is the only one there is.
    package static let version = "13"

    /// - Parameter subprotocols: those that the service speaks; the client's first among them is chosen, and none where it
    ///   offers none of them (RFC 6455 §4.2.2).
    /// - Throws: what to answer instead.
    package init(_ head: RequestHead, subprotocols: [String] = []) throws(WebSocketHandshakeError) {
        guard head.method == .get, head.isHTTP11 else { throw .notWebSocket }
        guard Self.has("websocket", in: head.values(of: .upgrade)), Self.has("upgrade", in: head.values(of: .connection)) else {
            throw .notWebSocket
        }
        guard head.values(of: .secWebSocketVersion) == [Self.version] else { throw .otherVersion }
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

    /// Whether a token is in a list of them, letter case aside (RFC 9110 §5.6.1).
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

    /// Base64 of the SHA-1 of key and suffix. SHA-1 guards nothing here: it shows that the server speaks the protocol.
    private static func accept(_ key: String) -> [UInt8] {
        var text = Array(key.utf8)
        text.append(contentsOf: UnsafeBufferPointer(start: suffix.utf8Start, count: suffix.utf8CodeUnitCount))
        var digest = [UInt8](repeating: 0, count: 20)
        var encoded = [UInt8](repeating: 0, count: 29)
        var written: UInt32 = 0
        guard EVP_Digest(text, text.count, &digest, &written, EVP_sha1(), nil) == 1, written == 20 else { return [] }
        // 28 characters, and a zero that is no part of them.
        let length = EVP_EncodeBlock(&encoded, digest, 20)
        return Array(encoded.prefix(Int(length)))
    }
}
