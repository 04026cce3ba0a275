import CSystem
import EventLoop
import Logging

extension RedisClient {
    /// Begins to connect. Commands may be sent at once; they wait for the connection, within their time.
    package func start() {
        loop.assertInLoop()
        guard case .idle = phase else { return }
        connect()
    }

    private func connect() {
        phase = .connecting
        attemptTimer = loop.schedule(after: configuration.connectTimeout) { [weak self] in
            self?.connectFailed(RedisError(.connectFailed, "no connection in time"))
        }
        // A look-up that outlived its attempt serves the next.
        guard !resolving else { return }
        resolving = true
        // Safe: handed back to the loop before it is touched.
        nonisolated(unsafe) let client = self
        let (loop, options, context) = (loop, configuration.tls, tlsContext)
        resolver.resolve(
            configuration.host,
            prepare: { () -> Result<TLSContext?, RedisError> in
                guard context == nil, let options else { return .success(context) }
                do throws(RedisError) { return .success(try TLSContext(options)) } catch { return .failure(error) }
            },
            { prepared, addresses in loop.execute { client.resolved(prepared, addresses) } })
    }

    private func resolved(_ prepared: Result<TLSContext?, RedisError>, _ addresses: [String]) {
        resolving = false
        guard case .connecting = phase else { return }
        do throws(RedisError) {
            tlsContext = try prepared.get()
            guard !addresses.isEmpty else {
                throw RedisError(.connectFailed, "the host \(configuration.host) has no address")
            }
            var session: TLSSession?
            if let tlsContext, let options = configuration.tls {
                session = try TLSSession(
                    tlsContext, name: options.serverName ?? configuration.host, verifies: options.verifies)
            }
            reader = try ReplyReader(longestReply: configuration.longestReply)
            let transport = Transport(
                loop: loop, owner: self, addresses: addresses, port: configuration.port, tls: session)
            self.transport = transport
            transport.connect()
        } catch {
            connectFailed(error)
        }
    }

    // MARK: Losing it

    /// No connection, or not one that serves: nothing is asked until the breaker's pause is over.
    private func connectFailed(_ error: RedisError) {
        drop(error)
        breaker.trip(at: csystem_monotonic(), using: &chance)
        pauseOrReconnect()
    }

    /// A connection that served is gone: the next one is made at once, unless this keeps happening.
    private func connectionLost(_ error: RedisError) {
        drop(error)
        breaker.failed(at: csystem_monotonic(), using: &chance)
        pauseOrReconnect()
    }

    /// Called when Redis was late with a command; it may happen again before the connection is given up.
    func commandWasLate(_ error: RedisError) {
        guard case .ready = phase else { return }
        breaker.failed(at: csystem_monotonic(), using: &chance)
        guard !breaker.admits else { return }
        drop(error)
        pauseOrReconnect()
    }

    private func drop(_ error: RedisError) {
        statistics.failures &+= 1
        lastError = error
        log(error)
        endAttempt()
        failAll(error)
        stopSweeping()
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

    func shut() {
        endAttempt()
        stopSweeping()
        phase = .closed
        failAll(RedisError(.closed, "the client is closed"))
    }

    private func log(_ error: RedisError) {
        // Once for each cause, not once for each attempt.
        let level: Logger.Level =
            if error == loggedError { .debug } else if error.code == .authenticationFailed { .error } else { .warning }
        loggedError = error
        logger.log(
            level: level, "redis unavailable",
            metadata: [
                "redis": "\(configuration)", "code": "\(error.code.rawValue)", "reason": "\(error.message)",
            ])
    }
}

extension RedisClient: TransportOwner {
    func transportOpened() {
        guard case .connecting = phase else { return }
        let handshake = Handshake(configuration)
        phase = .shakingHands(handshake)
        do throws(RedisError) { try sendNow(handshake.commands) } catch { connectFailed(error) }
    }

    func transportReceived(_ bytes: UnsafeRawBufferPointer) {
        guard let reader else { return }
        do throws(RedisError) {
            try reader.feed(bytes) { take($0) }
        } catch {
            fail(error)
        }
    }

    func transportFailed(_ error: RedisError) { fail(error) }

    private func fail(_ error: RedisError) {
        switch phase {
        case .connecting, .shakingHands: connectFailed(error)
        case .ready, .closing: connectionLost(error)
        case .idle, .pausing, .closed: break
        }
    }

    /// Takes one reply; false when the connection is not to be read further.
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
            let trouble = ServerTrouble(message)
            guard answer(reply, trouble: trouble) else {
                fail(RedisError(.protocolViolation, "a reply that nobody asked for"))
                return false
            }
            endWhenDrained()
            if let trouble { heed(trouble, message) }
            return transport != nil
        case .idle, .connecting, .pausing, .closed:
            return false
        }
    }

    private func becomeReady() {
        attemptTimer?.cancel()
        attemptTimer = nil
        phase = .ready
        statistics.connections &+= 1
        breaker.attemptSucceeded(at: csystem_monotonic())
        if loggedError != nil {
            loggedError = nil
            logger.notice("redis connected", metadata: ["redis": "\(configuration)"])
        }
        flush()
    }

    private func heed(_ trouble: ServerTrouble, _ message: String) {
        switch trouble {
        case .authentication:
            // The next handshake says so too, and the breaker's pauses keep it slow.
            connectFailed(RedisError(.authenticationFailed, message))
        case .readOnly:
            // After a failover the name has the new primary's address. Not more than once a second: it may take
            // a while to be known, and reading still works here.
            let now = csystem_monotonic()
            if let lastReadOnly, now &- lastReadOnly < 1_000_000_000 { return }
            lastReadOnly = now
            connectionLost(RedisError(.connectionLost, message))
        case .notServing:
            commandWasLate(RedisError(.unavailable, message))
        }
    }
}
