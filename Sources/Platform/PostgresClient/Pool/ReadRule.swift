/// What becomes of a read when its statement has ended: the one place where reads are sent again.
struct ReadRule: Equatable, Sendable {
    enum End: Equatable, Sendable {
        case rows
        /// The server refused this very statement.
        case failed(isStalePlan: Bool)
        /// What was sent before it failed: a neighbour in its Sync group, or the session.
        case skipped
        case lost
    }

    enum Decision: Equatable, Sendable {
        case deliver
        case fail
        /// In a Sync group of its own, where no neighbour can take it along.
        case sendAlone
        /// The same, over a connection that has answered since.
        case sendAfterLoss
    }

    private(set) var stalePlans = 0
    private(set) var skips = 0
    private(set) var losses = 0

    /// Each cause allows one more attempt, so that no read is sent more than four times and none for ever.
    mutating func ended(_ end: End) -> Decision {
        switch end {
        case .rows: return .deliver
        case .failed(isStalePlan: false): return .fail
        case .failed(isStalePlan: true):
            stalePlans += 1
            return stalePlans == 1 ? .sendAlone : .fail
        case .skipped:
            skips += 1
            // Sent alone it has no neighbours: what took it along was the session's end.
            return skips == 1 ? .sendAlone : ended(.lost)
        case .lost:
            losses += 1
            return losses == 1 ? .sendAfterLoss : .fail
        }
    }
}
