import Cart

extension LiveSettings {
    /// The defaults, with the settings of the environment over them.
    init(_ reader: inout SettingsReader) {
        self.init()
        maxListeners = reader.read(
            "LIVE_MAX_LISTENERS", .integer(0...1_000_000), default: maxListeners,
            "Maximum connections that listen to carts, then 503; must be below HTTP_MAX_CONNECTIONS")
        maxListenersOfCart = reader.read(
            "LIVE_MAX_LISTENERS_PER_CART", .integer(1...100_000), default: maxListenersOfCart,
            "Maximum of these connections for one cart, then 429")
        maxListenersOfClient = reader.read(
            "LIVE_MAX_LISTENERS_PER_CLIENT", .integer(1...1_000_000), default: maxListenersOfClient,
            "Maximum of these connections for one client (IPv4 address, IPv6 /64), then 429")
        heartbeat = reader.read(
            "LIVE_HEARTBEAT", .duration(.milliseconds(100) ... .seconds(20)), default: heartbeat,
            "Interval of heartbeats to listeners")
        ticketLifetime = reader.read(
            "LIVE_TICKET_LIFETIME", .duration(.seconds(1) ... .seconds(600)), default: ticketLifetime,
            "How long a ticket for listening to a cart is valid")
        frameRate = reader.read(
            "LIVE_FRAME_RATE", .integer(0...100_000), default: frameRate,
            "Maximum WebSocket frames from a listener in a second, including pings, then close code 1008; 0 is no limit")
        frameBurst = reader.read(
            "LIVE_FRAME_BURST", .integer(1...100_000), default: frameBurst, "Maximum frames at once")
        byteRate = reader.read(
            "LIVE_BYTE_RATE", .size(0...(1 << 30)), default: byteRate,
            "Maximum bytes from a listener in a second over WebSocket, 16 times as many at once; 0 is no limit")
    }
}
