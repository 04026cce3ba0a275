import EventLoop

extension PostgresPool {
    /// Runs one read that belongs to no transaction, together with all others of this turn of the loop.
    ///
    /// Reads only, and short ones: they share connections, where a slow one holds up those behind it. PostgreSQL
    /// refuses writes there (25006); those go through ``batch(_:)``. A read whose connection breaks is sent once more.
    /// - Throws: ``PostgresError``. On the loop.
    package func query(_ query: PostgresQuery) async throws -> PostgresRows {
        loop.assertInLoop()
        guard !query.isInvalid else { throw PostgresError(.invalidParameter, "a parameter that PostgreSQL cannot hold") }
        let now = loop.now
        let until = min(now.adding(queryTimeout), Deadline.current?.instant ?? .max)
        guard until > now else { throw PostgresError(.timedOut, "the deadline had passed") }
        retries.attempted()
        let read = PendingRead(query, until: until, pool: self)
        if try !takesLong(read) { try submit(read) }
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { read.wait($0) }
        } onCancel: { [loop] in
            loop.execute { read.end(.failure(PostgresError(.cancelled))) }
        }
        return try result.get()
    }

    /// How long the server takes to answer at present.
    /// - Throws: ``PostgresError``. On the loop.
    package func ping() async throws -> Duration {
        let clock = ContinuousClock()
        let start = clock.now
        _ = try await query("SELECT 1")
        return clock.now - start
    }

    private func submit(_ read: PendingRead) throws(PostgresError) {
        guard state.isRunning else { throw PostgresError(.closed, "the pool is closed") }
        if readers.isEmpty || state.isHung {
            try park(read)
        } else {
            if gathered.isEmpty { loop.atTurnEnd { self.sendGathered() } }
            gathered.append(read)
        }
        if let deadline = read.deadline { arm(deadline) }
    }

    /// All reads of the turn: one Sync and one flush for each connection that takes part.
    private func sendGathered() {
        let reads = gathered
        gathered.removeAll(keepingCapacity: true)
        guard let connection = quietestReader() else {
            for read in reads { sendAlone(read) }
            return
        }
        for read in reads where !read.isEnded { connection.send(read.query, index: 0, for: read) }
        connection.sync(for: nil)
        armForSilence()
    }

    /// Sends a read in a Sync group of its own at the end of this turn.
    ///
    /// Not at once: this is called while answers are taken from libpq, which loses count of them when something is
    /// queued between an answer and the NULL that ends it in a pipeline that was aborted (pqAppendCmdQueueEntry).
    func sendAgain(_ read: PendingRead) {
        if repeated.isEmpty {
            loop.atTurnEnd { [self] in
                let reads = repeated
                repeated = []
                for read in reads where !read.isEnded {
                    do throws(PostgresError) {
                        if try !takesLong(read) { sendAlone(read) }
                    } catch { read.end(.failure(error)) }
                }
            }
        }
        repeated.append(read)
    }

    /// Sends a read once more whose connection broke, over one that is known to have outlived that: often all
    /// connections break together, and the others just don't know yet.
    func sendAfterLoss(_ read: PendingRead) {
        do { try park(read) } catch { return read.end(.failure(error)) }
        guard !isProving else { return }
        isProving = true
        loop.atTurnEnd { [self] in
            isProving = false
            for reader in readers where reader.isOpen {
                reader.sync(for: LivenessPing(loop: loop) { [weak self] in self?.sendParked() })
            }
        }
    }

    /// Sends a read in a Sync group of its own, or keeps it until there is a connection for it.
    private func sendAlone(_ read: PendingRead) {
        guard let connection = quietestReader() else {
            do { try park(read) } catch { read.end(.failure(error)) }
            return
        }
        connection.send(read.query, index: 0, for: read)
        connection.sync(for: nil)
        armForSilence()
    }

    private func park(_ read: PendingRead) throws(PostgresError) {
        if state.isDownForReads(now: loop.now) {
            throw PostgresError(
                .connectionUnavailable, state.isHung ? "the server does not answer" : lastError?.message,
                sqlState: lastError?.sqlState)
        }
        if exam != nil, readers.isEmpty {
            throw PostgresError(.connectionUnavailable, "no connection to the replica may be read from")
        }
        guard parked.count < max(1, configuration.maxWaiters) else {
            throw PostgresError(.poolExhausted, "too many wait for a connection")
        }
        parked.append(read)
    }

    func sendParked() {
        while !parked.isEmpty, quietestReader() != nil {
            let read = parked.removeFirst()
            if !read.isEnded { sendAlone(read) }
        }
    }

    func failParked(_ error: PostgresError) {
        let reads = parked
        parked = []
        for read in reads { read.end(.failure(error)) }
    }

    /// The shared connection with the least to answer; one that has been silent for long only if all have.
    private func quietestReader() -> PostgresConnection? {
        var best: PostgresConnection?
        for reader in readers where reader.isOpen {
            guard let other = best else { best = reader; continue }
            let (silent, otherSilent) = (isSilent(reader), isSilent(other))
            if silent != otherSilent ? otherSilent : reader.outstanding < other.outstanding { best = reader }
        }
        return best
    }

    private func isSilent(_ connection: PostgresConnection) -> Bool {
        connection.outstanding > 0 && loop.now > connection.waitingSince
            && loop.now - connection.waitingSince >= vigil.suspicion
    }
}
