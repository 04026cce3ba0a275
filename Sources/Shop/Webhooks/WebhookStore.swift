import Events
import Formats
import FoundationEssentials
import PostgresClient
import Web

/// An endpoint, as lists show it. It has no secrets.
package struct WebhookEndpoint: Sendable {
    package let id: UUID
    /// Its query may be a secret.
    package let url: String
    /// Patterns of the types of events that it gets.
    package let events: [String]
    package let isActive: Bool
    /// Why it is disabled.
    package let reason: String?
    /// Since when every delivery has failed.
    package let failingSince: Timestamp?
    package let createdAt: Timestamp
    /// Deliveries in these states, counted to ``WebhookStore/mostCounted``.
    package let pending: Int
    package let dead: Int
}

/// The webhooks of the shop: endpoints, with their secrets. It blocks: for commands.
package struct WebhookStore {
    private let connection: BlockingConnection
    private let keys: EncryptionKeys

    /// Counts of deliveries end here: counting millions takes long, and says no more.
    package static let mostCounted = 1_000
    /// How many deliveries a statement removes.
    private static let batch = 5_000

    package init(_ connection: BlockingConnection, keys: EncryptionKeys) {
        self.connection = connection
        self.keys = keys
    }

    /// Why no secret can be made: the service, which has other keys, could not open it.
    package struct OtherKeys: Error {}

    /// Whether the keys are those that seal the secrets: they open the secrets of an endpoint, or no endpoint has any. After a change of
    /// keys some open and some do not.
    /// - Throws: ``PostgresError``.
    package func keysFit() throws(PostgresError) -> Bool {
        let rows = try connection.query("SELECT id, secrets FROM event_target WHERE kind = 'webhook' AND secrets IS NOT NULL")
        for row in rows {
            if WebhookSecrets(sealed: try row[1], for: try row[0], keys) != nil { return true }
        }
        return rows.isEmpty
    }

    /// Why an endpoint cannot be added.
    package struct LimitReached: Error { package let limit: Int }

    /// Adds an endpoint.
    /// - Returns: its id, and the secret, which is not shown again.
    /// - Throws: ``LimitReached``, ``OtherKeys``, ``PostgresError``.
    package func add(
        _ url: WebhookURL, events: [EventPattern], limit: Int
    ) throws -> (id: UUID, secret: WebhookSecret) {
        let (id, secret) = (UUID.v7(), WebhookSecret())
        let sealed = WebhookSecrets(secret).sealed(for: id, keys)
        try connection.transaction {
            // Two at the same time must not both be the last one.
            try connection.query("SELECT pg_advisory_xact_lock(hashtextextended('commerce webhook add', 0))")
            guard try keysFit() else { throw OtherKeys() }
            let inserted = try connection.query(
                """
                INSERT INTO event_target (id, kind, address, events, secrets) \
                SELECT \(id), 'webhook', \(url.text), \(events.map(\.text)), \(sealed) \
                WHERE (SELECT count(*) FROM event_target WHERE kind = 'webhook') < \(limit)
                """)
            guard inserted.affectedRows == 1 else { throw LimitReached(limit: limit) }
        }
        return (id, secret)
    }

    private enum Column: Int, PostgresColumn {
        case id, url, events, isActive, reason, failingSince, createdAt, pending, dead

        var sql: PostgresQuery {
            switch self {
            case .id: "t.id"
            case .url: "t.address"
            case .events: "t.events"
            case .isActive: "t.state = 'active'"
            case .reason: "t.reason"
            case .failingSince: "t.failing_since"
            case .createdAt: "t.created_at"
            case .pending: Self.count("pending")
            case .dead: Self.count("dead")
            }
        }

        private static func count(_ state: StaticString) -> PostgresQuery {
            """
            (SELECT count(*) FROM (SELECT FROM delivery d WHERE d.target_id = t.id AND d.state = '\(unescaped: state)' \
            LIMIT \(literal: mostCounted)) counted)
            """
        }
    }

    /// All endpoints, the oldest first; or the one with an id.
    /// - Throws: ``PostgresError``.
    package func list(_ id: UUID? = nil) throws(PostgresError) -> [WebhookEndpoint] {
        let own: PostgresQuery = id.map { "AND t.id = \($0)" } ?? ""
        let rows = try connection.query(
            "SELECT \(Column.selectList) FROM event_target t WHERE t.kind = 'webhook' \(own) ORDER BY t.created_at, t.id")
        var endpoints: [WebhookEndpoint] = []
        for row in rows.named(Column.self) {
            endpoints.append(
                WebhookEndpoint(
                    id: try row[.id], url: try row[.url], events: try row[.events], isActive: try row[.isActive],
                    reason: try row[.reason], failingSince: try row[.failingSince], createdAt: try row[.createdAt],
                    pending: Int(clamping: try row[.pending, as: Int64.self]), dead: Int(clamping: try row[.dead, as: Int64.self])
                ))
        }
        return endpoints
    }

    /// Why a secret cannot be rotated: it does not open, although others do.
    package struct SecretsUnreadable: Error {}

    /// Makes a new secret. Until `end`, requests are signed with those before it too.
    /// - Parameter forgetting: whether secrets that cannot be opened are given up, as after a change of ENCRYPTION_KEY
    /// - Returns: the new secret, which is not shown again; nil without such an endpoint.
    /// - Throws: ``SecretsUnreadable``, ``OtherKeys``, ``PostgresError``.
    package func rotate(_ id: UUID, keepingUntil end: Timestamp, forgetting: Bool = false) throws -> WebhookSecret? {
        try connection.transaction {
            let rows = try connection.query(
                "SELECT secrets FROM event_target WHERE id = \(id) AND kind = 'webhook' FOR UPDATE")
            guard let row = rows.first else { return nil }
            let secret = WebhookSecret()
            var secrets = try row[0, as: [UInt8]?.self].flatMap { WebhookSecrets(sealed: $0, for: id, keys) }
            if secrets == nil, !forgetting {
                guard try keysFit() else { throw OtherKeys() }
                throw SecretsUnreadable()
            }
            secrets?.rotate(to: secret, keepingUntil: end)
            let sealed = (secrets ?? WebhookSecrets(secret)).sealed(for: id, keys)
            try connection.query("UPDATE event_target SET secrets = \(sealed), updated_at = now() WHERE id = \(id)")
            return secret
        }
    }

    /// Delivers to an endpoint again. What waits for it is due now.
    /// - Returns: whether there is such an endpoint.
    /// - Throws: ``PostgresError``.
    package func enable(_ id: UUID) throws -> Bool {
        try connection.transaction {
            let updated = try connection.query(
                """
                UPDATE event_target SET state = 'active', reason = NULL, failing_since = NULL, failed_at = NULL, updated_at = now() \
                WHERE id = \(id) AND kind = 'webhook'
                """)
            try connection.query(
                "UPDATE delivery SET due_at = now() WHERE target_id = \(id) AND state = 'pending' AND due_at > now()")
            return updated.affectedRows == 1
        }
    }

    /// Delivers nothing more to an endpoint, by the will of an operator. What waits for it stays for the time of attempts
    /// (``RetrySchedule/patience``).
    /// - Returns: whether there is such an endpoint.
    /// - Throws: ``PostgresError``.
    package func disable(_ id: UUID, reason: String) throws(PostgresError) -> Bool {
        try connection.query(
            """
            UPDATE event_target SET state = 'disabled', reason = \(reason), updated_at = now() WHERE id = \(id) AND kind = 'webhook'
            """
        ).affectedRows == 1
    }

    /// Removes an endpoint with its deliveries. Where it fails halfway, the endpoint is disabled, and another call does the rest.
    /// - Returns: whether there was such an endpoint.
    /// - Throws: ``PostgresError``.
    package func remove(_ id: UUID) throws -> Bool {
        guard try disable(id, reason: "it is being removed") else { return false }
        var removed = Self.batch
        while removed == Self.batch {
            removed = try connection.query(
                """
                DELETE FROM delivery WHERE target_id = \(id) AND position IN \
                (SELECT position FROM delivery WHERE target_id = \(id) ORDER BY position LIMIT \(Self.batch))
                """
            ).affectedRows
        }
        try connection.transaction {
            try connection.query("DELETE FROM delivery WHERE target_id = \(id)")
            try connection.query("DELETE FROM event_target WHERE id = \(id)")
        }
        // What the relay has made meanwhile.
        try connection.query("DELETE FROM delivery WHERE target_id = \(id)")
        return true
    }

    /// Sends an endpoint a test event, ``EventType/webhookPing``: the relay gives it to this endpoint alone. Earlier ones that wait
    /// come first, so they are due now.
    /// - Returns: the event's id; nil without such an endpoint, or where it is disabled.
    /// - Throws: ``PostgresError``.
    package func ping(_ id: UUID) throws(PostgresError) -> UUID? {
        let event = UUID.v7()
        let type = EventType.webhookPing
        let made = try connection.query(
            """
            WITH t AS (UPDATE event_target SET event_sequence = event_sequence + 1 \
            WHERE id = \(id) AND kind = 'webhook' AND state = 'active' RETURNING id, event_sequence), \
            d AS (UPDATE delivery SET due_at = now() FROM t WHERE delivery.target_id = t.id AND delivery.aggregate_id = t.id \
            AND delivery.state = 'pending' AND delivery.due_at > now()) \
            INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload) \
            SELECT \(event), \(type.name), \(type.version)::integer, \(type.aggregate), t.id, t.event_sequence, row_to_json(p) \
            FROM t, LATERAL (SELECT t.id) p
            """)
        return made.affectedRows == 1 ? event : nil
    }
}
