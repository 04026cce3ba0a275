import Formats
import FoundationEssentials
import PostgresClient

/// Delivers events again, or to a target that has not got them: it makes their deliveries pending and due, and the relay does the
/// rest. Attempts go on counting. It blocks: for commands.
///
/// A replayed event comes after later ones of its aggregate that were delivered before; receivers compare the sequence.
package struct DeliveryReplay {
    private let connection: BlockingConnection
    /// How many deliveries a statement changes, so that the relay never waits for long.
    private static let batch = 1_000

    package init(_ connection: BlockingConnection) { self.connection = connection }

    /// What makes a delivery pending again. The time for its attempts begins again too.
    private static let renewal: PostgresQuery = "state = 'pending', due_at = now(), created_at = now(), ended_at = NULL"

    /// Replays one delivery.
    /// - Returns: whether there is such a delivery.
    /// - Throws: ``PostgresError``.
    package func replay(_ delivery: DeliveryID) throws(PostgresError) -> Bool {
        try connection.query(
            """
            UPDATE delivery SET \(Self.renewal) WHERE target_id = \(delivery.target) AND position = \(delivery.position)
            """
        ).affectedRows == 1
    }

    /// Replays all dead deliveries of a target.
    /// - Returns: how many.
    /// - Throws: ``PostgresError``. The batches before it stay done.
    package func replayDead(of target: UUID) throws(PostgresError) -> Int {
        var total = 0
        var last: Int64 = 0
        // By position, so that a delivery that dies again meanwhile is not replayed for ever.
        while true {
            let rows = try connection.query(
                """
                WITH page AS MATERIALIZED (SELECT position FROM delivery WHERE target_id = \(target) AND state = 'dead' \
                AND position > \(last) ORDER BY position LIMIT \(Self.batch)), \
                d AS (UPDATE delivery SET \(Self.renewal) FROM page WHERE delivery.target_id = \(target) \
                AND delivery.position = page.position AND delivery.state = 'dead' RETURNING 1) \
                SELECT (SELECT max(position) FROM page), (SELECT count(*) FROM d)
                """)
            guard let row = rows.first, let reached = try row[0, as: Int64?.self] else { return total }
            total += Int(clamping: try row[1, as: Int64.self])
            last = reached
        }
    }

    /// Which targets get events.
    package enum Targets: Sendable {
        /// All webhooks that are active and whose patterns match.
        case webhooks
        /// One target of any kind, if its patterns match.
        case one(UUID)

        fileprivate var condition: PostgresQuery {
            switch self {
            case .webhooks: "t.kind = 'webhook' AND t.state = 'active'"
            case .one(let id): "t.id = \(id)"
            }
        }
    }

    /// Delivers one event again. A target that is named gets it whatever its patterns are.
    /// - Returns: to how many targets; 0 also for an event that the relay has not reached.
    /// - Throws: ``PostgresError``.
    package func replay(_ event: Event, to targets: Targets) throws(PostgresError) -> Int {
        let matching: PostgresQuery =
            switch targets {
            case .webhooks: EventPattern.condition(type: "\(event.type)::text", patterns: "t.events")
            case .one: "true"
            }
        let rows = try connection.query(
            """
            INSERT INTO delivery (target_id, position, aggregate_id) SELECT t.id, \(event.position)::bigint, \(event.aggregate)::uuid \
            FROM event_target t, relay WHERE relay.position >= \(event.position) AND \(targets.condition) AND \(matching) \
            ON CONFLICT (target_id, position) DO UPDATE SET \(Self.renewal)
            """)
        return rows.affectedRows
    }

    /// Delivers the events since a time again, of these types.
    /// - Returns: how many deliveries there are.
    /// - Throws: ``PostgresError``. The batches before it stay done.
    package func replay(
        _ pattern: EventPattern?, since time: Timestamp, to targets: Targets
    ) throws(PostgresError) -> Int {
        // By the index of times, which does not know an order.
        let first = try connection.query(
            """
            SELECT min(position), (SELECT position FROM relay) \
            FROM (SELECT position FROM outbox WHERE occurred_at >= \(time) OFFSET 0) recent
            """)
        guard let row = first.first, let start = try row[0, as: Int64?.self] else { return 0 }
        let end = try row[1, as: Int64.self]
        let typed = pattern?.selection(of: "type") ?? "true"
        var total = 0
        var last = start - 1
        while true {
            let rows = try connection.query(
                """
                WITH page AS MATERIALIZED (SELECT position, aggregate_id, type, occurred_at FROM outbox \
                WHERE position > \(last) AND position <= \(end) ORDER BY position LIMIT \(Self.batch)), \
                d AS (INSERT INTO delivery (target_id, position, aggregate_id) SELECT t.id, page.position, page.aggregate_id \
                FROM page CROSS JOIN event_target t WHERE page.occurred_at >= \(time) AND \(typed) AND \(targets.condition) \
                AND \(EventPattern.condition(type: "page.type", patterns: "t.events")) \
                ON CONFLICT (target_id, position) DO UPDATE SET \(Self.renewal) RETURNING 1) \
                SELECT (SELECT max(position) FROM page), (SELECT count(*) FROM d)
                """)
            guard let row = rows.first, let reached = try row[0, as: Int64?.self] else { return total }
            total += Int(clamping: try row[1, as: Int64.self])
            last = reached
        }
    }
}
