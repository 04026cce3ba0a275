import HTTPTypes

/// Why a request gets no WebSocket.
package struct WebSocketRefusal: Error, Sendable, Equatable {
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
    static let notWebSocket = WebSocketRefusal(
        .upgradeRequired, "This is spoken over WebSocket: a GET in HTTP/1.1 with Upgrade: websocket and Connection: Upgrade.", offer)
    /// Not version 13 (RFC 6455 §4.4).
    static let otherVersion = WebSocketRefusal(.upgradeRequired, "Only version 13 of WebSocket is spoken.", offer)
    static let malformedKey = WebSocketRefusal(.badRequest, "Sec-WebSocket-Key is not the base64 text of 16 bytes.")

    private static let offer: [(HTTPField.Name, String)] = [
        (.connection, "Upgrade"), (.upgrade, "websocket"), (.secWebSocketVersion, WebSocketHandshake.version),
    ]
}
