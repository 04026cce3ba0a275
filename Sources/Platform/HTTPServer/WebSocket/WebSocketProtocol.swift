/// The kind of a frame (RFC 6455 §5.2). The values in between are reserved.
package enum WebSocketOpcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Control frames are whole and short, and may come between the fragments of a message (RFC 6455 §5.5).
    var isControl: Bool { rawValue >= 0x8 }
}

/// A whole message, its fragments put together.
package enum WebSocketMessage: Sendable, Equatable {
    /// Bytes that are UTF-8.
    case text([UInt8])
    case binary([UInt8])

    package var bytes: [UInt8] {
        switch self {
        case .text(let bytes), .binary(let bytes): bytes
        }
    }

    var opcode: WebSocketOpcode {
        switch self {
        case .text: .text
        case .binary: .binary
        }
    }
}

/// Why a WebSocket connection ends (RFC 6455 §7.4, and IANA's registry of close codes).
package struct WebSocketCloseCode: Sendable, Equatable, CustomStringConvertible {
    package let number: UInt16

    package init(_ number: UInt16) { self.number = number }

    package static let normal = WebSocketCloseCode(1000)
    /// The server shuts down, or the user left the page.
    package static let goingAway = WebSocketCloseCode(1001)
    package static let protocolError = WebSocketCloseCode(1002)
    /// A kind of message that the receiver does not accept.
    package static let unsupportedData = WebSocketCloseCode(1003)
    /// A text that is not UTF-8.
    package static let invalidData = WebSocketCloseCode(1007)
    package static let policyViolation = WebSocketCloseCode(1008)
    package static let tooLarge = WebSocketCloseCode(1009)
    package static let internalError = WebSocketCloseCode(1011)
    /// The client should try again later.
    package static let tryAgainLater = WebSocketCloseCode(1013)

    /// Whether a close frame may carry the code: registered codes but for those of local use (1004, 1005, 1006, 1015), and the
    /// ranges of libraries (3000) and applications (4000).
    package var mayBeSent: Bool {
        switch number {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    package var description: String { String(number) }
}

/// The content of a close frame (RFC 6455 §5.5.1).
package struct WebSocketClose: Sendable, Equatable {
    /// Nil for a frame without payload.
    package let code: WebSocketCloseCode?
    package let reason: String

    package init(_ code: WebSocketCloseCode?, _ reason: String = "") {
        self.code = code
        self.reason = reason
    }

    /// Reads a payload: it is empty, or has a code that may be sent and a text.
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

    /// The payload. A reason that is too long for a control frame is cut at the end of a character.
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

/// A client broke the protocol: the connection fails with this code (RFC 6455 §7.1.7).
package struct WebSocketError: Error, Equatable, Sendable {
    package let code: WebSocketCloseCode
    /// The rule, for a close frame: short, ASCII, and never a part of what was sent.
    package let reason: String

    init(_ code: WebSocketCloseCode, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// A frame against the rules (1002).
    static func framing(_ reason: String) -> WebSocketError { WebSocketError(.protocolError, reason) }

    static let notUTF8 = WebSocketError(.invalidData, "not UTF-8")
    static let tooLarge = WebSocketError(.tooLarge, "the message is too large")
}

extension [UInt8] {
    /// Adds a whole frame of the server: it is not masked, and its length has the shortest form (RFC 6455 §5.2).
    package mutating func append(webSocket opcode: WebSocketOpcode, _ payload: some Collection<UInt8>) {
        let count = payload.count
        if isEmpty { reserveCapacity(count + 10) }
        append(0x80 | opcode.rawValue)
        if count <= WebSocketDecoder.longestControl {
            append(UInt8(truncatingIfNeeded: count))
        } else {
            let size = count <= 0xFFFF ? 2 : 8
            append(size == 2 ? 126 : 127)
            for place in (0..<size).reversed() { append(UInt8(truncatingIfNeeded: count >> (8 * place))) }
        }
        append(contentsOf: payload)
    }
}
