import HTTPServer

/// Who may listen to carts, and how patiently.
package struct LiveSettings: Sendable {
    package let maxListeners: Int
    package let maxListenersOfCart: Int
    package let maxListenersOfClient: Int
    /// How often a silent stream shows that it is alive.
    package let heartbeat: Duration
    package let ticketLifetime: Duration
    let frameRate: Int
    let frameBurst: Int
    let byteRate: Int

    init(_ reader: inout SettingsReader) {
        maxListeners = reader.read(
            "LIVE_MAX_LISTENERS", .integer(0...1_000_000), default: 8_000,
            "Most listeners to carts at a time, then 503; below HTTP_MAX_CONNECTIONS")
        maxListenersOfCart = reader.read(
            "LIVE_MAX_LISTENERS_PER_CART", .integer(1...100_000), default: 32, "Most of them for one cart, then 429")
        maxListenersOfClient = reader.read(
            "LIVE_MAX_LISTENERS_PER_CLIENT", .integer(1...1_000_000), default: 64,
            "Most of them for one client (IPv4 address, IPv6 /64), then 429")
        heartbeat = reader.read(
            "LIVE_HEARTBEAT", .duration(.milliseconds(100) ... .seconds(20)), default: .seconds(15),
            "How often listeners get a sign that their connection is alive")
        ticketLifetime = reader.read(
            "LIVE_TICKET_LIFETIME", .duration(.seconds(1) ... .seconds(600)), default: .seconds(60),
            "How long a ticket can be used to listen to a cart")
        frameRate = reader.read(
            "LIVE_FRAME_RATE", .integer(0...100_000), default: 20,
            "WebSocket frames that a listener may send in a second, pings too; then it is closed (1008); 0 is without limit")
        frameBurst = reader.read("LIVE_FRAME_BURST", .integer(1...100_000), default: 100, "How many frames may come at once")
        byteRate = reader.read(
            "LIVE_BYTE_RATE", .size(0...(1 << 30)), default: 4 << 10,
            "Bytes that a listener may send in a second over a WebSocket, 16 times as many at once; 0 is without limit")
    }

    /// What a WebSocket is told of it.
    var webSocket: WebSocketSettings {
        var settings = WebSocketSettings()
        settings.heartbeat = heartbeat
        // Clients have nothing to say.
        settings.maximumMessage = 4 << 10
        settings.frameRate = frameRate
        settings.frameBurst = frameBurst
        settings.byteRate = byteRate
        settings.byteBurst = max(settings.maximumMessage, byteRate) * 16
        return settings
    }
}
