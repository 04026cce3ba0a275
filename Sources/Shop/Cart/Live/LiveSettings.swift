import HTTPServer

/// How many clients may listen to carts, and what each of them may do.
package struct LiveSettings: Sendable {
    package var maxListeners = 8_000
    package var maxListenersOfCart = 32
    package var maxListenersOfClient = 64
    /// How often a silent stream shows that it is alive.
    package var heartbeat: Duration = .seconds(15)
    package var ticketLifetime: Duration = .seconds(60)
    package var frameRate = 20
    package var frameBurst = 100
    package var byteRate = 4 << 10

    package init() {}

    /// The limits of one WebSocket.
    var webSocket: WebSocketSettings {
        var settings = WebSocketSettings()
        settings.heartbeat = heartbeat
        // Clients send only pings and close frames.
        settings.maximumMessage = 4 << 10
        settings.frameRate = frameRate
        settings.frameBurst = frameBurst
        settings.byteRate = byteRate
        settings.byteBurst = max(settings.maximumMessage, byteRate) * 16
        return settings
    }
}
