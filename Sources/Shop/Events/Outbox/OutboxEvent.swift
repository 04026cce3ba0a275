import Formats
import FoundationEssentials
import PostgresClient

/// An event that is to be inserted into the outbox, in the transaction of its effect.
package struct OutboxEvent: Sendable {
    package let id: UUID
    package let type: EventType
    package let aggregate: UUID
    /// One more than that of the aggregate's last event. The transaction holds the lock of the aggregate's row, which counts.
    package let sequence: Int
    /// The aggregate after the change, as JSON.
    package let payload: [UInt8]
    /// The trace of the request that causes the event.
    package let traceID: String?

    package init(
        _ type: EventType, of aggregate: UUID, sequence: Int, payload: [UInt8], traceID: String? = nil, at time: Timestamp = .now
    ) {
        id = UUID.v7(at: time)
        self.type = type
        self.aggregate = aggregate
        self.sequence = sequence
        self.payload = payload
        self.traceID = traceID
    }
}

/// Writes the outbox.
package enum Outbox {
    /// The columns that an insertion names.
    package static let columns: PostgresQuery =
        "id, type, version, aggregate_type, aggregate_id, sequence, payload, trace_id"

    /// A new UUIDv7 in SQL (RFC 9562, section 5.7), for statements that insert events for the rows they change. PostgreSQL has
    /// a function for it from release 18.
    package static let newID: PostgresQuery = """
        encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing \
        substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), \
        'hex')::uuid
        """

    /// Inserts events of any aggregates.
    package static func inserting(_ events: [OutboxEvent]) -> PostgresQuery {
        """
        INSERT INTO outbox (\(columns)) SELECT id, type, version, aggregate_type, aggregate_id, sequence, payload, trace_id \
        FROM unnest(\(events.map(\.id)), \(events.map(\.type.name)), \(events.map { Int32(clamping: $0.type.version) }), \
        \(events.map(\.type.aggregate)), \(events.map(\.aggregate)), \(events.map { Int32(clamping: $0.sequence) }), \
        \(events.map { String(decoding: $0.payload, as: UTF8.self) }), \(events.map(\.traceID))) \
        WITH ORDINALITY AS e (id, type, version, aggregate_type, aggregate_id, sequence, payload, trace_id, place) ORDER BY place
        """
    }

    /// The condition that an active target wants a type of event.
    /// - Parameter type: an expression of type text
    package static func isWanted(_ type: PostgresQuery, by target: PostgresQuery = "t") -> PostgresQuery {
        "\(target).state = 'active' AND \(EventPattern.condition(type: type, patterns: "\(target).events"))"
    }
}
