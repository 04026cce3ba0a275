extension Response {
    /// Grants a WebSocket; `serve` has the session until it returns, and is to call its ``WebSocketSession/run(_:)``.
    package static func webSocket(
        _ handshake: WebSocketHandshake, settings: WebSocketSettings = WebSocketSettings(),
        _ serve: @escaping (WebSocketSession) async throws -> Void
    ) -> Response {
        .upgraded(headers: handshake.headers) { inbound, outbound in
            try await serve(WebSocketSession(inbound, outbound, settings: settings))
        }
    }
}
