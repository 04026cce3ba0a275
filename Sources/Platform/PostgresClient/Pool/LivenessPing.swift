import EventLoop

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
