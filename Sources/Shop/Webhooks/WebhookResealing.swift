import FoundationEssentials
import PostgresClient
import Web

/// Seals the secrets of endpoints with a new `ENCRYPTION_KEY`, as long as `ENCRYPTION_KEY_PREVIOUS` still opens them. They live for
/// years, and would be lost with the previous key. Confined to its loop.
package struct WebhookResealing {
    private let pool: PostgresPool
    private let keys: EncryptionKeys

    package init(pool: PostgresPool, keys: EncryptionKeys) {
        self.pool = pool
        self.keys = keys
    }

    private enum Column: Int, PostgresColumn {
        case id, secrets

        var sql: PostgresQuery {
            switch self {
            case .id: "id"
            case .secrets: "secrets"
            }
        }

        static let list = selectList
    }

    /// Seals all secrets that the previous key has sealed.
    /// - Returns: how many endpoints have them.
    package func run() async throws -> Int {
        let rows = try await pool.query(
            "SELECT \(Column.list) FROM event_target WHERE kind = 'webhook' AND secrets IS NOT NULL")
        var count = 0
        for row in rows.named(Column.self) {
            let (id, before) = (try row[.id, as: UUID.self], try row[.secrets, as: [UInt8].self])
            guard let after = WebhookSecrets.resealed(before, for: id, keys) else { continue }
            // Unless they were rotated meanwhile.
            let updated = try await pool.batch([
                "UPDATE event_target SET secrets = \(after) WHERE id = \(id) AND secrets = \(before)"
            ])
            count += updated.first?.affectedRows ?? 0
        }
        return count
    }
}
