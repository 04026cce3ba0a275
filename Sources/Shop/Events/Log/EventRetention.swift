import Formats
import FoundationEssentials
import PostgresClient

/// Removes old events, and counts what waits.
package struct EventRetention {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// How far ``drop(olderThan:after:limit:)`` came.
    package struct Page: Sendable, Equatable {
        /// How many events were deleted.
        package let dropped: Int
        /// The position after which old events may be left; nil after the last of them.
        package let next: Int64?
    }

    /// Deletes events that are older than `age`, with their deliveries: of the first `limit` after a position. Events that are still
    /// to be delivered stay.
    package func drop(olderThan age: Duration, after position: Int64 = -1, limit: Int) async throws -> Page {
        let end: PostgresQuery = "now() - \(age.wholeMicroseconds) * interval '1 microsecond'"
        // Of a few rows only: the condition on the age alone would read the whole table when nothing is old.
        let rows = try await pool.batch([
            """
            WITH page AS MATERIALIZED (SELECT position, occurred_at FROM outbox WHERE position > \(position) \
            AND position <= (SELECT position FROM relay) ORDER BY position LIMIT \(literal: limit)), \
            old AS MATERIALIZED (SELECT position FROM page o WHERE occurred_at < \(end) AND NOT EXISTS \
            (SELECT FROM event_target t JOIN delivery d ON d.target_id = t.id AND d.position = o.position \
            WHERE d.state = 'pending')), \
            d AS (DELETE FROM delivery USING event_target t, old WHERE delivery.target_id = t.id \
            AND delivery.position = old.position), \
            dropped AS (DELETE FROM outbox USING old WHERE outbox.position = old.position RETURNING 1) \
            SELECT (SELECT count(*) FROM dropped), \
            CASE WHEN count(*) = \(literal: limit) AND max(occurred_at) < \(end) THEN max(position) END FROM page
            """
        ])
        guard let row = rows.first?.first else { return Page(dropped: 0, next: nil) }
        return Page(dropped: Int(clamping: try row[0, as: Int64.self]), next: try row[1, as: Int64?.self])
    }

    /// Gives up deliveries that were due for as long as `patience`, where their target is disabled or has failed for all that time.
    /// Their attempts did not end them, because such a target gets few attempts or none. They can be replayed.
    /// - Returns: how many, at most `limit` for each target.
    package func giveUp(after patience: Duration, limit: Int) async throws -> Int {
        let end: PostgresQuery = "now() - \(patience.wholeMicroseconds) * interval '1 microsecond'"
        return try await pool.batch([
            """
            UPDATE delivery d SET state = 'dead', ended_at = now(), claimed_by = NULL, error = coalesce(d.error, w.reason) \
            FROM (SELECT w.target_id, w.position, CASE t.state WHEN 'disabled' THEN 'the target is disabled' \
            ELSE 'the target has failed for too long' END AS reason FROM event_target t \
            CROSS JOIN LATERAL (SELECT target_id, position FROM delivery d WHERE target_id = t.id AND state = 'pending' \
            AND due_at < \(end) AND (t.state = 'disabled' OR \(RelayStatements.isFree)) ORDER BY due_at, position \
            LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED) w WHERE t.state = 'disabled' OR t.failing_since < \(end)) w \
            WHERE d.target_id = w.target_id AND d.position = w.position
            """
        ]).first?.affectedRows ?? 0
    }

    /// What waits for the active targets of one kind.
    package struct Backlog: Sendable {
        package let kind: String
        /// Deliveries that are pending, up to 10,000 for each target.
        package let pending: Int
        /// Dead letters, up to 10,000 for each target.
        package let dead: Int
        /// The age of the oldest event that is to be delivered.
        package let age: Duration
    }

    /// Counts what waits for the targets, by their kinds.
    package func backlog() async throws -> [Backlog] {
        let rows = try await pool.batch([
            """
            SELECT t.kind, sum(p.count)::bigint, sum(d.count)::bigint, \
            coalesce(extract(epoch FROM now() - min(p.oldest)) * 1000000, 0)::bigint FROM event_target t \
            CROSS JOIN LATERAL (SELECT count(*), min(created_at) AS oldest FROM (SELECT created_at FROM delivery \
            WHERE target_id = t.id AND state = 'pending' ORDER BY due_at, position LIMIT 10000) p) p \
            CROSS JOIN LATERAL (SELECT count(*) FROM (SELECT FROM delivery WHERE target_id = t.id AND state = 'dead' \
            LIMIT 10000) d) d WHERE t.state = 'active' GROUP BY t.kind ORDER BY t.kind
            """
        ])
        return try rows.first?.map { row in
            let (kind, pending, dead, age) = try row.decode((String, Int, Int, Int64).self)
            return Backlog(kind: kind, pending: pending, dead: dead, age: .microseconds(age))
        } ?? []
    }
}
