/// What a close frame says (RFC 6455 §5.5.1).
package struct WebSocketClose: Sendable, Equatable {
    /// Nil for a frame without payload.
    package let code: WebSocketCloseCode?
    package let reason: String

    package init(_ code: WebSocketCloseCode?, _ reason: String = "") {
        self.code = code
        self.reason = reason
    }

    /// Reads a payload: nothing, or a code that may be sent and a text.
    init(payload: [UInt8]) throws(WebSocketError) {
        guard !payload.isEmpty else {
            self.init(nil)
            return
        }
        guard payload.count >= 2 else { throw .framing("a close code of one byte") }
        let code = WebSocketCloseCode(UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.mayBeSent else { throw .framing("a close code that is not sent") }
        guard let reason = String(validating: payload[2...], as: UTF8.self) else { throw .notUTF8 }
        self.init(code, reason)
    }

    /// As a payload. A reason that is too long for a control frame is cut, at a character's end.
    var payload: [UInt8] {
        guard let code else { return [] }
        var bytes = [UInt8(truncatingIfNeeded: code.number >> 8), UInt8(truncatingIfNeeded: code.number)]
        for character in reason {
            guard bytes.count + character.utf8.count <= WebSocketDecoder.longestControl else { break }
            bytes.append(contentsOf: character.utf8)
        }
        return bytes
    }
}
