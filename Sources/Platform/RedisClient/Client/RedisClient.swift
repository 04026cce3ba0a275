import CSystem
import EventLoop
import Logging

/// A connection to Redis that lives on one loop, reopened whenever it is lost, behind a circuit breaker.
///
/// Commands of a turn leave in one write and are answered in order. No command waits longer than its timeout, and none waits
/// while the breaker is open, so that callers fall back at once. No command is sent twice: one whose connection is lost fails,
/// whether it took effect or not.
///
/// Confined to its loop, entry points assert it. It must be closed with ``close()``.
package final class RedisClient {
    private typealias Continuation = UnsafeContinuation<Result<RedisValue, any Error>, Never>

    private enum Phase {
        case idle
        /// Name look-up, TCP, TLS.
        case connecting
        case shakingHands(Handshake)
        case ready
        /// The breaker's pause.
        case pausing
        /// No new commands; those in flight go on until their deadlines.
        case closing
        case closed
    }

    package let loop: EventLoop
    package let configuration: RedisConfiguration
    private let commandTimeout: UInt64
    private let metrics = RedisMetrics()
    package private(set) var statistics = RedisStatistics()

    private var phase = Phase.idle
    private var breaker: CircuitBreaker {
        didSet { metrics.breaker(is: breaker.phase) }
    }
    // Behind `any`, so that it has a place in memory: the thread sanitizer looks at where an `inout` points.
    private var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
    private let connector: RedisConnector
    private var transport: Transport?
    private var reader: ReplyReader?
    /// Ends an attempt to connect, or the breaker's pause.
    private var attemptTimer: LoopTimer?
    private var lastError: RedisError?
    private var lastReadOnly: UInt64?
    private var failureLog: RedisFailureLog

    private var encoder = CommandEncoder()
    /// Encoded commands that wait for the end of the turn, or for a connection.
    private var outgoing: [UInt8] = []
    private var isFlushScheduled = false
    private var inFlight = InFlightCommands<Continuation>()
    /// One timer for the earliest deadline of all commands.
    private var deadlineTimer: LoopTimer?
    private var nextDeadline = UInt64.max
    private var drained: Promise<Void>?

    package init(loop: EventLoop, configuration: RedisConfiguration, logger: Logger) {
        self.loop = loop
        self.configuration = configuration
        failureLog = RedisFailureLog(redis: "\(configuration)", logger: logger)
        connector = RedisConnector(loop: loop, configuration: configuration)
        breaker = CircuitBreaker(configuration.breaker)
        metrics.breaker(is: breaker.phase)
        commandTimeout = configuration.commandTimeout.nanosecondsClamped
    }

    /// The current state, for health checks.
    package var state: RedisState {
        let phase: RedisState.Phase =
            switch self.phase {
            case .idle, .closing, .closed: .closed
            case .ready: .connected
            case .connecting, .shakingHands: breaker.admits ? .connecting : .unavailable
            case .pausing: .unavailable
            }
        return RedisState(phase: phase, lastError: lastError)
    }

    /// How many commands have no reply yet.
    var inFlightCount: Int { inFlight.count }
    /// Whether the breaker lets commands through at present.
    package var breakerPhase: BreakerPhase { breaker.phase }

    /// Begins to connect. Commands may be sent at once; they wait for the connection until their deadlines.
    package func start() {
        loop.assertInLoop()
        guard case .idle = phase else { return }
        connect()
    }

    /// Sends one command and waits for its reply, which may be an error of the server's.
    /// - Throws: ``RedisError`` where there is no reply, or `CancellationError`.
    package func send(_ command: [RedisArgument]) async throws -> RedisValue {
        loop.assertInLoop()
        let id: UInt64
        do {
            try Task.checkCancellation()
            id = try enqueue(command, by: Deadline.current?.instant ?? .max)
        } catch {
            metrics.failed(error)
            throw error
        }
        // Safe: used again only on the loop.
        nonisolated(unsafe) let client = self
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in client.wait(continuation, for: id) }
        } onCancel: {
            client.loop.execute { client.abandon(id) }
        }
        metrics.ended(result)
        return try result.get()
    }

    /// Sends one command and ignores its reply, as for a PUBLISH that may be lost. The command is left out where the breaker is
    /// open or too much waits already.
    package func sendAndForget(_ command: [RedisArgument]) {
        loop.assertInLoop()
        do { _ = try enqueue(command, by: .max) } catch { metrics.failed(error) }
    }

    /// Closes the connection, after commands in flight have their reply or their timeout. New ones fail at once.
    package func close() async {
        loop.assertInLoop()
        if case .closed = phase { return }
        if case .ready = phase, inFlight.waiting > 0 {
            let drained = Promise<Void>(on: loop)
            self.drained = drained
            phase = .closing
            try? await drained.value()
        } else if case .closing = phase {
            try? await drained?.value()
        }
        endAttempt()
        phase = .closed
        failAll(RedisError(.closed, "the client is closed"))
    }

    // MARK: Sending

    /// - Parameter deadline: of the caller, in nanoseconds of the monotonic clock
    private func enqueue(_ command: [RedisArgument], by deadline: UInt64) throws -> UInt64 {
        switch phase {
        case .ready, .connecting, .shakingHands, .pausing: break
        case .idle, .closing, .closed: throw refusal(.closed, "the client is closed")
        }
        guard breaker.admits else { throw refusal(.unavailable, lastError?.message ?? "the breaker is open") }
        guard inFlight.count < configuration.maxInFlight else {
            throw refusal(.overloaded, "\(inFlight.count) commands in flight")
        }
        let unsent = outgoing.count + (transport?.unsent ?? 0)
        guard unsent < configuration.maxUnsentBytes else { throw refusal(.overloaded, "\(unsent) bytes to send") }
        let now = csystem_monotonic()
        let late = now.adding(commandTimeout)
        let deadline = min(late, deadline)
        guard deadline > now else { throw RedisError(.timedOut, "the request's deadline is over") }
        try encoder.append(command, to: &outgoing)
        let id = inFlight.append(deadline: deadline, late: late)
        statistics.commands &+= 1
        if deadline < nextDeadline { armDeadline(at: deadline) }
        if !isFlushScheduled {
            isFlushScheduled = true
            loop.atTurnEnd { [self] in
                isFlushScheduled = false
                flush()
            }
        }
        return id
    }

    private func refusal(_ code: RedisError.Code, _ message: String) -> RedisError {
        statistics.refused &+= 1
        return RedisError(code, message)
    }

    /// Sends what has gathered, where there is a connection that takes commands.
    func flush() {
        switch phase {
        case .ready, .closing:
            guard !outgoing.isEmpty, let transport else { return }
            // One after the other: where sending finds the server gone, this client is notified and empties `outgoing`, which
            // must not be borrowed then.
            transport.take(&outgoing)
            transport.flush()
        default: return
        }
    }

    // MARK: Waiting

    private func wait(_ continuation: Continuation, for id: UInt64) {
        // Cancelled before there was a continuation to resume.
        if Task.isCancelled { return continuation.resume(returning: .failure(CancellationError())) }
        if let continuation = inFlight.attach(continuation, to: id) {
            continuation.resume(returning: .failure(lastError ?? RedisError(.connectionLost, "the connection was lost")))
        }
    }

    private func abandon(_ id: UInt64) {
        inFlight.abandon(id)?.resume(returning: .failure(CancellationError()))
        endWhenDrained()
    }

    /// Fails all commands, in flight or waiting for a connection.
    private func failAll(_ error: RedisError) {
        deadlineTimer?.cancel()
        deadlineTimer = nil
        nextDeadline = .max
        outgoing.removeAll()
        for continuation in inFlight.removeAll() { continuation.resume(returning: .failure(error)) }
    }

    private func endWhenDrained() {
        if case .closing = phase, inFlight.waiting == 0 { drained?.succeed(()) }
    }

    private func armDeadline(at instant: UInt64) {
        deadlineTimer?.cancel()
        nextDeadline = instant
        deadlineTimer = loop.schedule(at: instant) { [weak self] in self?.expire() }
    }

    /// Fails the commands whose time is over.
    private func expire() {
        nextDeadline = .max
        deadlineTimer = nil
        // After a long turn, the reply may lie in the socket.
        transport?.receiveNow()
        let expiry = inFlight.expire(at: csystem_monotonic())
        statistics.timeouts &+= UInt64(expiry.waiters.count)
        let error = RedisError(.timedOut, "no reply in time")
        for continuation in expiry.waiters { continuation.resume(returning: .failure(error)) }
        if expiry.late { commandWasLate(error) }
        if let next = expiry.next, next < nextDeadline { armDeadline(at: next) }
        endWhenDrained()
    }

    // MARK: Connecting

    private func connect() {
        phase = .connecting
        attemptTimer = loop.schedule(after: configuration.connectTimeout) { [weak self] in
            self?.connectFailed(RedisError(.connectFailed, "no connection in time"))
        }
        connector.prepare(for: self) { [weak self] result in
            guard let self, case .connecting = phase else { return }
            do throws(RedisError) {
                let prepared = try result.get()
                (transport, reader) = prepared
                prepared.transport.connect()
            } catch {
                connectFailed(error)
            }
        }
    }

    private func becomeReady() {
        attemptTimer?.cancel()
        attemptTimer = nil
        phase = .ready
        statistics.connections &+= 1
        breaker.attemptSucceeded(at: csystem_monotonic())
        failureLog.recovered()
        flush()
    }

    /// There is no connection, or not one that serves: no command is sent until the breaker's pause is over.
    private func connectFailed(_ error: RedisError) {
        drop(error)
        breaker.trip(at: csystem_monotonic(), using: &random)
        pauseOrReconnect()
    }

    /// A connection that served is gone: the next one is opened at once, unless this keeps happening.
    private func connectionLost(_ error: RedisError) {
        drop(error)
        breaker.failed(at: csystem_monotonic(), using: &random)
        pauseOrReconnect()
    }

    /// Redis was late with a command; the connection is closed once that has happened too often.
    private func commandWasLate(_ error: RedisError) {
        guard case .ready = phase else { return }
        breaker.failed(at: csystem_monotonic(), using: &random)
        guard !breaker.admits else { return }
        drop(error)
        pauseOrReconnect()
    }

    private func drop(_ error: RedisError) {
        statistics.failures &+= 1
        lastError = error
        failureLog.failed(error)
        endAttempt()
        failAll(error)
    }

    private func endAttempt() {
        attemptTimer?.cancel()
        attemptTimer = nil
        transport?.close()
        transport = nil
        reader = nil
    }

    private func pauseOrReconnect() {
        if case .closing = phase { return endWhenDrained() }
        guard case .open(let until) = breaker.state else { return connect() }
        phase = .pausing
        attemptTimer = loop.schedule(at: until) { [weak self] in
            guard let self, case .pausing = phase, breaker.beginAttempt(at: csystem_monotonic()) else { return }
            connect()
        }
    }
}

