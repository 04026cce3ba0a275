import TLS

/// The responses of one client on their way to the socket, and how fast the client accepts them.
struct ResponseOutput {
    private var queue = OutputQueue()
    /// When the client stopped accepting bytes, and when it last accepted some; 0 while nothing waits for it. In nanoseconds of
    /// the monotonic clock.
    private var blockedSince: UInt64 = 0
    private var lastProgress: UInt64 = 0
    /// The number of bytes that the client has accepted since then.
    private var acceptedBytes = 0
    private var pace = TransferPace(from: 0, rate: 0, window: 0)

    var isEmpty: Bool { queue.isEmpty }
    /// The number of bytes that wait.
    var count: Int { queue.count }
    /// What is kept for the client, in bytes.
    var heldBytes: Int { queue.heldBytes }

    /// Adds a response.
    mutating func append(_ response: Response, in context: ResponseContext, _ group: ConnectionGroup) {
        group.lendOutput(&queue.open)
        queue.append(response, in: context, date: group.dateLine())
    }

    /// Adds bytes, as a chunk (RFC 9112 §7.1) or as they are.
    mutating func append(_ bytes: [UInt8], asChunk isChunk: Bool, _ group: ConnectionGroup) {
        group.lendOutput(&queue.open)
        queue.append(bytes, asChunk: isChunk)
    }

    /// Adds a 100 (Continue).
    mutating func appendContinue(_ group: ConnectionGroup) {
        group.lendOutput(&queue.open)
        queue.appendContinue()
    }

    /// Sends as much as the client accepts.
    mutating func send(to descriptor: Int32, through tls: TLSSession?, _ group: ConnectionGroup) -> OutputQueue.Progress {
        let before = queue.count
        let progress = queue.flush(to: descriptor, through: tls)
        let sent = before - queue.count
        if sent > 0 { group.metrics.sentBytes.increment(by: sent) }
        switch progress {
        case .drained:
            group.returnOutput(&queue.open)
            blockedSince = 0
        case .blocked: note(sent, at: group.loop.now, group.timeouts)
        case .failed: break
        }
        return progress
    }

    private mutating func note(_ sent: Int, at now: UInt64, _ timeouts: ConnectionTimeouts) {
        if blockedSince == 0 {
            blockedSince = now
            lastProgress = now
            acceptedBytes = 0
            pace = timeouts.writePace(from: now)
        } else if sent > 0 {
            lastProgress = now
            acceptedBytes += sent
            pace.reach(acceptedBytes, at: now)
        }
    }

    /// Whether the client accepts the bytes too slowly, or none at all.
    func isStalled(at now: UInt64, _ timeouts: ConnectionTimeouts) -> Bool {
        guard blockedSince > 0 else { return false }
        return pace.isLate(at: now) || RequestClock.hasPassed(timeouts.write, since: lastProgress, at: now)
    }
}
