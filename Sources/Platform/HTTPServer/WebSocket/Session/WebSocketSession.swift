import EventLoop

/// One WebSocket connection, after its handshake (RFC 6455): takes messages in order, answers pings, sends its own, and closes
/// as both sides have to.
///
/// Confined to its loop. ``run(_:)`` reads; ``send(_:)`` may be called by other tasks meanwhile. When the server ends, the
/// client is told 1001.
package final class WebSocketSession {
    private enum Phase {
        case open
        /// A close frame is sent, and the client's is waited for.
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
    /// When something last came, in nanoseconds of the monotonic clock.
    private var heard: UInt64
    private var loop: EventLoop { outbound.loop }

    package init(_ inbound: InboundStream, _ outbound: OutboundStream, settings: WebSocketSettings = WebSocketSettings()) {
        self.inbound = inbound
        self.outbound = outbound
        self.settings = settings
        decoder = WebSocketDecoder(maximumMessage: settings.maximumMessage)
        heard = outbound.loop.now
        frames = TokenBucket(rate: settings.frameRate, burst: settings.frameBurst)
        bytes = TokenBucket(rate: settings.byteRate, burst: settings.byteBurst)
    }

    /// Whether messages can still be sent.
    package var isOpen: Bool { if case .open = phase { true } else { false } }

    /// Reads until the connection ends, one message after the other; the next waits until `receive` has returned.
    ///
    /// Where `receive` throws, the client is told 1011.
    /// - Throws: `CancellationError` where the client was gone before it said so.
    package func run(_ receive: (WebSocketMessage) async throws -> Void) async throws {
        outbound.whenFinishing { [weak self] in self?.close(.goingAway, "the server ends") }
        beat()
        defer {
            phase = .over
            timer?.cancel()
        }
        while let input = try await inbound.next() {
            heard = loop.now
            guard bytes.take(input.count, at: loop.now) else { return sayClose(Self.tooMuch) }
            var position = 0
            var counted = decoder.frames
            // The newest ping that is not answered: it answers those before it (RFC 6455 §5.5.3).
            var ping: [UInt8]?
            defer { inbound.retained = decoder.held }
            input: while true {
                let step = decoder.next(input.span, from: &position)
                let new = decoder.frames &- counted
                counted = decoder.frames
                // Nor is a close frame waited for: what comes is still more of the same.
                guard frames.take(new, at: loop.now) else { return sayClose(Self.tooMuch) }
                switch step {
                case .incomplete:
                    try await answer(&ping)
                    break input
                case .message(let message):
                    // The handler may take its time.
                    try await answer(&ping)
                    try await take(message, receive)
                case .ping(let payload): ping = payload
                case .pong: break
                case .close(let close):
                    try await answer(&ping)
                    // The same code goes back (RFC 6455 §5.5.1), unless it is the answer to ours.
                    sayClose(WebSocketClose(close.code))
                    return
                case .failed(let fault):
                    // What follows cannot be read: a close frame could not be found in it.
                    sayClose(WebSocketClose(fault.code, fault.reason))
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

    /// Sends a message; waits while the client takes nothing of what was sent before.
    /// - Throws: `CancellationError` once the session is closing or over.
    package func send(_ message: WebSocketMessage) async throws {
        guard isOpen else { throw CancellationError() }
        try await outbound.write(Self.frame(message.opcode, message.bytes))
    }

    /// Says good-bye; ``run(_:)`` returns once the client has too, or has not in time.
    package func close(_ code: WebSocketCloseCode, _ reason: String = "") {
        guard isOpen else { return }
        sayClose(WebSocketClose(code, reason))
        timer?.cancel()
        timer = loop.schedule(after: settings.closeTimeout) { [weak self] in self?.inbound.finish() }
    }

    private func sayClose(_ close: WebSocketClose) {
        guard isOpen else { return }
        phase = .closing
        outbound.post(Self.frame(.close, close.payload))
    }

    private func beat() {
        timer = loop.schedule(after: settings.pingInterval) { [weak self] in
            guard let self, isOpen else { return }
            let silence = settings.pingInterval.nanosecondsClamped.addingReportingOverflow(settings.pongTimeout.nanosecondsClamped)
            if !silence.overflow, loop.now > heard, loop.now - heard >= silence.partialValue {
                // Gone without a word: nobody would read a close frame.
                outbound.abort()
                return
            }
            outbound.post(Self.frame(.ping, []))
            beat()
        }
    }

    private static func frame(_ opcode: WebSocketOpcode, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(webSocket: opcode, payload)
        return bytes
    }
}