extension RedisClient: TransportOwner {
    func transportOpened() {
        guard case .connecting = phase else { return }
        let handshake = Handshake(configuration)
        phase = .shakingHands(handshake)
        do throws(RedisError) {
            // Before the commands that have gathered.
            var bytes: [UInt8] = []
            for command in handshake.commands { try encoder.append(command, to: &bytes) }
            transport?.send(&bytes)
        } catch {
            connectFailed(error)
        }
    }

    func transportReceived(_ bytes: UnsafeRawBufferPointer) {
        guard let reader else { return }
        do throws(RedisError) {
            try reader.feed(bytes) { take($0) }
        } catch {
            transportFailed(error)
        }
    }

    func transportFailed(_ error: RedisError) {
        switch phase {
        case .connecting, .shakingHands: connectFailed(error)
        case .ready, .closing: connectionLost(error)
        case .idle, .pausing, .closed: break
        }
    }

    /// Takes one reply; false when the connection must not be read further.
    private func take(_ reply: RedisValue) -> Bool {
        switch phase {
        case .shakingHands(var handshake):
            let outcome = handshake.receive(reply)
            phase = .shakingHands(handshake)
            switch outcome {
            case .unfinished: return true
            case .ready: becomeReady()
            case .refused(let error): connectFailed(error)
            }
            return transport != nil
        case .ready, .closing:
            let message = if case .error(let message) = reply { message } else { "" }
            let serverError = ServerErrorKind(message)
            guard let waiter = inFlight.answer() else {
                transportFailed(RedisError(.protocolViolation, "a reply without a command"))
                return false
            }
            if let continuation = waiter {
                if serverError == nil { breaker.succeeded() }
                continuation.resume(returning: .success(reply))
            }
            endWhenDrained()
            if let serverError { react(to: serverError, message) }
            return transport != nil
        case .idle, .connecting, .pausing, .closed:
            return false
        }
    }

    private func react(to error: ServerErrorKind, _ message: String) {
        switch error {
        case .authentication:
            // The next handshake fails too, and the breaker's pauses keep the attempts rare.
            connectFailed(RedisError(.authenticationFailed, message))
        case .readOnly:
            // After a failover the name has the new primary's address. Not more than once a second: the name may take a while
            // to change, and reads still work here.
            let now = csystem_monotonic()
            if let lastReadOnly, now &- lastReadOnly < 1_000_000_000 { return }
            lastReadOnly = now
            connectionLost(RedisError(.connectionLost, message))
        case .notServing:
            commandWasLate(RedisError(.unavailable, message))
        }
    }
}
