/// What is wrong with what a client sent; the connection fails with this code (RFC 6455 §7.1.7).
package struct WebSocketError: Error, Equatable, Sendable {
    package let code: WebSocketCloseCode
    /// Which rule, fit for a close frame: short, ASCII, never what was sent.
    package let reason: String

    init(_ code: WebSocketCloseCode, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// Against the framing's rules (1002).
    static func framing(_ reason: String) -> WebSocketError { WebSocketError(.protocolError, reason) }

    static let notUTF8 = WebSocketError(.invalidData, "not UTF-8")
    static let tooLarge = WebSocketError(.tooLarge, "the message is too large")
}
