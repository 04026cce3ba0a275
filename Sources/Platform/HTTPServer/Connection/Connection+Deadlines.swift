import HTTPTypes

extension Connection {
    /// Ends what has taken too long; `now` in nanoseconds of the monotonic clock.
    func checkDeadline(_ now: UInt64) {
        guard !isClosed else { return }
        let times = group.times
        if outputEnded {
            if passed(phaseBegan, times.linger, now) { close() }
            return
        }
        if !output.isEmpty {
            if writeBegan > 0, writePace.isLate(at: now) || passed(writeProgressed, times.stall, now) {
                group.metrics.timedOut(in: .write)
                close()
            }
            return
        }
        if isExchanging {
            if let inbound, !inbound.isRaw, !inbound.hasEnded, inbound.isLate(at: now) {
                group.metrics.timedOut(in: .body)
                inbound.fail(RequestError(.requestTimeout, "The request's body came too slowly."))
                return
            }
            // The task goes on to its end, which a cancelled one finds soon; its reply may still be wanted.
            if inputEnded, !isLast, passed(inputEndedAt, times.halfClosed, now) {
                isLast = true
                exchangeTask?.cancel()
            }
            return
        }
        switch phase {
        case .idle: checkIdle(now)
        case .head:
            // Else a client that never ends it would hold up the server's end for all of its time.
            let isLate = group.finishBegan.map { passed($0, times.lateHead, now) } ?? false
            if isLate || passed(phaseBegan, times.header, now) { timeOut(.head, "The request's head took too long.") }
        case .body:
            if bodyPace.isLate(at: now) || passed(phaseBegan, bodyPatience, now) {
                timeOut(.body, "The request's body came too slowly.")
            }
        }
    }

    private func checkIdle(_ now: UInt64) {
        let times = group.times
        let patience = served > 0 ? times.keepAlive : group.isFinishing ? times.fresh : times.header
        if passed(phaseBegan, patience, now) { close() }
    }

    private func timeOut(_ phase: ServerMetrics.Phase, _ reason: String) {
        group.metrics.timedOut(in: phase)
        refuse(.requestTimeout, reason)
        flush()
    }

    private func passed(_ start: UInt64, _ duration: UInt64, _ now: UInt64) -> Bool {
        now > start && now - start >= duration
    }

    /// Whether nothing is under way on it, so that nothing is lost with it.
    var isIdle: Bool { !isExchanging && output.isEmpty && phase == .idle && !isLast && !isClosed && backlogCount == 0 }

    /// Closes a connection that waits for no reply, and lets a streamed one come to its end; one that has never sent anything gets a moment to do so.
    func closeIfIdle() {
        outbound?.serverFinishes()
        guard !isExchanging, output.isEmpty, phase == .idle, !isLast, !isClosed else { return }
        // What has arrived by now is served still.
        receive()
        guard !isClosed, !isExchanging, output.isEmpty, phase == .idle, !isLast else { return }
        if served > 0 { close() }
    }
}
