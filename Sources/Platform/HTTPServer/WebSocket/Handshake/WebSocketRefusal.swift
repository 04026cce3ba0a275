import HTTPTypes

/// Why a request gets no WebSocket.
package struct WebSocketHandshakeError: Error, Sendable, Equatable {
    package let status: HTTPResponse.Status
    /// Fit for the client.
    package let reason: String
    /// Fields that the answer has to have.
    package let headers: HeaderBlock

    private init(_ status: HTTPResponse.Status, _ reason: String, _ fields: [(HTTPField.Name, String)] = []) {
        self.status = status
        self.reason = reason
        var headers = HeaderBlock()
        for (name, value) in fields { headers.append(name, value) }
        self.headers = headers
    }

    /// No request for a WebSocket: 426 says what to ask for (RFC 9110 §15.5.22).
    static let notWebSocket = WebSocketHandshakeError(
        .upgradeRequired, "A WebSocket handshake is required: a GET in HTTP/1.1 with Upgrade: websocket and Connection: Upgrade.",
        offer)
    /// Not version 13 (RFC 6455 §4.4).
    static let otherVersion = WebSocketHandshakeError(.upgradeRequired, "Only WebSocket version 13 is supported.", offer)
    static let malformedKey = WebSocketHandshakeError(.badRequest, "Sec-WebSocket-Key must be 16 bytes in base64.")

    private static let offer: [(HTTPField.Name, String)] = [
        (.connection, "Upgrade"), (.upgrade, "websocket"), (.secWebSocketVersion, WebSocketHandshake.version),
    ]
}
