import Formats
import FoundationEssentials
import PostgresClient

/// Where the delivery of an event to a target stands.
package enum DeliveryState: String, CaseIterable, Sendable {
    /// It is attempted, or will be.
    case pending
    case delivered
    /// All attempts have failed, or the target has refused it. A replay makes it pending again.
    case dead

    /// A literal, so that the partial indexes of each state serve.
    fileprivate var condition: PostgresQuery {
        switch self {
        case .pending: "state = 'pending'"
        case .delivered: "state = 'delivered'"
        case .dead: "state = 'dead'"
        }
    }
}

/// One row of the log of deliveries: an event and a target, with the last attempt.
package struct DeliveryRecord: Sendable {
    package let id: DeliveryID
    package let kind: EventTarget.Kind
    /// The event's id and type; nil where the event is no longer kept.
    package let event: UUID?
    package let type: String?
    package let state: DeliveryState
    package let attempts: Int
    /// When the next attempt may begin, if it is pending.
    package let dueAt: Timestamp
    /// When the last attempt ended; nil before the first.
    package let attemptedAt: Timestamp?
    /// The status code of the last answer.
    package let status: Int?
    /// How long the last attempt took, in milliseconds.
    package let milliseconds: Int?
    /// The beginning of the last answer.
    package let answer: String?
    /// What failed, in one line.
    package let error: String?
}

/// A delivery's name, in lists and for replays: the target's id, a colon, and the event's position.
package struct DeliveryID: Hashable, Sendable, CustomStringConvertible {
    package let target: UUID
    package let position: Int64

    package init(target: UUID, position: Int64) {
        self.target = target
        self.position = position
    }

    /// Nil for other text.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let target = UUID(utf8: parts[0].utf8), let position = Int64(parts[1]), position > 0 else {
            return nil
        }
        self.init(target: target, position: position)
    }

    package var description: String { "\(target.uuidString.lowercased()):\(position)" }
}

/// The log of deliveries. It blocks: for commands.
package struct DeliveryLog {
    private let connection: BlockingConnection

    package init(_ connection: BlockingConnection) { self.connection = connection }

    private enum Column: Int, PostgresColumn {
        case target, position, kind, event, type, state, attempts, dueAt, attemptedAt, status, milliseconds, answer, error

        var sql: PostgresQuery {
            switch self {
            case .target: "t.id"
            case .position: "d.position"
            case .kind: "t.kind"
            case .event: "o.id"
            case .type: "o.type"
            case .state: "d.state"
            case .attempts: "d.attempts"
            case .dueAt: "d.due_at"
            case .attemptedAt: "d.attempted_at"
            case .status: "d.status"
            case .milliseconds: "d.duration_ms"
            case .answer: "d.answer"
            case .error: "d.error"
            }
        }
    }

    /// The deliveries of one target, or of all targets of a kind, by their events: the newest first.
    /// - Throws: ``PostgresError``.
    package func list(
        _ kind: EventTarget.Kind, target: UUID? = nil, state: DeliveryState? = nil, limit: Int
    ) throws(PostgresError) -> [DeliveryRecord] {
        let own: PostgresQuery = target.map { "AND t.id = \($0)" } ?? ""
        let stated: PostgresQuery = state.map { "AND \($0.condition)" } ?? ""
        // The newest of each target by its index, and then the newest of these.
        return try records(
            """
            SELECT \(Column.selectList) FROM event_target t CROSS JOIN LATERAL (SELECT * FROM delivery \
            WHERE target_id = t.id \(stated) ORDER BY position DESC LIMIT \(limit)) d \
            LEFT JOIN outbox o ON o.position = d.position \
            WHERE t.kind = \(kind.rawValue) \(own) ORDER BY d.position DESC, t.id LIMIT \(limit)
            """)
    }

    /// The deliveries of an event, to targets of all kinds.
    /// - Throws: ``PostgresError``.
    package func deliveries(of event: Event) throws(PostgresError) -> [DeliveryRecord] {
        try records(
            """
            SELECT \(Column.selectList) FROM event_target t CROSS JOIN LATERAL (SELECT * FROM delivery \
            WHERE target_id = t.id AND position = \(event.position) LIMIT 1) d \
            LEFT JOIN outbox o ON o.position = d.position ORDER BY t.created_at, t.id
            """)
    }

    private func records(_ query: PostgresQuery) throws(PostgresError) -> [DeliveryRecord] {
        var records: [DeliveryRecord] = []
        for row in try connection.query(query).named(Column.self) {
            guard let kind = EventTarget.Kind(rawValue: try row[.kind]), let state = DeliveryState(rawValue: try row[.state])
            else {
                throw PostgresError(.decoding, "a kind or state that this release does not know")
            }
            records.append(
                DeliveryRecord(
                    id: DeliveryID(target: try row[.target], position: try row[.position]), kind: kind, event: try row[.event],
                    type: try row[.type], state: state, attempts: Int(try row[.attempts, as: Int32.self]), dueAt: try row[.dueAt],
                    attemptedAt: try row[.attemptedAt], status: try row[.status, as: Int32?.self].map(Int.init),
                    milliseconds: try row[.milliseconds, as: Int32?.self].map(Int.init), answer: try row[.answer],
                    error: try row[.error]))
        }
        return records
    }
}
