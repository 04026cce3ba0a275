import EventLoop

/// One timer for all deadlines: a statement that is answered in time, as nearly all are, sets none.
extension PostgresPool {
    /// Sees to it that the pool looks at its deadlines at `due` at the latest.
    func arm(_ due: UInt64) {
        // Never in this very turn, whose clock stands still: a timer that is due again at once would not let it end.
        let due = max(due, loop.now &+ 1_000_000)
        guard due < timerDue else { return }
        timerDue = due
        timer?.cancel()
        timer = loop.schedule(at: due) { [weak self] in
            guard let self else { return }
            timerDue = .max
            timer = nil
            tick()
        }
    }

    /// Something was sent: if nothing comes back for long, that is to be noticed.
    func armForSilence() {
        let due = loop.now.adding(min(vigil.suspicion, Self.holdUp))
        if due < timerDue { arm(due) }
    }

    private func tick() {
        let now = loop.now
        var next = UInt64.max
        for connection in Array(connections.values) {
            next = min(next, connection.expireReceivers(now: now))
            if let stall = endIfStalled(connection, now: now) { next = min(next, stall) }
        }
        for read in [parked, slowReads].joined() {
            guard let deadline = read.deadline else { continue }
            if deadline <= now { read.deadlinePassed() } else { next = min(next, deadline) }
        }
        parked.removeAll { $0.isEnded }
        slowReads.removeAll { $0.isEnded }
        next = min(next, relieve(now: now))
        perform(state.tick(now: now))
        look()
        if next != .max { arm(next) }
    }

    /// Gives up a connection that has been silent for too long: a shared one, whose reads are not sent again, as they
    /// may be why; and a leased one while the server hangs, as whoever waits for it is better told to come again.
    private func endIfStalled(_ connection: PostgresConnection, now: UInt64) -> UInt64? {
        let phase = state.members[connection.id]?.phase
        guard connection.outstanding > 0, phase == .shared || phase == .retiring || (phase == .leased && state.isHung)
        else { return nil }
        let due = connection.waitingSince.adding(stallTimeout)
        guard due <= now else { return due }
        closeUnused(silentSince: connection.waitingSince)
        drop(connection, PostgresError(.timedOut, "the server did not answer"))
        return nil
    }

    /// Closes what is unused and was not heard from since a connection fell silent: it may have died the same way, without a
    /// word, and whoever was lent it would find out by waiting.
    private func closeUnused(silentSince since: UInt64) {
        for id in state.idle {
            guard let connection = connections[id], connection.lastHeard <= since else { continue }
            connections[id] = nil
            connection.close()
            perform(state.lost(id, now: loop.now))
        }
    }

    /// Looks whether the server still gives signs of life.
    func look() {
        let now = loop.now
        var waitingSince: UInt64?
        for connection in connections.values {
            lastHeard = max(lastHeard, connection.lastHeard)
            guard connection.outstanding > 0 else { continue }
            waitingSince = min(waitingSince ?? .max, connection.waitingSince)
        }
        switch vigil.look(now: now, waitingSince: waitingSince, lastHeard: lastHeard) {
        case .none: break
        case .probe: probe()
        case .hung:
            logger.error("postgres: \(configuration.summary) does not answer")
            perform(state.hung(true, now: now))
            perform(state.openProbe(now: now))
            failParked(PostgresError(.connectionUnavailable, "the server does not answer"))
            // From now on leased connections may stall too.
            arm(now)
        case .well:
            logger.notice("postgres: \(configuration.summary) answers again")
            perform(state.hung(false, now: now))
        }
        guard let waitingSince else { return }
        // While it hangs, every answer is looked at as it comes; see connectionDrained.
        arm(vigil.nextLook(waitingSince: waitingSince, lastHeard: lastHeard))
    }

    /// Sends a Sync where nothing is in its way; with no such connection, opens one.
    private func probe() {
        let unused = state.idle.last.flatMap { connections[$0] } ?? readers.first { $0.outstanding == 0 && $0.isOpen }
        if let unused { unused.sync(for: nil) } else { perform(state.openProbe(now: loop.now)) }
    }
}

extension PostgresConnection {
    /// Tells those whose deadline has passed; the next deadline.
    func expireReceivers(now: UInt64) -> UInt64 {
        var next = UInt64.max
        for one in expected {
            let waiting: (any StatementReceiver)? =
                switch one {
                case .statement(let receiver, _, _): receiver
                // The commit of a group happens at its Sync, and may take its time there.
                case .sync(let receiver): receiver
                case .preparation, .housekeeping: nil
                }
            guard let receiver = waiting, let deadline = receiver.deadline else { continue }
            if deadline <= now { receiver.deadlinePassed() } else { next = min(next, deadline) }
        }
        return next
    }
}
