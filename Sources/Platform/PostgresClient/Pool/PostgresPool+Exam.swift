import EventLoop

/// Pools whose connections carry reads only for as long as they pass an exam.
///
/// Nothing waits there: whoever reads from such a pool has another place to ask.
extension PostgresPool {
    /// How long an exam may take before its connection carries no more reads.
    private static var patience: UInt64 { 500_000_000 }

    /// Whether a read sent now has a good chance.
    var carriesReads: Bool { !readers.isEmpty && state.isUsable }

    /// Examines every shared connection that is not being examined. On the loop.
    func examineReaders() {
        guard let exam else { return }
        for (id, connection) in connections where state.members[id]?.phase == .shared && connection.isOpen {
            guard let since = exam.pending[id] else { examine(connection); continue }
            if loop.now > since, loop.now - since > Self.patience { withdraw(connection) }
        }
    }

    /// Sends no read anywhere until the connections have passed again.
    func suspendReads() {
        readers = []
        failParked(PostgresError(.connectionUnavailable, "the replica is being examined"))
    }

    func examine(_ connection: PostgresConnection) {
        guard let exam, exam.pending[connection.id] == nil else { return }
        let began = loop.now
        exam.pending[connection.id] = began
        connection.send(
            exam.query, index: 0,
            for: ReaderExamination { [weak self, weak connection] row in
                // Not at once: answers are being taken from the connection.
                self?.loop.atTurnEnd { [weak self] in
                    guard let self, let connection else { return }
                    exam.pending[connection.id] = nil
                    guard state.members[connection.id]?.phase == .shared, connection.isOpen else { return }
                    let took = loop.now > began ? loop.now - began : 0
                    guard let row, exam.passes(row, took) else { return withdraw(connection) }
                    if !readers.contains(where: { $0 === connection }) { readers.append(connection) }
                    sendParked()
                }
            })
        connection.sync(for: nil)
        armForSilence()
    }

    private func withdraw(_ connection: PostgresConnection) {
        readers.removeAll { $0 === connection }
        if readers.isEmpty { suspendReads() }
    }
}
