import EventLoop

/// Whether the server, which holds its connections open, still answers.
///
/// A frozen server looks like a slow one, so one slow statement proves nothing: only silence on every connection and an
/// unanswered ping do. A value: time comes in as nanoseconds.
struct LivenessDetector: Equatable, Sendable {
    enum Decision: Equatable, Sendable {
        case none
        /// Ping the server.
        case ping
        case hung
        case recovered
    }

    private enum State: Equatable { case calm, pinging(since: UInt64), hung(since: UInt64) }

    /// How long a statement waits before that is suspicious, in nanoseconds.
    let suspicion: UInt64
    /// How long a ping may take, in nanoseconds.
    let pingTimeout: UInt64
    private var state = State.calm

    init(suspicion: UInt64, pingTimeout: UInt64) {
        self.suspicion = suspicion
        self.pingTimeout = pingTimeout
    }

    /// - Parameters:
    ///   - waitingSince: since when the longest-waiting connection waits; nil when none does
    ///   - lastHeard: when any connection last heard from the server
    mutating func look(now: UInt64, waitingSince: UInt64?, lastHeard: UInt64) -> Decision {
        switch state {
        case .calm:
            guard let waitingSince else { return .none }
            let silentSince = max(waitingSince, lastHeard)
            guard now > silentSince, now - silentSince >= suspicion else { return .none }
            state = .pinging(since: now)
            return .ping
        case .pinging(let since):
            if lastHeard > since {
                state = .calm
                return .none
            }
            guard now > since, now - since >= pingTimeout else { return .none }
            state = .hung(since: since)
            return .hung
        case .hung(let since):
            guard lastHeard > since else { return .none }
            state = .calm
            return .recovered
        }
    }

    var isCalm: Bool { state == .calm }

    /// When to look again while a connection waits since `waitingSince`.
    func nextLook(waitingSince: UInt64, lastHeard: UInt64) -> UInt64 {
        switch state {
        case .calm: max(waitingSince, lastHeard).adding(suspicion)
        case .pinging(let since): since.adding(pingTimeout)
        case .hung: .max
        }
    }
}

/// Watches the connections of a pool with a ``LivenessDetector``. A value: time comes in as nanoseconds.
struct LivenessMonitor {
    private var detector: LivenessDetector
    /// When the server last sent anything, over any connection, including those that are closed by now.
    private var lastHeard: UInt64 = 0

    init(suspicion: UInt64) { detector = LivenessDetector(suspicion: suspicion, pingTimeout: 300_000_000) }

    var isCalm: Bool { detector.isCalm }

    /// The server sent something.
    mutating func heard(at now: UInt64) { lastHeard = max(lastHeard, now) }

    /// - Returns: what to do, and when to look again; nil while no connection waits for an answer.
    mutating func look(
        at connections: [Int: PostgresConnection], now: UInt64
    ) -> (decision: LivenessDetector.Decision, next: UInt64?) {
        var waitingSince: UInt64?
        for connection in connections.values {
            lastHeard = max(lastHeard, connection.lastHeard)
            guard connection.outstanding > 0 else { continue }
            waitingSince = min(waitingSince ?? .max, connection.waitingSince)
        }
        let decision = detector.look(now: now, waitingSince: waitingSince, lastHeard: lastHeard)
        return (decision, waitingSince.map { detector.nextLook(waitingSince: $0, lastHeard: lastHeard) })
    }
}

/// Waits for the answer to a Sync, and then goes on at the end of the turn. Nothing happens when none comes.
final class LivenessPing: StatementReceiver {
    private let loop: EventLoop
    private var next: (() -> Void)?

    init(loop: EventLoop, then next: @escaping () -> Void) {
        self.loop = loop
        self.next = next
    }

    var deadline: UInt64? { nil }
    func deadlinePassed() {}
    func statementEnded(_ index: Int, _ outcome: StatementOutcome) {}

    func groupEnded(_ outcome: GroupOutcome) {
        guard let next else { return }
        self.next = nil
        // Not at once: answers are being taken from the connection.
        if case .ended = outcome { loop.atTurnEnd(next) }
    }
}
