import Cart

extension LiveSettings {
    /// As the environment has it.
    init(_ reader: inout SettingsReader) {
        self.init()
        maxListeners = reader.read(
            "LIVE_MAX_LISTENERS", .integer(0...1_000_000), default: maxListeners,
            "Most listeners to carts at a time, then 503; below HTTP_MAX_CONNECTIONS")
        maxListenersOfCart = reader.read(
            "LIVE_MAX_LISTENERS_PER_CART", .integer(1...100_000), default: maxListenersOfCart,
            "Most of them for one cart, then 429")
        maxListenersOfClient = reader.read(
            "LIVE_MAX_LISTENERS_PER_CLIENT", .integer(1...1_000_000), default: maxListenersOfClient,
            "Most of them for one client (IPv4 address, IPv6 /64), then 429")
        heartbeat = reader.read(
            "LIVE_HEARTBEAT", .duration(.milliseconds(100) ... .seconds(20)), default: heartbeat,
            "How often listeners get a sign that their connection is alive")
        ticketLifetime = reader.read(
            "LIVE_TICKET_LIFETIME", .duration(.seconds(1) ... .seconds(600)), default: ticketLifetime,
            "How long a ticket can be used to listen to a cart")
        frameRate = reader.read(
            "LIVE_FRAME_RATE", .integer(0...100_000), default: frameRate,
            "WebSocket frames that a listener may send in a second, pings too; then it is closed (1008); 0 is without limit")
        frameBurst = reader.read(
            "LIVE_FRAME_BURST", .integer(1...100_000), default: frameBurst, "How many frames may come at once")
        byteRate = reader.read(
            "LIVE_BYTE_RATE", .size(0...(1 << 30)), default: byteRate,
            "Bytes that a listener may send in a second over a WebSocket, 16 times as many at once; 0 is without limit")
    }
}
