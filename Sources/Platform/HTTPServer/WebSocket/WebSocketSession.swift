import EventLoop

/// One WebSocket connection after its handshake (RFC 6455): receives messages in order, answers pings, sends messages, and closes.
///
/// Confined to its loop. ``run(_:)`` reads. Other tasks may call ``send(_:)`` at the same time. When the server shuts down, the
/// client gets the close code 1001.
package final class WebSocketSession {
    private enum Phase {
        case open
        /// A close frame was sent, and the session waits for the client's.
        case closing
        case over
    }

    private let inbound: InboundStream
    private let outbound: OutboundStream
    private let settings: WebSocketSettings
    private var decoder: WebSocketDecoder
    private var phase = Phase.open
    private var timer: LoopTimer?
    private var frames: TokenBucket
    private var bytes: TokenBucket
    /// When the last bytes arrived, in nanoseconds of the monotonic clock.
    private var lastReceived: UInt64
    private var loop: EventLoop { outbound.loop }

    package init(_ inbound: InboundStream, _ outbound: OutboundStream, settings: WebSocketSettings = WebSocketSettings()) {
        self.inbound = inbound
        self.outbound = outbound
        self.settings = settings
        decoder = WebSocketDecoder(maximumMessage: settings.maximumMessage)
        lastReceived = outbound.loop.now
        frames = TokenBucket(rate: settings.frameRate, burst: settings.frameBurst)
        bytes = TokenBucket(rate: settings.byteRate, burst: settings.byteBurst)
    }

    /// Whether messages can still be sent.
    package var isOpen: Bool { if case .open = phase { true } else { false } }

    /// Reads messages until the connection ends. Each message waits until `receive` has returned for the one before it.
    ///
    /// When `receive` throws, the client gets the close code 1011.
    /// - Throws: `CancellationError` when the client was gone without a close frame.
    package func run(_ receive: (WebSocketMessage) async throws -> Void) async throws {
        outbound.whenFinishing { [weak self] in self?.close(.goingAway, "the server ends") }
        schedulePing()
        defer {
            phase = .over
            timer?.cancel()
        }
        while let input = try await inbound.next() {
            lastReceived = loop.now
            guard bytes.take(input.count, at: loop.now) else { return sendClose(Self.tooMuch) }
            var position = 0
            var counted = decoder.frames
            // The latest ping without an answer. One pong answers all pings before it (RFC 6455 §5.5.3).
            var ping: [UInt8]?
            defer { inbound.retained = decoder.held }
            input: while true {
                let step = decoder.next(input.span, from: &position)
                let new = decoder.frames &- counted
                counted = decoder.frames
                // The session does not wait for the client's close frame: more of the same would come before it.
                guard frames.take(new, at: loop.now) else { return sendClose(Self.tooMuch) }
                switch step {
                case .incomplete:
                    try await answer(&ping)
                    break input
                case .message(let message):
                    // Before the handler, which may take long.
                    try await answer(&ping)
                    try await take(message, receive)
                case .ping(let payload): ping = payload
                case .pong: break
                case .close(let close):
                    try await answer(&ping)
                    // The same code goes back (RFC 6455 §5.5.1), unless the frame answers our own.
                    sendClose(WebSocketClose(close.code))
                    return
                case .failed(let error):
                    // What follows cannot be read, so the client's close frame would not be found.
                    sendClose(WebSocketClose(error.code, error.reason))
                    return
                }
            }
        }
    }

    private static let tooMuch = WebSocketClose(.policyViolation, "too many frames or bytes")

    private func answer(_ ping: inout [UInt8]?) async throws {
        guard let payload = ping else { return }
        ping = nil
        if isOpen { try await outbound.write(Self.frame(.pong, payload)) }
    }

    private func take(_ message: WebSocketMessage, _ receive: (WebSocketMessage) async throws -> Void) async throws {
        guard isOpen else { return }
        do {
            try await receive(message)
        } catch {
            close(.internalError)
        }
    }

    /// Sends a message. Waits while the client accepts nothing of what was sent before.
    /// - Throws: `CancellationError` once the session is closing or over.
    package func send(_ message: WebSocketMessage) async throws {
        guard isOpen else { throw CancellationError() }
        try await outbound.write(Self.frame(message.opcode, message.bytes))
    }

    /// Sends a close frame. ``run(_:)`` returns when the client's has arrived, or ``WebSocketSettings/closeTimeout`` is over.
    package func close(_ code: WebSocketCloseCode, _ reason: String = "") {
        guard isOpen else { return }
        sendClose(WebSocketClose(code, reason))
        timer?.cancel()
        timer = loop.schedule(after: settings.closeTimeout) { [weak self] in self?.inbound.finish() }
    }

    private func sendClose(_ close: WebSocketClose) {
        guard isOpen else { return }
        phase = .closing
        outbound.post(Self.frame(.close, close.payload))
    }

    private func schedulePing() {
        timer = loop.schedule(after: settings.pingInterval) { [weak self] in
            guard let self, isOpen else { return }
            let silence = settings.pingInterval.nanosecondsClamped.addingReportingOverflow(
                settings.pongTimeout.nanosecondsClamped)
            if !silence.overflow, loop.now > lastReceived, loop.now - lastReceived >= silence.partialValue {
                // The client is gone: a close frame would not be read.
                outbound.abort()
                return
            }
            outbound.post(Self.frame(.ping, []))
            schedulePing()
        }
    }

    private static func frame(_ opcode: WebSocketOpcode, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(webSocket: opcode, payload)
        return bytes
    }
}

/// The timeouts and limits of a WebSocket.
package struct WebSocketSettings: Sendable {
    /// How often the client gets a ping. Load balancers close connections that are silent for a minute, and some networks sooner.
    package var pingInterval = Duration.seconds(15)
    /// How long after a ping the client may be silent. After that it counts as gone.
    package var pongTimeout = Duration.seconds(20)
    /// How long the session waits for the client's close frame (RFC 6455 §7.1.1).
    package var closeTimeout = Duration.seconds(5)
    /// The largest message from the client, in bytes. For a larger one the close code is 1009.
    package var maximumMessage = 1 << 20

    /// How many frames of any kind a client may send in a second, and at once. Beyond it the close code is 1008. 0 is without limit.
    /// Pings, pongs, fragments and empty messages count alike, since each costs the same.
    package var frameRate = 20
    package var frameBurst = 100
    /// The same for bytes, headers included: for clients that send only pongs. 0 is without limit.
    package var byteRate = 0
    package var byteBurst = 64 << 10

    package init() {}
}

extension Response {
    /// Accepts a WebSocket. `serve` owns the session until it returns, and must call ``WebSocketSession/run(_:)``.
    package static func webSocket(
        _ handshake: WebSocketHandshake, settings: WebSocketSettings = WebSocketSettings(),
        _ serve: @escaping (WebSocketSession) async throws -> Void
    ) -> Response {
        .upgraded(headers: handshake.headers) { inbound, outbound in
            try await serve(WebSocketSession(inbound, outbound, settings: settings))
        }
    }
}
