/// Why a WebSocket connection ends (RFC 6455 §7.4, and IANA's registry of close codes).
package struct WebSocketCloseCode: Sendable, Equatable, CustomStringConvertible {
    package let number: UInt16

    package init(_ number: UInt16) { self.number = number }

    package static let normal = WebSocketCloseCode(1000)
    /// The server goes, or the page was left.
    package static let goingAway = WebSocketCloseCode(1001)
    package static let protocolError = WebSocketCloseCode(1002)
    /// A kind of message that the receiver does not take.
    package static let unsupportedData = WebSocketCloseCode(1003)
    /// A text that is not UTF-8.
    package static let invalidData = WebSocketCloseCode(1007)
    package static let policyViolation = WebSocketCloseCode(1008)
    package static let tooLarge = WebSocketCloseCode(1009)
    package static let internalError = WebSocketCloseCode(1011)
    /// The service is to be asked again later.
    package static let tryAgainLater = WebSocketCloseCode(1013)

    /// Whether a close frame may carry it: registered and not set aside for local use (1004, 1005, 1006, 1015), or of
    /// the ranges of libraries (3000) and applications (4000).
    package var mayBeSent: Bool {
        switch number {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    package var description: String { String(number) }
}
