import Events
import Formats
import FoundationEssentials
import PostgresClient

/// The shop stops delivering to an endpoint by itself.
package enum WebhookDisabling {
    /// Disables an endpoint that is active, and tells about it with the event ``EventType/webhookDisabled``, in one statement. It
    /// does nothing to an endpoint that has not failed for long enough. Nil for a target that is no webhook.
    package static func statement(_ target: EventTarget, _ reason: DisableReason) -> PostgresQuery? {
        guard target.kind == .webhook else { return nil }
        let condition: PostgresQuery
        let text: PostgresQuery
        // For programs, and for texts in other languages.
        let code: String
        switch reason {
        case .gone:
            condition = "true"
            code = "gone"
            text = "'it has answered 410 (Gone)'"
        case .failing(let time):
            condition = "failing_since <= now() - \(time.wholeMicroseconds) * interval '1 microsecond'"
            code = "failing"
            text =
                "'all deliveries have failed since ' || to_char(failing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC'"
        }
        let type = EventType.webhookDisabled
        return """
            WITH t AS (UPDATE event_target SET state = 'disabled', reason = \(text), event_sequence = event_sequence + 1, \
            updated_at = now() WHERE id = \(target.id) AND kind = 'webhook' AND state = 'active' AND \(condition) \
            RETURNING id, address, reason, failing_since, event_sequence) \
            INSERT INTO outbox (\(Outbox.columns)) \
            SELECT \(UUID.v7()), \(type.name), \(type.version)::integer, \(type.aggregate), t.id, t.event_sequence, row_to_json(p), NULL \
            FROM t, LATERAL (SELECT t.id, split_part(t.address, '?', 1) AS url, t.reason, \(code)::text AS reason_code, \
            to_char(t.failing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS failing_since) p
            """
    }
}
