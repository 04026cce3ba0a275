import EventLoop
import Glibc
import HTTPTypes

extension Connection {
    /// Queues a reply; after one that closes, nothing more is answered.
    func append(_ response: Response, to context: ReplyContext) {
        group.lendOutput(&output.open)
        output.append(response, to: context, date: group.dateLine())
        if context.closes {
            isLast = true
            upcoming = nil
        }
    }

    /// Sends what is queued once all that this turn brings is.
    func flushLater() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.atTurnEnd {
            self.isFlushScheduled = false
            self.flush()
        }
    }

    /// Sends what is queued, as far as the client takes it.
    func flush() {
        guard !isClosed else { return }
        send()
        guard !isClosed else { return }
        if output.isEmpty, isLast, !isExchanging { finishOutput() }
        guard !isClosed else { return }
        updateInterest()
        // The client has taken what held its requests back since they were: with nothing left to send, no wake-up would tell.
        if hasRoomAgain { outbound?.hasRoom() }
        if isHeldBack, hasRoomAgain {
            // On the next turn: others come in between.
            loop.schedule(after: .zero) { self.writable() }
        }
    }

    private var hasRoomAgain: Bool { output.count < group.configuration.maximumPendingOutput / 2 }

    /// Goes on with requests that were held back, once there is room for their replies.
    private func resume() {
        guard isHeldBack, hasRoomAgain else { return }
        isHeldBack = false
        proceed()
    }

    private func send() {
        guard !output.isEmpty else { return }
        let before = output.count
        let progress = output.flush(to: descriptor, through: tls)
        if output.count < before { group.metrics.sentBytes.increment(by: before - output.count) }
        switch progress {
        case .drained:
            group.returnOutput(&output.open)
            writeBegan = 0
            progressed()
        case .blocked:
            let now = loop.now
            if writeBegan == 0 {
                writeBegan = now
                writeProgressed = now
                writtenSince = 0
                writePace = group.times.writePace(from: now)
            } else if output.count < before {
                writeProgressed = now
                writtenSince += before - output.count
                writePace.reach(writtenSince, at: now)
            }
        case .failed:
            close()
        }
    }

    /// Sends what waits, to queue more; whether there is room now. If not, requests wait.
    func makeRoom() -> Bool {
        send()
        guard !isClosed else { return false }
        isHeldBack = output.count >= group.configuration.maximumPendingOutput
        return !isHeldBack
    }

    func writable() {
        guard !isClosed else { return }
        send()
        guard !isClosed else { return }
        resume()
        guard !isClosed else { return }
        flush()
    }

    /// Closes this side once all is sent, and reads on for a while so that no reset destroys the reply.
    func finishOutput() {
        isLast = true
        guard output.isEmpty, !outputEnded else { return }
        outputEnded = true
        if inputEnded { return close() }
        phaseBegan = loop.now
        tls?.end()
        shutdown(descriptor, Int32(SHUT_WR))
    }
}
