/// Whether the server, which holds its connections open, still answers. A frozen server looks like a slow one,
/// so nothing is concluded from one slow statement: only from silence on every connection and no answer to a probe.
struct LivenessDetector: Equatable, Sendable {
    enum Decision: Equatable, Sendable {
        case none
        /// Ask for a sign of life.
        case probe
        case hung
        case well
    }

    private enum State: Equatable { case calm, probing(since: UInt64), hung(since: UInt64) }

    /// How long a statement waits before that is suspicious (nanoseconds).
    let suspicion: UInt64
    /// How long a probe waits.
    let patience: UInt64
    private var state = State.calm

    init(suspicion: UInt64, patience: UInt64) {
        self.suspicion = suspicion
        self.patience = patience
    }

    /// - Parameters:
    ///   - waitingSince: since when the longest-waiting connection waits; nil when none does.
    ///   - lastHeard: when any connection last heard from the server.
    mutating func look(now: UInt64, waitingSince: UInt64?, lastHeard: UInt64) -> Decision {
        switch state {
        case .calm:
            guard let waitingSince else { return .none }
            let silentSince = max(waitingSince, lastHeard)
            guard now > silentSince, now - silentSince >= suspicion else { return .none }
            state = .probing(since: now)
            return .probe
        case .probing(let since):
            if lastHeard > since {
                state = .calm
                return .none
            }
            guard now > since, now - since >= patience else { return .none }
            state = .hung(since: since)
            return .hung
        case .hung(let since):
            guard lastHeard > since else { return .none }
            state = .calm
            return .well
        }
    }

    var isCalm: Bool { state == .calm }

    /// When to look again while somebody waits since `waitingSince`.
    func nextLook(waitingSince: UInt64, lastHeard: UInt64) -> UInt64 {
        switch state {
        case .calm: max(waitingSince, lastHeard).adding(suspicion)
        case .probing(let since): since.adding(patience)
        case .hung: .max
        }
    }
}
