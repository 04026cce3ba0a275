import Formats
import FoundationEssentials
import PostgresClient

/// The events that were committed, as the outbox keeps them for a while. It blocks: for commands.
package struct EventLog {
    private let connection: BlockingConnection

    package init(_ connection: BlockingConnection) { self.connection = connection }

    private enum Column: Int, PostgresColumn {
        case id, position, type, version, aggregateType, aggregate, sequence, payload, traceID, occurredAt

        var sql: PostgresQuery {
            switch self {
            case .id: "id"
            case .position: "position"
            case .type: "type"
            case .version: "version"
            case .aggregateType: "aggregate_type"
            case .aggregate: "aggregate_id"
            case .sequence: "sequence"
            case .payload: "payload"
            case .traceID: "trace_id"
            case .occurredAt: "occurred_at"
            }
        }
    }

    /// Events, the newest first.
    /// - Parameters:
    ///   - pattern: only of these types
    ///   - aggregate: only of this order, product, …
    /// - Throws: ``PostgresError``.
    package func list(_ pattern: EventPattern? = nil, aggregate: UUID? = nil, limit: Int) throws(PostgresError) -> [Event] {
        var query: PostgresQuery = "SELECT \(Column.selectList) FROM outbox WHERE true"
        if let pattern { query.append(" AND \(pattern.selection(of: "type"))") }
        // The events of an aggregate have one order, by both columns; the sequence has an index.
        if let aggregate {
            query.append(" AND aggregate_id = \(aggregate) ORDER BY sequence DESC LIMIT \(limit)")
        } else {
            query.append(" ORDER BY position DESC LIMIT \(limit)")
        }
        return try events(query)
    }

    /// An event; nil where there is none, or it is no longer kept.
    /// - Throws: ``PostgresError``.
    package func event(_ id: UUID) throws(PostgresError) -> Event? {
        try events("SELECT \(Column.selectList) FROM outbox WHERE id = \(id)").first
    }

    /// Whether a target gets events.
    package struct Target: Sendable {
        package let kind: EventTarget.Kind
        package let isActive: Bool
        /// Why it is disabled.
        package let reason: String?
    }

    /// The target with an id, of any kind; nil where there is none.
    /// - Throws: ``PostgresError``.
    package func target(_ id: UUID) throws(PostgresError) -> Target? {
        let rows = try connection.query("SELECT kind, state = 'active', reason FROM event_target WHERE id = \(id)")
        guard let row = rows.first else { return nil }
        guard let kind = EventTarget.Kind(rawValue: try row[0]) else {
            throw PostgresError(.decoding, "a kind that this release does not know")
        }
        return Target(kind: kind, isActive: try row[1], reason: try row[2])
    }

    private func events(_ query: PostgresQuery) throws(PostgresError) -> [Event] {
        var events: [Event] = []
        for row in try connection.query(query).named(Column.self) {
            events.append(
                Event(
                    id: try row[.id], position: try row[.position], type: try row[.type],
                    version: Int(try row[.version, as: Int32.self]), aggregateType: try row[.aggregateType],
                    aggregate: try row[.aggregate], sequence: Int(try row[.sequence, as: Int32.self]),
                    payload: Array(try row[.payload, as: String.self].utf8), traceID: try row[.traceID],
                    occurredAt: try row[.occurredAt]))
        }
        return events
    }
}
