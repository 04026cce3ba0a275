import EventLoop
import Logging

/// Receives the messages of channels of Redis, on a connection of its own, and reconnects until it succeeds.
///
/// Messages that are published while it does not listen are lost; ``Event/listening`` marks the end of each such gap. A server
/// that has stopped answering is noticed within two heartbeats. Confined to its loop; must be closed with ``close()``.
package final class RedisSubscriber {
    package enum Event: Equatable, Sendable {
        /// From now on every message arrives; earlier ones may have been missed.
        case listening
        case message(channel: String, payload: [UInt8])
        /// No message arrives until the next ``listening``.
        case lost
    }

    private enum Phase {
        case idle
        case connecting
        case shakingHands(Handshake)
        /// Some channels are not yet confirmed.
        case subscribing(missing: Int)
        case listening
        case pausing
        case closed
    }

    /// The longest pause between two attempts.
    private static let longestPause = Duration.seconds(2)

    private let loop: EventLoop
    private let configuration: RedisConfiguration
    private let channels: [String]
    private let heartbeat: Duration
    private let logger: Logger
    private let receive: (Event) -> Void
    private let connector: RedisConnector
    private var phase = Phase.idle
    private var transport: Transport?
    private var reader: ReplyReader?
    private var encoder = CommandEncoder()
    private var timer: LoopTimer?
    /// Attempts in a row that failed.
    private var failures = 0
    /// Whether the last heartbeat was answered, or anything else has arrived since.
    private var isAlive = true

    /// - Parameters:
    ///   - channels: at least one
    ///   - heartbeat: how often the server is pinged while the subscriber listens
    ///   - receive: called on the loop
    package init(
        loop: EventLoop, configuration: RedisConfiguration, channels: [String], heartbeat: Duration = .seconds(1),
        logger: Logger, receive: @escaping (Event) -> Void
    ) {
        self.loop = loop
        self.configuration = configuration
        self.channels = channels
        self.heartbeat = heartbeat
        self.logger = logger
        self.receive = receive
        connector = RedisConnector(loop: loop, configuration: configuration)
    }

    /// Whether a message that is published now arrives.
    package var isListening: Bool { if case .listening = phase { true } else { false } }

    /// Connects in the background. On the loop.
    package func start() {
        loop.assertInLoop()
        guard case .idle = phase else { return }
        connect()
    }

    /// Stops listening. On the loop.
    package func close() {
        loop.assertInLoop()
        phase = .closed
        endAttempt()
    }

    // MARK: Connecting

    private func connect() {
        phase = .connecting
        timer = loop.schedule(after: configuration.connectTimeout) { [weak self] in
            self?.failed(RedisError(.connectFailed, "no connection in time"))
        }
        connector.prepare(for: self) { [weak self] result in
            guard let self, case .connecting = phase else { return }
            do throws(RedisError) {
                let prepared = try result.get()
                (transport, reader) = prepared
                prepared.transport.connect()
            } catch {
                failed(error)
            }
        }
    }

    private func send(_ commands: [[RedisArgument]]) {
        var bytes: [UInt8] = []
        do throws(RedisError) {
            for command in commands { try encoder.append(command, to: &bytes) }
            transport?.send(&bytes)
        } catch {
            failed(error)
        }
    }

    // MARK: Failing

    private func failed(_ error: RedisError) {
        let wasListening = isListening
        switch phase {
        case .idle, .pausing, .closed: return
        case .connecting, .shakingHands, .subscribing, .listening: break
        }
        endAttempt()
        failures += 1
        // Once for each power of two, not once for each attempt.
        if failures.nonzeroBitCount == 1 {
            logger.warning(
                "redis: not listening",
                metadata: [
                    "redis": "\(configuration)", "attempts": .stringConvertible(failures), "code": "\(error.code.rawValue)",
                    "reason": "\(error.message)",
                ])
        }
        phase = .pausing
        // The first pause is short; the jitter keeps a fleet from reconnecting at once.
        let ceiling = min(Self.longestPause, .milliseconds(50) * (1 << min(failures, 8)))
        timer = loop.schedule(after: ceiling * Double.random(in: 0.1...1)) { [weak self] in
            guard let self, case .pausing = phase else { return }
            connect()
        }
        if wasListening { receive(.lost) }
    }

    private func endAttempt() {
        timer?.cancel()
        timer = nil
        transport?.close()
        transport = nil
        reader = nil
    }

    // MARK: Listening

    private func scheduleHeartbeat() {
        timer?.cancel()
        timer = loop.schedule(after: heartbeat) { [weak self] in
            guard let self, case .listening = phase else { return }
            // After a long turn, the answer may lie in the socket.
            transport?.receiveNow()
            guard case .listening = phase else { return }
            guard isAlive else { return failed(RedisError(.timedOut, "no answer to a ping")) }
            isAlive = false
            send([["PING"]])
            if case .listening = phase { scheduleHeartbeat() }
        }
    }

    /// Takes one reply; false when the connection must not be read further.
    private func take(_ reply: RedisValue) -> Bool {
        switch phase {
        case .shakingHands(var handshake):
            let outcome = handshake.receive(reply)
            phase = .shakingHands(handshake)
            switch outcome {
            case .unfinished: break
            case .ready:
                phase = .subscribing(missing: channels.count)
                send([["SUBSCRIBE"] + channels.map { .text($0) }])
            case .refused(let error): failed(error)
            }
        case .subscribing(let missing):
            guard case .array(let parts) = reply, parts.first == .string(Array("subscribe".utf8)) else { return refuse(reply) }
            guard missing <= 1 else {
                phase = .subscribing(missing: missing - 1)
                break
            }
            phase = .listening
            if failures > 0 { logger.notice("redis: listening again", metadata: ["redis": "\(configuration)"]) }
            failures = 0
            isAlive = true
            scheduleHeartbeat()
            receive(.listening)
        case .listening:
            isAlive = true
            guard case .array(let parts) = reply, case .string(let kind)? = parts.first else { return refuse(reply) }
            if kind.elementsEqual("message".utf8), parts.count == 3, case .string(let channel) = parts[1],
                case .string(let payload) = parts[2]
            {
                receive(.message(channel: String(decoding: channel, as: UTF8.self), payload: payload))
            }
        case .idle, .connecting, .pausing, .closed: break
        }
        return transport != nil
    }

    /// Fails because of an error, or of a reply without a command.
    private func refuse(_ reply: RedisValue) -> Bool {
        if case .error(let message) = reply {
            failed(RedisError(.server, message))
        } else {
            failed(RedisError(.protocolViolation, "a reply without a command"))
        }
        return false
    }
}

extension RedisSubscriber: TransportOwner {
    func transportOpened() {
        guard case .connecting = phase else { return }
        let handshake = Handshake(configuration)
        phase = .shakingHands(handshake)
        send(handshake.commands)
    }

    func transportReceived(_ bytes: UnsafeRawBufferPointer) {
        guard let reader else { return }
        do throws(RedisError) {
            try reader.feed(bytes) { take($0) }
        } catch {
            failed(error)
        }
    }

    func transportFailed(_ error: RedisError) { failed(error) }
}
