/// How patient a WebSocket is, and what it takes.
package struct WebSocketSettings: Sendable {
    /// How often the client is pinged. Load balancers close what is silent for a minute, and some networks sooner.
    package var pingInterval = Duration.seconds(15)
    /// How long after a ping something must have come from the client, the pong at the latest; then it counts as gone.
    package var pongTimeout = Duration.seconds(20)
    /// How long the other side's close frame is waited for (RFC 6455 §7.1.1).
    package var closeTimeout = Duration.seconds(5)
    /// How many bytes a message from the client may have; beyond it the close code is 1009.
    package var maximumMessage = 1 << 20

    /// How many frames of any kind a client may send, in a second and at once; beyond it the close code is 1008. 0: any number.
    /// Pings, pongs, fragments and empty messages count alike, since each costs the same.
    package var frameRate = 20
    package var frameBurst = 100
    /// The same for bytes, headers included: for clients that have nothing to say but pongs. 0: any number.
    package var byteRate = 0
    package var byteBurst = 64 << 10

    package init() {}
}
