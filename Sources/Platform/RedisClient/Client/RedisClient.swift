import CSystem
import EventLoop
import Logging

/// A connection to Redis that lives on one loop, remade whenever it is lost, behind a circuit breaker.
///
/// Commands of a turn leave in one write and are answered in order. No command waits longer than its
/// timeout, and none at all while the breaker is open, so that callers fall back at once. Nothing is
/// sent twice: a command whose connection is lost fails, whether it took effect or not.
///
/// Confined to its loop, entry points assert it. It must be closed with ``close()``.
package final class RedisClient {
    typealias Continuation = UnsafeContinuation<Result<RedisValue, any Error>, Never>

    enum Phase {
        case idle
        /// Name look-up, TCP, TLS.
        case connecting
        case shakingHands(Handshake)
        case ready
        /// The breaker's pause.
        case pausing
        /// No new commands; those in flight have their time.
        case closing
        case closed
    }

    package let loop: EventLoop
    package let configuration: RedisConfiguration
    let logger: Logger
    let resolver = HostResolver()

    var phase = Phase.idle
    var breaker: CircuitBreaker {
        didSet { metrics.breaker(is: breaker.phase) }
    }
    let metrics = RedisMetrics()
    // Behind `any`, so that it has a place in memory: the thread sanitizer looks at where an `inout` points.
    var chance: any RandomNumberGenerator = SystemRandomNumberGenerator()
    var transport: Transport?
    var reader: ReplyReader?
    var tlsContext: TLSContext?
    var inFlight = InFlight<Continuation>()
    var resolving = false
    var attemptTimer: LoopTimer?
    var lastError: RedisError?
    var lastReadOnly: UInt64?
    /// The error that the log already has.
    var loggedError: RedisError?
    var drained: Promise<Void>?
    package internal(set) var statistics = RedisStatistics()

    private var encoder = CommandEncoder()
    private var outgoing: [UInt8] = []
    private var flushes = false
    private var sweepTimer: LoopTimer?
    private var sweepAt = UInt64.max
    private let commandTimeout: UInt64

    package init(loop: EventLoop, configuration: RedisConfiguration, logger: Logger) {
        self.loop = loop
        self.configuration = configuration
        self.logger = logger
        breaker = CircuitBreaker(configuration.breaker)
        metrics.breaker(is: breaker.phase)
        commandTimeout = configuration.commandTimeout.nanosecondsClamped
    }

    /// How things stand.
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

    /// Whether commands are let through at present.
    package var breakerPhase: BreakerPhase { breaker.phase }

    /// Sends one command and waits for its reply, which may be an error of the server's.
    /// - Throws: ``RedisError`` for what is not a reply, or `CancellationError`.
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
        // Safe: taken up again only on the loop.
        nonisolated(unsafe) let client = self
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in client.wait(continuation, for: id) }
        } onCancel: {
            client.loop.execute { client.abandon(id) }
        }
        metrics.ended(result)
        return try result.get()
    }

    /// Sends one command and waits for nothing: for what is good to have and needed by nobody, such as a PUBLISH. It is left
    /// out where the breaker is open or too much waits already.
    package func post(_ command: [RedisArgument]) {
        loop.assertInLoop()
        do { _ = try enqueue(command, by: .max) } catch { metrics.failed(error) }
    }

    /// Ends the connection, after commands in flight had their reply or their time. New ones fail at once.
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
        shut()
    }

    // MARK: Out

    /// - Parameter deadline: of whoever waits, in nanoseconds of the monotonic clock
    private func enqueue(_ command: [RedisArgument], by deadline: UInt64) throws -> UInt64 {
        switch phase {
        case .ready, .connecting, .shakingHands, .pausing: break
        case .idle, .closing, .closed: throw refusal(.closed, "the client is closed")
        }
        guard breaker.admits else { throw refusal(.unavailable, lastError?.message ?? "the breaker is open") }
        guard inFlight.count < configuration.mostInFlight else {
            throw refusal(.overloaded, "\(inFlight.count) commands in flight")
        }
        let unsent = outgoing.count + (transport?.unsent ?? 0)
        guard unsent < configuration.mostUnsent else { throw refusal(.overloaded, "\(unsent) bytes to send") }
        let now = csystem_monotonic()
        let late = now.addingReportingOverflow(commandTimeout)
        let lateAt = late.overflow ? .max : late.partialValue
        let deadline = min(lateAt, deadline)
        guard deadline > now else { throw RedisError(.timedOut, "the request's deadline is over") }
        try encoder.append(command, to: &outgoing)
        let id = inFlight.append(deadline: deadline, late: lateAt)
        statistics.commands &+= 1
        if deadline < sweepAt { sweep(at: deadline) }
        flushAtTurnEnd()
        return id
    }

    private func refusal(_ code: RedisError.Code, _ message: String) -> RedisError {
        statistics.refused &+= 1
        return RedisError(code, message)
    }

    private func flushAtTurnEnd() {
        guard !flushes else { return }
        flushes = true
        loop.atTurnEnd { [self] in
            flushes = false
            flush()
        }
    }

    /// Sends what has gathered, once there is a connection that takes commands.
    func flush() {
        switch phase {
        case .ready, .closing:
            guard !outgoing.isEmpty, let transport else { return }
            // One after the other: where sending finds the server gone, this client hears of it and empties `outgoing`, which
            // nobody may have borrowed then.
            transport.take(&outgoing)
            transport.flush()
        default: return
        }
    }

    /// Sends before what has gathered.
    func sendNow(_ commands: [[RedisArgument]]) throws(RedisError) {
        var bytes: [UInt8] = []
        for command in commands { try encoder.append(command, to: &bytes) }
        transport?.send(&bytes)
    }

    // MARK: Waiting

    private func wait(_ continuation: Continuation, for id: UInt64) {
        // Cancelled between the two: its cancellation found nobody to tell.
        if Task.isCancelled { return continuation.resume(returning: .failure(CancellationError())) }
        if let continuation = inFlight.attach(continuation, to: id) {
            continuation.resume(returning: .failure(lastError ?? RedisError(.connectionLost, "the connection was lost")))
        }
    }

    private func abandon(_ id: UInt64) {
        inFlight.abandon(id)?.resume(returning: .failure(CancellationError()))
        endWhenDrained()
    }

    /// The oldest command's reply; false when there was no such command.
    func answer(_ reply: RedisValue, trouble: ServerTrouble?) -> Bool {
        guard let entry = inFlight.answer() else { return false }
        if let continuation = entry {
            if trouble == nil { breaker.succeeded() }
            continuation.resume(returning: .success(reply))
        }
        return true
    }

    /// Whoever waits, on the connection or for one, has waited in vain.
    func failAll(_ error: RedisError) {
        outgoing.removeAll()
        for continuation in inFlight.removeAll() { continuation.resume(returning: .failure(error)) }
    }

    func endWhenDrained() {
        if case .closing = phase, inFlight.waiting == 0 { drained?.succeed(()) }
    }

    // MARK: Time

    /// One timer for the earliest deadline of all.
    private func sweep(at instant: UInt64) {
        sweepTimer?.cancel()
        sweepAt = instant
        sweepTimer = loop.schedule(at: instant) { [weak self] in self?.sweep() }
    }

    private func sweep() {
        sweepAt = .max
        sweepTimer = nil
        // After a turn that was long for reasons of its own, the reply may lie in the socket.
        transport?.receiveNow()
        let expiry = inFlight.expire(at: csystem_monotonic())
        statistics.timeouts &+= UInt64(expiry.waiters.count)
        let error = RedisError(.timedOut, "no reply in time")
        for continuation in expiry.waiters { continuation.resume(returning: .failure(error)) }
        if expiry.late { commandWasLate(error) }
        if let next = expiry.next, next < sweepAt { sweep(at: next) }
        endWhenDrained()
    }

    func stopSweeping() {
        sweepTimer?.cancel()
        sweepTimer = nil
        sweepAt = .max
    }
}
