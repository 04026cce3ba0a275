import EventLoop

/// Shared connections answer in order, so that one slow read keeps all behind it waiting. Those are read over leased connections
/// meanwhile, and more of the slow one's kind go to a few leased connections of their own until they are slow no more.
extension PostgresPool {
    /// How long a read may keep others waiting.
    static var holdUp: UInt64 { 150_000_000 }

    /// How often those behind are looked for from then on.
    private static var reliefInterval: UInt64 { 20_000_000 }

    /// How many reads may have a leased connection at a time, of each kind: slow ones, and those that were behind one.
    private var mostRelieved: Int { max(1, configuration.maximum / 4) }

    /// Looks for reads that keep others waiting, and helps those; when to look again.
    func relieve(now: UInt64) -> UInt64 {
        var next = UInt64.max
        // A replica's leases are not examined, and its reads have another place to go.
        guard exam == nil else { return next }
        for (id, connection) in connections where connection.outstanding > 0 {
            guard state.members[id]?.phase == .shared || state.members[id]?.phase == .retiring else { continue }
            let due = connection.waitingSince.adding(Self.holdUp)
            guard due <= now else {
                next = min(next, due)
                continue
            }
            relieve(connection, now: now)
            next = min(next, now.adding(Self.reliefInterval))
        }
        for (read, since) in slowAtWork where since.adding(Self.holdUp) <= now { slow.mark(read.query.sql, now: now) }
        return slowAtWork.isEmpty ? next : min(next, now.adding(SlowStatements.memory / 2))
    }

    private func relieve(_ connection: PostgresConnection, now: UInt64) {
        // Where nobody is answered, as in an outage, this read is not to blame, and no other connection helps.
        let mark = connection.waitingSince.adding(Self.holdUp / 2)
        guard connections.values.contains(where: { $0 !== connection && ($0.outstanding == 0 || $0.lastHeard > mark) }) else {
            return
        }
        let reads = connection.expectedReads
        guard let first = reads.first else { return }
        slow.mark(first.query.sql, now: now)
        let behind = reads.dropFirst().filter { !$0.isEnded }
        // More of its kind come before whatever is sent now.
        if behind.contains(where: { slow.contains($0.query.sql, now: now) }) {
            perform(state.replaceShared(connection.id, now: now))
        }
        for read in behind where !read.isRelieved && !slow.contains(read.query.sql, now: now) {
            guard relieved < mostRelieved else { return }
            read.isRelieved = true
            relieved += 1
            lend(to: read) { [self] result in
                relieved -= 1
                // The first answer counts; where this way failed, the other may still come.
                if case .success = result { read.end(result) }
                _ = relieve(now: loop.now)
            }
        }
    }

    /// Whether the read is of a kind that keeps others waiting; then it has a place of its own, or waits for one.
    func takesLong(_ read: PendingRead) throws(PostgresError) -> Bool {
        guard !slow.isEmpty, slow.contains(read.query.sql, now: loop.now) else { return false }
        guard slowReads.count < max(1, configuration.maxWaiters) else {
            throw PostgresError(.poolExhausted, "too many slow reads wait")
        }
        slowReads.append(read)
        if let deadline = read.deadline { arm(deadline) }
        sendSlowReads()
        return true
    }

    private func sendSlowReads() {
        while slowAtWork.count < mostRelieved, let read = slowReads.popFirst() {
            guard !read.isEnded else { continue }
            slowAtWork.append((read, loop.now))
            arm(loop.now.adding(Self.holdUp))
            lend(to: read) { [self] result in
                slowAtWork.removeAll { $0.read === read }
                read.end(result)
                sendSlowReads()
            }
        }
    }

    /// Reads over a connection of its own.
    private func lend(to read: PendingRead, then end: @escaping (Result<PostgresRows, PostgresError>) -> Void) {
        loop.run { [self] in
            let deadline = read.deadline.map { Deadline(instant: $0) }
            let result: Result<PostgresRows, PostgresError>
            do {
                result = .success(try await Deadline.$current.withValue(deadline) { try await readApart(read.query) })
            } catch {
                result = .failure(error as? PostgresError ?? PostgresError(.cancelled))
            }
            end(result)
        }
    }

    private func readApart(_ query: PostgresQuery) async throws -> PostgresRows {
        let connection = try await lease()
        // Takes the transaction back too.
        defer { giveBack(connection) }
        let limit: [PostgresQuery] =
            configuration.readLimit.map { [PostgresQuery(unescaped: "SET LOCAL statement_timeout = \($0)")] } ?? []
        let rows = try await send(limit + [query], begin: "BEGIN READ ONLY", commit: .none, on: connection)
        guard let last = rows.last else { throw PostgresError(.protocolViolation, "no answer") }
        return last
    }
}

extension PostgresConnection {
    /// The reads that wait for their answers, in order; the first is being run.
    var expectedReads: [PendingRead] {
        expected.compactMap { one in
            if case .statement(let receiver, _, _) = one { receiver as? PendingRead } else { nil }
        }
    }
}
