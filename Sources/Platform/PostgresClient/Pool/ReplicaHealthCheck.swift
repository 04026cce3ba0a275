import EventLoop

/// The check that each connection of a replica's pool passes before it carries reads, and repeats while it does.
///
/// Reads do not wait for it: a read that finds no healthy connection goes to the primary. Confined to its loop.
final class ReplicaHealthCheck {
    /// How long a check may take before its connection carries no more reads, in nanoseconds.
    private static let timeout: UInt64 = 500_000_000

    private let query: PostgresQuery
    /// Judges the first row of the answer, and how many nanoseconds the answer took. On the loop.
    var isHealthy: (PostgresRow, _ took: UInt64) -> Bool = { _, _ in false }
    /// The connections whose check has not ended, and when it began.
    private var running: [Int: UInt64] = [:]

    init(query: PostgresQuery) { self.query = query }

    /// Sends the check. `end` runs at the end of the turn of the answer; its row is nil where the server refused to answer.
    func begin(
        on connection: PostgresConnection,
        then end: @escaping (_ connection: PostgresConnection, _ row: PostgresRow?, _ took: UInt64) -> Void
    ) {
        guard running[connection.id] == nil else { return }
        let loop = connection.loop
        let began = loop.now
        running[connection.id] = began
        connection.send(
            query, index: 0,
            for: HealthCheckReceiver { [weak self, weak connection] row in
                // Not at once: answers are being taken from the connection.
                loop.atTurnEnd { [weak self] in
                    guard let self, let connection else { return }
                    running[connection.id] = nil
                    end(connection, row, loop.now > began ? loop.now - began : 0)
                }
            })
        connection.sync(for: nil)
    }

    enum Progress { case notRunning, running, overdue }

    /// How far the check of a connection is.
    func progress(on connection: PostgresConnection) -> Progress {
        guard let since = running[connection.id] else { return .notRunning }
        let now = connection.loop.now
        return now > since && now - since > Self.timeout ? .overdue : .running
    }

    /// The connection is gone, and its check with it.
    func forget(_ connection: PostgresConnection) { running[connection.id] = nil }
}

/// Receives the answer to a health check.
private final class HealthCheckReceiver: StatementReceiver {
    private let end: (PostgresRow?) -> Void

    init(end: @escaping (PostgresRow?) -> Void) { self.end = end }

    var deadline: UInt64? { nil }
    func deadlinePassed() {}
    func groupEnded(_ outcome: GroupOutcome) {}

    func statementEnded(_ index: Int, _ outcome: StatementOutcome) {
        switch outcome {
        case .rows(let rows): end(rows.first)
        case .failed, .skipped: end(nil)
        // The pool learns of a lost connection from the connection itself.
        case .lost: break
        }
    }
}
